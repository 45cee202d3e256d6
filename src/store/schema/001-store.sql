-- Sequences of changes: the sequence of a topic is the sum over its slots. Writers on
-- PostgreSQL use different slots, so that two changes of one topic do not collide.
CREATE TABLE store_change (
    topic    TEXT   NOT NULL,
    slot     BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (topic, slot)
);
