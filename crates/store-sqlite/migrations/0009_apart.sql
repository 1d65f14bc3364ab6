-- A job in three parts, so that what changes is narrow and what is many never changes: what was asked (`jobs`, written
-- once), where it stands until it has ended (`line`), and how it ended (`ends`, written once). A claim and an end touch
-- what waits and runs only; the indexes of the history are entered once for each job, when it comes in.

CREATE TABLE line (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL,
    priority   INTEGER NOT NULL,
    turn       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    running    INTEGER NOT NULL,
    started    INTEGER NOT NULL,  -- whether a worker ever held it
    suspect    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    record     TEXT    NOT NULL
) STRICT;

INSERT INTO line (id, tenant, priority, turn, created_at, due, running, started, suspect, version, record)
SELECT id, tenant, priority, turn, created_at, due, running, started, suspect, version, record
FROM jobs WHERE due IS NOT NULL;

CREATE INDEX line_waiting ON line (priority, turn, created_at, id, due, tenant, suspect) WHERE running = 0;
CREATE INDEX line_leased ON line (due, created_at, id, tenant) WHERE running = 1;
CREATE INDEX line_suspects ON line (due, created_at, id, tenant) WHERE suspect = 1 AND running = 0;

CREATE TABLE ends (
    id      BLOB    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    record  TEXT    NOT NULL
) STRICT;

INSERT INTO ends (id, version, record) SELECT id, version, record FROM jobs WHERE due IS NULL;

-- The greatest turn of each priority that was ever served.
CREATE TABLE served (
    priority INTEGER NOT NULL PRIMARY KEY,
    turn     INTEGER NOT NULL
) STRICT;

INSERT INTO served (priority, turn)
SELECT p.priority, (SELECT coalesce(max(turn), 0) FROM jobs WHERE started = 1 AND jobs.priority = p.priority)
FROM (SELECT 0 AS priority UNION ALL SELECT 1 UNION ALL SELECT 2) AS p;

-- No reference to jobs any more: what writes a key writes its job, and what forgets a job forgets its keys.
CREATE TABLE new_claims (
    tenant      BLOB    NOT NULL,
    key         TEXT    NOT NULL,
    job         BLOB    NOT NULL,
    fingerprint BLOB    NOT NULL,
    kept_until  INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

INSERT INTO new_claims SELECT tenant, key, job, fingerprint, kept_until FROM idempotency_claims;
DROP TABLE idempotency_claims;
ALTER TABLE new_claims RENAME TO idempotency_claims;
CREATE INDEX idempotency_claims_by_end ON idempotency_claims (kept_until);
CREATE INDEX idempotency_claims_of_job ON idempotency_claims (job);

CREATE TABLE new_jobs (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL,
    kind       TEXT    NOT NULL,
    subject    BLOB,
    priority   INTEGER NOT NULL,  -- 0 high, 1 normal, 2 low
    turn       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    withdrawn  INTEGER NOT NULL,  -- whether it ended before it began: then its turn counts for nothing
    spec       TEXT    NOT NULL
) STRICT;

INSERT INTO new_jobs (id, tenant, kind, subject, priority, turn, created_at, withdrawn, spec)
SELECT id, tenant, kind, subject, priority, turn, created_at, due IS NULL AND started = 0, spec FROM jobs;
DROP TABLE jobs;
ALTER TABLE new_jobs RENAME TO jobs;
CREATE INDEX jobs_listed ON jobs (tenant, created_at, id);
CREATE INDEX jobs_of_subject ON jobs (tenant, subject, created_at, id) WHERE subject IS NOT NULL;
CREATE INDEX jobs_turns ON jobs (tenant, priority, turn) WHERE withdrawn = 0;
CREATE INDEX jobs_aged ON jobs (created_at, id);

-- A job as one row.
CREATE VIEW whole_jobs AS
SELECT jobs.id, jobs.tenant, jobs.kind, jobs.subject, line.due, coalesce(line.running, 0) AS running,
       coalesce(line.started, jobs.withdrawn = 0) AS started, jobs.priority, jobs.created_at,
       coalesce(line.version, ends.version) AS version, jobs.spec, coalesce(line.record, ends.record) AS record,
       coalesce(line.suspect, 0) AS suspect
FROM jobs LEFT JOIN line ON line.id = jobs.id LEFT JOIN ends ON ends.id = jobs.id;
