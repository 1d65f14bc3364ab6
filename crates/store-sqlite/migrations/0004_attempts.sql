-- What is remembered of each try of a delivery. No reference to deliveries: whoever forgets one forgets its tries.

CREATE TABLE delivery_attempts (
    delivery BLOB    NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    record   TEXT    NOT NULL,
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_attempts_old ON delivery_attempts (at);
