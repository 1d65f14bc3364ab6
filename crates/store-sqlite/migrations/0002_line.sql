-- Tenants take turns: see `marquetry_store::Pick`.

ALTER TABLE jobs ADD COLUMN started  INTEGER NOT NULL DEFAULT 0;  -- whether a worker ever held it
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;  -- 0 high, 1 normal, 2 low
ALTER TABLE jobs ADD COLUMN turn     INTEGER NOT NULL DEFAULT 0;  -- written once

-- Jobs that came in before stand in line in the order they came in, each tenant's by themselves.
UPDATE jobs SET
    started = json_extract(record, '$.started_at') IS NOT NULL,
    turn = line.place
FROM (
    SELECT id, row_number() OVER (PARTITION BY tenant ORDER BY created_at, id) AS place
    FROM jobs WHERE due IS NOT NULL
) AS line
WHERE jobs.id = line.id;

CREATE INDEX jobs_waiting ON jobs (priority, turn, created_at, id, due, tenant)
    WHERE due IS NOT NULL AND running = 0;
CREATE INDEX jobs_leased ON jobs (due, created_at, id, tenant) WHERE running = 1;
-- What a new job's turn is made of: the greatest of its tenant, and the greatest that was served.
CREATE INDEX jobs_turns ON jobs (tenant, priority, turn) WHERE due IS NOT NULL OR started = 1;
CREATE INDEX jobs_served ON jobs (priority, turn) WHERE started = 1;
