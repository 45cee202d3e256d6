-- Persons, their sessions and sign-ins; relying applications and their tickets.
-- Times are milliseconds since 1970 UTC. Tokens, challenges and tickets are stored as digests only.

CREATE TABLE person (
    id            BIGINT PRIMARY KEY,
    login         TEXT   NOT NULL UNIQUE,
    name          TEXT   NOT NULL,
    unit          TEXT   NOT NULL,
    roles         TEXT   NOT NULL,           -- words separated by blanks
    state         TEXT   NOT NULL,           -- active, disabled
    password      TEXT,                      -- PHC string; NULL: no sign-in by password
    must_change   BIGINT NOT NULL,           -- the password is a one-time password
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL
);
CREATE INDEX person_unit ON person (unit, login);

CREATE TABLE session (
    id            BIGINT PRIMARY KEY,
    token         BYTEA  NOT NULL UNIQUE,    -- SM3 of the token
    person        BIGINT NOT NULL REFERENCES person (id),
    strength      BIGINT NOT NULL,
    method        TEXT   NOT NULL,           -- password, certificate
    address       TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    ends_at       BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);
CREATE INDEX session_ends ON session (ends_at);

CREATE TABLE challenge (
    id            BYTEA  PRIMARY KEY,        -- SM3 of one that has served: each serves once
    expires_at    BIGINT NOT NULL
);
CREATE INDEX challenge_expires ON challenge (expires_at);

CREATE TABLE throttle (
    subject       TEXT   PRIMARY KEY,        -- login:NAME or net:PREFIX
    failures      BIGINT NOT NULL,
    until_at      BIGINT NOT NULL,           -- no attempt is looked at before
    changed_at    BIGINT NOT NULL
);

CREATE TABLE signin_hour (
    hour          BIGINT NOT NULL,           -- start of the hour
    method        TEXT   NOT NULL,
    result        TEXT   NOT NULL,           -- ok, refused
    count         BIGINT NOT NULL,
    PRIMARY KEY (hour, method, result)
);

CREATE TABLE app (
    id            BIGINT PRIMARY KEY,
    name          TEXT   NOT NULL UNIQUE,
    title         TEXT   NOT NULL,
    url           TEXT   NOT NULL,
    allow         TEXT   NOT NULL,           -- networks separated by blanks
    min_strength  BIGINT NOT NULL,
    state         TEXT   NOT NULL,           -- active, disabled
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL
);

CREATE TABLE ticket (
    id            BYTEA  PRIMARY KEY,        -- SM3 of the identifier
    app           BIGINT NOT NULL REFERENCES app (id),
    person        BIGINT NOT NULL REFERENCES person (id),
    sealed        BYTEA  NOT NULL,           -- the signed and sealed ticket
    expires_at    BIGINT NOT NULL,
    consumed_at   BIGINT                     -- NULL until the one redemption
);
CREATE INDEX ticket_expires ON ticket (expires_at);
