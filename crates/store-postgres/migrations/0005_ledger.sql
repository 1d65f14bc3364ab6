-- What tenants paid, what is held for jobs that have not ended, and what was charged: see `marquetry_store::LedgerStore`.
-- Amounts are whole millionths.

CREATE TABLE accounts (
    tenant     uuid    NOT NULL PRIMARY KEY,
    balance    bigint  NOT NULL CHECK (balance >= 0),
    held       bigint  NOT NULL CHECK (held >= 0 AND held <= balance),
    suspended  boolean NOT NULL,
    version    bigint  NOT NULL,
    updated_at bigint  NOT NULL
) WITH (
    -- Rewritten with every job that comes in or ends.
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);

-- Only ever added to.
CREATE TABLE ledger_entries (
    tenant    uuid   NOT NULL,
    number    bigint NOT NULL,
    at        bigint NOT NULL,
    posting   text   NOT NULL COLLATE "C",
    amount    bigint NOT NULL,
    reference text   NOT NULL COLLATE "C",
    balance   bigint NOT NULL,
    held      bigint NOT NULL,
    PRIMARY KEY (tenant, number)
);

CREATE UNIQUE INDEX ledger_entries_once ON ledger_entries (tenant, reference, posting)
    WHERE posting IN ('top_up', 'held', 'charged', 'released');
-- What was held ends once, one way or the other.
CREATE UNIQUE INDEX ledger_entries_settled ON ledger_entries (tenant, reference)
    WHERE posting IN ('charged', 'released');
