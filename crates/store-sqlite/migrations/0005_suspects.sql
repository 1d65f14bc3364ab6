-- Suspects, whose holder has vanished before, are run by a process that runs nothing else: see
-- `marquetry_store::Suspects`.

ALTER TABLE jobs ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET suspect = 1 WHERE due IS NOT NULL AND record GLOB '*"crashes":[1-9]*';

-- The line says which of those that wait in it are suspects, and these are found by themselves, too.
DROP INDEX jobs_waiting;
CREATE INDEX jobs_waiting ON jobs (priority, turn, created_at, id, due, tenant, suspect)
    WHERE due IS NOT NULL AND running = 0;
CREATE INDEX jobs_suspects ON jobs (due, created_at, id, tenant) WHERE suspect = 1 AND running = 0;
