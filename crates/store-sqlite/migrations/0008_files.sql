-- Files are carried by others than messages are, and a long line of one kind costs those who look for the other nothing.

ALTER TABLE deliveries ADD COLUMN file INTEGER NOT NULL DEFAULT 0;

DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (file, due, created_at, id) WHERE due IS NOT NULL;
