-- The first schema. Columns hold what is searched and sorted by, JSON texts the rest; moments are
-- microseconds since 1970 in UTC. The forms inside the texts are the same on every backend.

CREATE TABLE jobs (
    id         uuid    NOT NULL PRIMARY KEY,
    tenant     uuid    NOT NULL,
    kind       text    NOT NULL,
    subject    uuid,
    due        bigint,            -- NULL once it has ended
    running    boolean NOT NULL,
    started    boolean NOT NULL,  -- whether a worker ever held it
    priority   bigint  NOT NULL,  -- 0 high, 1 normal, 2 low
    turn       bigint  NOT NULL,  -- written once: see `marquetry_store::Pick`
    created_at bigint  NOT NULL,
    version    bigint  NOT NULL,
    spec       text    NOT NULL,  -- written once
    record     text    NOT NULL
) WITH (
    -- A job is rewritten two or three times soon after it came in: room on its own page keeps the
    -- versions together. Vacuum follows the writes rather than the size of the history.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);

-- Partial, so that the index on what waits stays as small as the queue, however long the history.
CREATE INDEX jobs_due ON jobs (due, created_at, id) WHERE due IS NOT NULL;
CREATE INDEX jobs_live ON jobs (tenant) WHERE due IS NOT NULL;
CREATE INDEX jobs_waiting ON jobs (priority, turn, created_at, id, due, tenant)
    WHERE due IS NOT NULL AND NOT running;
CREATE INDEX jobs_leased ON jobs (due, created_at, id, tenant) WHERE running;
-- What a new job's turn is made of: the greatest of its tenant, and the greatest that was served.
CREATE INDEX jobs_turns ON jobs (tenant, priority, turn) WHERE due IS NOT NULL OR started;
CREATE INDEX jobs_served ON jobs (priority, turn) WHERE started;
-- What is overdue, and what is old enough to be forgotten.
CREATE INDEX jobs_by_age ON jobs (created_at, id) WHERE due IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (created_at, id) WHERE due IS NULL;
CREATE INDEX jobs_listed ON jobs (tenant, created_at, id);
CREATE INDEX jobs_of_subject ON jobs (tenant, subject, created_at, id) WHERE subject IS NOT NULL;

-- No reference to jobs: the statement that writes a key writes its job, and a check of each row would
-- cost what it guards.
CREATE TABLE idempotency_claims (
    tenant      uuid   NOT NULL,
    key         text   NOT NULL,
    job         uuid   NOT NULL,
    fingerprint bytea  NOT NULL CHECK (length(fingerprint) = 32),
    taken_at    bigint NOT NULL,
    kept_until  bigint NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE INDEX idempotency_claims_by_end ON idempotency_claims (kept_until);
CREATE INDEX idempotency_claims_of_job ON idempotency_claims (job);

CREATE TABLE mockups (
    id          uuid   NOT NULL PRIMARY KEY,
    tenant      uuid   NOT NULL,
    name        text   NOT NULL,
    -- By bytes, as every other backend sorts, whatever language the server speaks.
    folded_name text   COLLATE "C" NOT NULL,
    content     bytea  NOT NULL CHECK (length(content) = 32),
    created_at  bigint NOT NULL,
    updated_at  bigint NOT NULL,
    version     bigint NOT NULL,
    record      text   NOT NULL   -- written once
);

CREATE INDEX mockups_by_age ON mockups (tenant, created_at, id);
CREATE INDEX mockups_by_change ON mockups (tenant, updated_at, id);
CREATE INDEX mockups_by_name ON mockups (tenant, folded_name, id);
CREATE INDEX mockups_by_content ON mockups (content);

CREATE TABLE endpoints (
    id         uuid   NOT NULL PRIMARY KEY,
    tenant     uuid   NOT NULL,
    created_at bigint NOT NULL,
    version    bigint NOT NULL,
    record     text   NOT NULL
);

CREATE INDEX endpoints_listed ON endpoints (tenant, created_at, id);

-- No reference to endpoints: what is owed to a removed endpoint stays, for the courier to give up.
CREATE TABLE deliveries (
    id         uuid    NOT NULL PRIMARY KEY,
    tenant     uuid    NOT NULL,
    endpoint   uuid,              -- NULL for a one-off address
    lane       text    NOT NULL,
    event      text    NOT NULL,
    shown      text    NOT NULL,
    due        bigint,            -- NULL once it is terminal
    sending    boolean NOT NULL,
    created_at bigint  NOT NULL,
    version    bigint  NOT NULL,
    record     text    NOT NULL,
    body       bytea   NOT NULL   -- written once
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);

CREATE INDEX deliveries_due ON deliveries (due, created_at, id) WHERE due IS NOT NULL;
CREATE INDEX deliveries_held ON deliveries (id) WHERE sending;
CREATE INDEX deliveries_ended ON deliveries (created_at, id) WHERE due IS NULL;
CREATE INDEX deliveries_listed ON deliveries (tenant, created_at, id);
CREATE INDEX deliveries_of_endpoint ON deliveries (tenant, endpoint, created_at, id)
    WHERE endpoint IS NOT NULL;

CREATE TABLE tenants (
    id         uuid   NOT NULL PRIMARY KEY,
    name       text   NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE api_keys (
    id             uuid   NOT NULL PRIMARY KEY,
    tenant         uuid   NOT NULL REFERENCES tenants (id),
    name           text   NOT NULL,
    hash           bytea  NOT NULL UNIQUE CHECK (length(hash) = 32),
    last_four      text   NOT NULL,
    created_at     bigint NOT NULL,
    last_used_at   bigint,
    total_requests bigint NOT NULL,
    revoked_at     bigint
);

CREATE INDEX api_keys_listed ON api_keys (tenant, created_at, id);
