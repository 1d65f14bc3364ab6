-- Whatever tenants make and change by hand, and what it refers to: see `marquetry_store::RecordStore`.

CREATE TABLE records (
    tenant     uuid   NOT NULL,
    kind       text   NOT NULL COLLATE "C",
    id         text   NOT NULL COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version    bigint NOT NULL,
    refers     text   NOT NULL,  -- ids, with spaces between them
    form       text   NOT NULL,
    PRIMARY KEY (tenant, kind, id)
);

CREATE INDEX records_listed ON records (tenant, kind, created_at, id);
CREATE INDEX records_by_kind ON records (kind, tenant, id, updated_at);

-- The same lists the other way round.
CREATE TABLE record_references (
    target text NOT NULL COLLATE "C",
    tenant uuid NOT NULL,
    kind   text NOT NULL COLLATE "C",
    id     text NOT NULL COLLATE "C",
    PRIMARY KEY (target, tenant, kind, id),
    FOREIGN KEY (tenant, kind, id) REFERENCES records (tenant, kind, id) ON DELETE CASCADE
);

CREATE INDEX record_references_of ON record_references (tenant, kind, id);
