-- A job in three parts, so that what changes is narrow and what is many never changes: what was asked (`jobs`, written
-- once), where it stands until it has ended (`line`), and how it ended (`ends`, written once). A claim and an end touch
-- what waits and runs only; the indexes of the history are entered once for each job, when it comes in.

CREATE TABLE line (
    id         uuid    NOT NULL PRIMARY KEY,
    tenant     uuid    NOT NULL,
    priority   bigint  NOT NULL,
    turn       bigint  NOT NULL,
    created_at bigint  NOT NULL,
    due        bigint  NOT NULL,
    running    boolean NOT NULL,
    started    boolean NOT NULL,  -- whether a worker ever held it
    suspect    boolean NOT NULL,
    version    bigint  NOT NULL,
    record     text    NOT NULL
) WITH (
    -- A job is rewritten once or twice soon after it came in, and then deleted. Vacuum follows the writes.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);

INSERT INTO line (id, tenant, priority, turn, created_at, due, running, started, suspect, version, record)
SELECT id, tenant, priority, turn, created_at, due, running, started, suspect, version, record
FROM jobs WHERE due IS NOT NULL;

CREATE INDEX line_waiting ON line (priority, turn, created_at, id, due, tenant) WHERE NOT running;
CREATE INDEX line_leased ON line (due, created_at, id, tenant) WHERE running;
CREATE INDEX line_suspects ON line (due, created_at, id, tenant) WHERE suspect AND NOT running;

CREATE TABLE ends (
    id      uuid   NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    record  text   NOT NULL
);

INSERT INTO ends (id, version, record) SELECT id, version, record FROM jobs WHERE due IS NULL;

-- The greatest turn of each priority that was ever served. Sequences, because nobody waits for whoever raises one, and
-- because it does no harm when one that was raised stays so though the claim that did it was undone.
CREATE SEQUENCE served_0 MINVALUE 0 START 0;
CREATE SEQUENCE served_1 MINVALUE 0 START 0;
CREATE SEQUENCE served_2 MINVALUE 0 START 0;
SELECT setval('served_0', (SELECT coalesce(max(turn), 0) FROM jobs WHERE started AND priority = 0)),
       setval('served_1', (SELECT coalesce(max(turn), 0) FROM jobs WHERE started AND priority = 1)),
       setval('served_2', (SELECT coalesce(max(turn), 0) FROM jobs WHERE started AND priority = 2));

-- Whether it ended before it began: then its turn counts for nothing.
ALTER TABLE jobs ADD COLUMN withdrawn boolean NOT NULL DEFAULT false;
UPDATE jobs SET withdrawn = true WHERE due IS NULL AND NOT started;

-- With the columns go the indexes that have them.
ALTER TABLE jobs DROP COLUMN due, DROP COLUMN running, DROP COLUMN started, DROP COLUMN suspect,
                 DROP COLUMN version, DROP COLUMN record;
ALTER TABLE jobs SET (fillfactor = 100);
CREATE INDEX jobs_turns ON jobs (tenant, priority, turn) WHERE NOT withdrawn;
CREATE INDEX jobs_aged ON jobs (created_at, id);

-- A job as one row.
CREATE VIEW whole_jobs AS
SELECT jobs.id, jobs.tenant, jobs.kind, jobs.subject, line.due, coalesce(line.running, false) AS running,
       coalesce(line.started, NOT jobs.withdrawn) AS started, jobs.priority, jobs.created_at,
       coalesce(line.version, ends.version) AS version, jobs.spec, coalesce(line.record, ends.record) AS record,
       coalesce(line.suspect, false) AS suspect
FROM jobs LEFT JOIN line ON line.id = jobs.id LEFT JOIN ends ON ends.id = jobs.id;
