-- The audit trail. A record is written by the act itself and has no seq and no hash until
-- `work` has sealed it into its node's chain. See docs/protocols/audit-export.md.
CREATE TABLE audit (
    id         HUFU_ID,
    node       TEXT   NOT NULL,
    origin     TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    result     TEXT   NOT NULL,
    actor_kind TEXT   NOT NULL,
    actor_id   BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    strength   TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    object     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    request    TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    seq        BIGINT,
    hash       BYTEA,
    UNIQUE (origin, number),
    UNIQUE (node, seq)
);
CREATE INDEX audit_fresh ON audit (node, id) WHERE seq IS NULL;
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_event ON audit (event, id);
CREATE INDEX audit_object ON audit (object, id);
CREATE INDEX audit_at ON audit (at);

-- Signed states of the chains, and the public keys that signed them.
CREATE TABLE audit_head (
    node      TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    hash      BYTEA  NOT NULL,
    key       BYTEA  NOT NULL,
    signature BYTEA  NOT NULL,
    PRIMARY KEY (node, seq)
);
CREATE TABLE audit_key (
    fingerprint BYTEA  NOT NULL PRIMARY KEY,
    spki        BYTEA  NOT NULL,
    at          BIGINT NOT NULL
);

-- What requests were answered with, so that one that is sent again is not done again.
CREATE TABLE request (
    id         TEXT   NOT NULL PRIMARY KEY,
    actor_kind TEXT   NOT NULL,
    actor_id   BIGINT NOT NULL,
    op         TEXT   NOT NULL,
    args       BYTEA  NOT NULL,
    reply      TEXT,
    at         BIGINT NOT NULL
);
CREATE INDEX request_at ON request (at);
