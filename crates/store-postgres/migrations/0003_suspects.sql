-- Suspects, whose holder has vanished before, are run by a process that runs nothing else: see
-- `marquetry_store::Suspects`. They are so few that the index of the line need not tell them apart.

ALTER TABLE jobs ADD COLUMN suspect boolean NOT NULL DEFAULT false;
UPDATE jobs SET suspect = true WHERE due IS NOT NULL AND record ~ '"crashes":[1-9]';

CREATE INDEX jobs_suspects ON jobs (due, created_at, id, tenant) WHERE suspect AND NOT running;
