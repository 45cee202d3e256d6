-- Authorities. The certificate of one below another is in cert as well, so that it can be revoked.
CREATE TABLE ca (
    id            BIGINT NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL UNIQUE,
    role          TEXT   NOT NULL, -- root, issuing, transport
    suite         TEXT   NOT NULL, -- sm, intl
    alg           TEXT   NOT NULL,
    key_id        TEXT   NOT NULL,
    parent        BIGINT NOT NULL, -- ca.id; its own id when self-signed
    state         TEXT   NOT NULL, -- active, retired
    serial        TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    not_before_ms BIGINT NOT NULL,
    not_after_ms  BIGINT NOT NULL,
    created_ms    BIGINT NOT NULL,
    crl_number    BIGINT NOT NULL, -- of the last list, 0 before the first
    der           BYTEA  NOT NULL
);

-- Every certificate ever issued. Lists and searches read only this table; the bytes are beside it.
CREATE TABLE cert (
    id            BIGINT NOT NULL PRIMARY KEY, -- rises with the time of issue
    serial        TEXT   NOT NULL,
    ca_id         BIGINT NOT NULL,
    profile       TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    san           TEXT   NOT NULL,
    person        TEXT   NOT NULL, -- login, empty when bound to nobody
    alg           TEXT   NOT NULL,
    request_sig   TEXT   NOT NULL, -- default, empty: SM2 identity of the request
    state         BIGINT NOT NULL, -- enum hf_cert_state
    reason        BIGINT NOT NULL, -- RFC 5280 5.3.1
    not_before_ms BIGINT NOT NULL,
    not_after_ms  BIGINT NOT NULL,
    issued_ms     BIGINT NOT NULL,
    changed_ms    BIGINT NOT NULL, -- of the state, 0 when never
    fingerprint   BYTEA  NOT NULL, -- SHA-256 of the certificate
    spki          BYTEA  NOT NULL  -- SHA-256 of the SubjectPublicKeyInfo
);
CREATE UNIQUE INDEX cert_serial ON cert (serial);
CREATE INDEX cert_fingerprint ON cert (fingerprint);
CREATE INDEX cert_spki ON cert (spki);
CREATE INDEX cert_not_after ON cert (not_after_ms);
CREATE INDEX cert_bad ON cert (ca_id, state, not_after_ms) WHERE state <> 0;
CREATE INDEX cert_changed ON cert (changed_ms) WHERE changed_ms <> 0;
CREATE INDEX cert_person ON cert (person) WHERE person <> '';

CREATE TABLE cert_der (
    id  BIGINT NOT NULL PRIMARY KEY, -- cert.id
    der BYTEA  NOT NULL
);

-- Revocation lists: the present one of each authority and the one before.
CREATE TABLE crl (
    ca_id          BIGINT NOT NULL,
    number         BIGINT NOT NULL,
    this_update_ms BIGINT NOT NULL,
    next_update_ms BIGINT NOT NULL,
    covers         BIGINT NOT NULL, -- the authority's change sequence before the entries were read
    entries        BIGINT NOT NULL,
    der            BYTEA  NOT NULL,
    PRIMARY KEY (ca_id, number)
);

-- Certificates that Hufu uses itself: its server, its OCSP signers.
CREATE TABLE own_cert (
    name   TEXT   NOT NULL PRIMARY KEY, -- server, ocsp-issuing-sm2 ...
    role   TEXT   NOT NULL,             -- server, ocsp
    key_id TEXT   NOT NULL,
    ca_id  BIGINT NOT NULL,
    serial TEXT   NOT NULL
);
