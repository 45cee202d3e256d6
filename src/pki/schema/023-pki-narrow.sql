-- One index less for every number that is the row's own, and none over fingerprints: a certificate is found by its serial
-- number, and the fingerprint compared then. Indexes over random values are what writing many certificates costs most.
CREATE TABLE cert_narrow (
    id            HUFU_KEY, -- rises with the time of issue
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
INSERT INTO cert_narrow (id, serial, ca_id, profile, subject, san, person, alg, request_sig, state, reason,
    not_before_ms, not_after_ms, issued_ms, changed_ms, fingerprint, spki)
    SELECT id, serial, ca_id, profile, subject, san, person, alg, request_sig, state, reason,
    not_before_ms, not_after_ms, issued_ms, changed_ms, fingerprint, spki FROM cert ORDER BY id;
DROP TABLE cert;
ALTER TABLE cert_narrow RENAME TO cert;
CREATE UNIQUE INDEX cert_serial ON cert (serial);
CREATE INDEX cert_spki ON cert (spki);
CREATE INDEX cert_not_after ON cert (not_after_ms);
CREATE INDEX cert_bad ON cert (ca_id, state, not_after_ms) WHERE state <> 0;
CREATE INDEX cert_changed ON cert (changed_ms) WHERE changed_ms <> 0;
CREATE INDEX cert_person ON cert (person) WHERE person <> '';
CREATE INDEX cert_compromised ON cert (spki) WHERE state = 2 AND reason = 1;

CREATE TABLE cert_der_narrow (
    id  HUFU_KEY, -- cert.id
    der BYTEA  NOT NULL
);
INSERT INTO cert_der_narrow (id, der) SELECT id, der FROM cert_der ORDER BY id;
DROP TABLE cert_der;
ALTER TABLE cert_der_narrow RENAME TO cert_der;
