-- A delivery in three parts, as a job is: what is sent (`deliveries`, written once), where it stands until it has ended
-- (`owed`), and how it ended (`delivery_ends`). A claim and an end used to write the body and all indexes of the history
-- once more each.

CREATE TABLE owed (
    id         uuid    NOT NULL PRIMARY KEY,
    tenant     uuid    NOT NULL,
    lane       text    NOT NULL,
    file       boolean NOT NULL,
    due        bigint  NOT NULL,
    created_at bigint  NOT NULL,
    sending    boolean NOT NULL,
    shown      text    NOT NULL,
    version    bigint  NOT NULL,
    record     text    NOT NULL
) WITH (
    -- A delivery is rewritten once or a few times, and then deleted. Vacuum follows the writes.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);

CREATE TABLE delivery_ends (
    id      uuid   NOT NULL PRIMARY KEY,
    tenant  uuid   NOT NULL,
    shown   text   NOT NULL,
    version bigint NOT NULL,
    record  text   NOT NULL
);

-- The text of old ones says everything in both places: it is not taken apart, for some of it may be unreadable.
INSERT INTO owed (id, tenant, lane, file, due, created_at, sending, shown, version, record)
SELECT id, tenant, lane, file, due, created_at, sending, shown, version, record FROM deliveries WHERE due IS NOT NULL;
INSERT INTO delivery_ends (id, tenant, shown, version, record)
SELECT id, tenant, shown, version, record FROM deliveries WHERE due IS NULL;

CREATE INDEX owed_due ON owed (file, due, created_at, id);
CREATE INDEX owed_held ON owed (id) WHERE sending;

-- With the columns go the indexes that have them.
ALTER TABLE deliveries DROP COLUMN lane, DROP COLUMN shown, DROP COLUMN due, DROP COLUMN sending, DROP COLUMN version;
ALTER TABLE deliveries SET (fillfactor = 100);
CREATE INDEX deliveries_aged ON deliveries (created_at, id);

-- A delivery as one row.
CREATE VIEW whole_deliveries AS
SELECT deliveries.id, deliveries.tenant, deliveries.endpoint, deliveries.event, deliveries.created_at, deliveries.body,
       deliveries.record, coalesce(owed.version, delivery_ends.version) AS version,
       coalesce(owed.record, delivery_ends.record) AS turn, coalesce(owed.shown, delivery_ends.shown) AS shown
FROM deliveries LEFT JOIN owed ON owed.id = deliveries.id LEFT JOIN delivery_ends ON delivery_ends.id = deliveries.id;
