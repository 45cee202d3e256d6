-- Operations that wait for a second person. id rises with time and is the key of lists.
CREATE TABLE approval (
    id             TEXT   NOT NULL PRIMARY KEY,
    op             TEXT   NOT NULL,
    args           TEXT   NOT NULL,           -- JSON object
    state          TEXT   NOT NULL,           -- waiting, done, rejected, expired
    asker_kind     TEXT   NOT NULL,
    asker_id       BIGINT NOT NULL,
    asker_login    TEXT   NOT NULL,
    asker_unit     TEXT   NOT NULL,
    asker_strength BIGINT NOT NULL,
    asker_may      BIGINT NOT NULL,           -- permissions when he asked
    asker_address  TEXT   NOT NULL,
    asked_at       BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    decided_at     BIGINT NOT NULL DEFAULT 0,
    decided_kind   TEXT   NOT NULL DEFAULT '',
    decided_login  TEXT   NOT NULL DEFAULT '',
    note           TEXT   NOT NULL DEFAULT '',
    result         TEXT   NOT NULL DEFAULT '' -- JSON object: the reply, once done
);
CREATE INDEX approval_waiting ON approval (state, expires_at);
