-- What tenants paid, what is held for jobs that have not ended, and what was charged: see `marquetry_store::LedgerStore`.
-- Amounts are whole millionths.

CREATE TABLE accounts (
    tenant     BLOB    NOT NULL PRIMARY KEY CHECK (length(tenant) = 16),
    balance    INTEGER NOT NULL CHECK (balance >= 0),
    held       INTEGER NOT NULL CHECK (held >= 0 AND held <= balance),
    suspended  INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- Only ever added to.
CREATE TABLE ledger_entries (
    tenant    BLOB    NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    posting   TEXT    NOT NULL,
    amount    INTEGER NOT NULL,
    reference TEXT    NOT NULL,
    balance   INTEGER NOT NULL,
    held      INTEGER NOT NULL,
    PRIMARY KEY (tenant, number)
) STRICT;

CREATE UNIQUE INDEX ledger_entries_once ON ledger_entries (tenant, reference, posting)
    WHERE posting IN ('top_up', 'held', 'charged', 'released');
-- What was held ends once, one way or the other.
CREATE UNIQUE INDEX ledger_entries_settled ON ledger_entries (tenant, reference)
    WHERE posting IN ('charged', 'released');
