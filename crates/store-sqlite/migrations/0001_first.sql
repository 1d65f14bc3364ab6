-- The first schema. Columns hold what is searched and sorted by, JSON texts the rest; moments are
-- microseconds since 1970 in UTC, ids are 16 bytes.

CREATE TABLE jobs (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL,
    kind       TEXT    NOT NULL,
    subject    BLOB,
    due        INTEGER,           -- NULL once it has ended
    running    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    spec       TEXT    NOT NULL,  -- written once
    record     TEXT    NOT NULL
) STRICT;

-- Partial, so that the index on what waits stays as small as the queue, however long the history.
CREATE INDEX jobs_due ON jobs (due, created_at, id) WHERE due IS NOT NULL;
CREATE INDEX jobs_live ON jobs (tenant) WHERE due IS NOT NULL;
CREATE INDEX jobs_held ON jobs (id) WHERE running = 1;
CREATE INDEX jobs_listed ON jobs (tenant, created_at, id);
CREATE INDEX jobs_of_subject ON jobs (tenant, subject, created_at, id) WHERE subject IS NOT NULL;

CREATE TABLE idempotency_claims (
    tenant      BLOB    NOT NULL,
    key         TEXT    NOT NULL,
    job         BLOB    NOT NULL REFERENCES jobs (id),
    fingerprint BLOB    NOT NULL,
    kept_until  INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_claims_by_end ON idempotency_claims (kept_until);
CREATE INDEX idempotency_claims_of_job ON idempotency_claims (job);

CREATE TABLE mockups (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant      BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    folded_name TEXT    NOT NULL,
    content     BLOB    NOT NULL CHECK (length(content) = 32),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    record      TEXT    NOT NULL  -- written once
) STRICT;

CREATE INDEX mockups_by_age ON mockups (tenant, created_at, id);
CREATE INDEX mockups_by_change ON mockups (tenant, updated_at, id);
CREATE INDEX mockups_by_name ON mockups (tenant, folded_name, id);
CREATE INDEX mockups_by_content ON mockups (content);

CREATE TABLE endpoints (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    record     TEXT    NOT NULL
) STRICT;

CREATE INDEX endpoints_listed ON endpoints (tenant, created_at, id);

-- No reference to endpoints: what is owed to a removed endpoint stays, for the courier to give up.
CREATE TABLE deliveries (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL,
    endpoint   BLOB,              -- NULL for a one-off address
    lane       TEXT    NOT NULL,
    event      TEXT    NOT NULL,
    shown      TEXT    NOT NULL,
    due        INTEGER,           -- NULL once it is terminal
    sending    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    record     TEXT    NOT NULL,
    body       BLOB    NOT NULL   -- written once; last, so that reading the rest skips it
) STRICT;

CREATE INDEX deliveries_due ON deliveries (due, created_at, id) WHERE due IS NOT NULL;
CREATE INDEX deliveries_held ON deliveries (id) WHERE sending = 1;
CREATE INDEX deliveries_listed ON deliveries (tenant, created_at, id);
CREATE INDEX deliveries_of_endpoint ON deliveries (tenant, endpoint, created_at, id) WHERE endpoint IS NOT NULL;

CREATE TABLE tenants (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant         BLOB    NOT NULL REFERENCES tenants (id),
    name           TEXT    NOT NULL,
    hash           BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    last_four      TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    last_used_at   INTEGER,
    total_requests INTEGER NOT NULL,
    revoked_at     INTEGER
) STRICT;

CREATE INDEX api_keys_listed ON api_keys (tenant, created_at, id);
