-- Who gave whom a way to sign in (an account, a password, a certificate): see identity/credential.h.
CREATE TABLE credential_given (
    login         TEXT   NOT NULL,           -- who can sign in by it
    giver         TEXT   NOT NULL,           -- person:LOGIN or local:local
    at            BIGINT NOT NULL,           -- the last time
    PRIMARY KEY (login, giver)
);
CREATE INDEX credential_given_at ON credential_given (at);
CREATE INDEX person_roles ON person (roles) WHERE roles <> '';
