-- A delivery in two parts: what is sent (`deliveries`, written once) and where it stands (`turns`, narrow, so that a step
-- does not write the body once more). What belongs to a delivery is found by a number, in the order in which deliveries
-- came: by its id each record of a try had a page of its own, and a commit writes whole pages.

CREATE TABLE new_deliveries (
    n          INTEGER NOT NULL PRIMARY KEY,
    id         BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    tenant     BLOB    NOT NULL,
    endpoint   BLOB,              -- NULL for a one-off address
    event      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    file       INTEGER NOT NULL,
    record     TEXT    NOT NULL,
    body       BLOB    NOT NULL   -- last, so that reading the rest skips it
) STRICT;

CREATE TABLE turns (
    n          INTEGER NOT NULL PRIMARY KEY,  -- of the delivery
    id         BLOB    NOT NULL,
    lane       TEXT    NOT NULL,
    file       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    shown      TEXT    NOT NULL,
    due        INTEGER,                       -- NULL once it is terminal
    sending    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    record     TEXT    NOT NULL
) STRICT;

CREATE TABLE new_attempts (
    n      INTEGER NOT NULL,                  -- of the delivery
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    record TEXT    NOT NULL,
    PRIMARY KEY (n, number)
) STRICT, WITHOUT ROWID;

INSERT INTO new_deliveries (n, id, tenant, endpoint, event, created_at, file, record, body)
SELECT rowid, id, tenant, endpoint, event, created_at, file, record, body FROM deliveries;
-- The text of old ones says everything in both places: it is not taken apart, for some of it may be unreadable.
INSERT INTO turns (n, id, lane, file, created_at, shown, due, sending, version, record)
SELECT rowid, id, lane, file, created_at, shown, due, sending, version, record FROM deliveries;
INSERT INTO new_attempts (n, number, at, record)
SELECT new_deliveries.n, number, at, delivery_attempts.record
FROM delivery_attempts CROSS JOIN new_deliveries ON new_deliveries.id = delivery;

DROP TABLE deliveries;
DROP TABLE delivery_attempts;
ALTER TABLE new_deliveries RENAME TO deliveries;
ALTER TABLE new_attempts RENAME TO delivery_attempts;

CREATE INDEX deliveries_listed ON deliveries (tenant, created_at, id);
CREATE INDEX deliveries_of_endpoint ON deliveries (tenant, endpoint, created_at, id) WHERE endpoint IS NOT NULL;
CREATE INDEX turns_due ON turns (file, due, created_at, id) WHERE due IS NOT NULL;
CREATE INDEX turns_held ON turns (id) WHERE sending = 1;
CREATE INDEX turns_ended ON turns (created_at, id) WHERE due IS NULL;
CREATE INDEX delivery_attempts_old ON delivery_attempts (at);
