-- What is remembered of each try of a delivery. No reference to deliveries: whoever forgets one forgets its tries.

CREATE TABLE delivery_attempts (
    delivery uuid   NOT NULL,
    number   bigint NOT NULL,
    at       bigint NOT NULL,
    record   text   NOT NULL,
    PRIMARY KEY (delivery, number)
);

CREATE INDEX delivery_attempts_old ON delivery_attempts (at);
