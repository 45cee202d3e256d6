-- Keys that must never be certified again, found in one step however often a key was used.
CREATE INDEX cert_compromised ON cert (spki) WHERE state = 2 AND reason = 1;

-- What a person may type to find a certificate: subject and alternative names in lower case, on few pages.
CREATE TABLE cert_words (
    id    HUFU_ID, -- cert.id
    words TEXT NOT NULL
);
INSERT INTO cert_words (id, words) SELECT id, lower(subject) || ' ' || san FROM cert;
