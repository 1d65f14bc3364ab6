-- What is overdue, and what is old enough to be forgotten.

CREATE INDEX jobs_by_age ON jobs (created_at, id) WHERE due IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (created_at, id) WHERE due IS NULL;
CREATE INDEX deliveries_ended ON deliveries (created_at, id) WHERE due IS NULL;
