-- The serial number is among the words too, so that one look at a narrow row decides.
UPDATE cert_words SET words = words || ' ' || (SELECT serial FROM cert WHERE cert.id = cert_words.id);
