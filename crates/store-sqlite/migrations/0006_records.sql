-- Whatever tenants make and change by hand, and what it refers to: see `marquetry_store::RecordStore`.

CREATE TABLE records (
    tenant     BLOB    NOT NULL CHECK (length(tenant) = 16),
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    refers     TEXT    NOT NULL,  -- ids, with spaces between them
    form       TEXT    NOT NULL,
    PRIMARY KEY (tenant, kind, id)
) STRICT;

CREATE INDEX records_listed ON records (tenant, kind, created_at, id);
CREATE INDEX records_by_kind ON records (kind, tenant, id, updated_at);

-- The same lists the other way round.
CREATE TABLE record_references (
    target TEXT NOT NULL,
    tenant BLOB NOT NULL,
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (target, tenant, kind, id),
    FOREIGN KEY (tenant, kind, id) REFERENCES records (tenant, kind, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX record_references_of ON record_references (tenant, kind, id);
