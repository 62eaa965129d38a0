-- Terms and privacy notice: versions that never change, and each account's own word on them, kept for good.

CREATE TABLE terms_version (
    kind         text NOT NULL CHECK (kind IN ('terms', 'privacy')),
    version      integer NOT NULL CHECK (version > 0),
    published_at timestamptz NOT NULL,             -- real time, like the next
    -- From then on who has not accepted does nothing else. Never at once: every login is renewed before, and so knows.
    binds_at     timestamptz NOT NULL,
    published_by uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    PRIMARY KEY (kind, version),
    CONSTRAINT terms_grace CHECK (binds_at >= published_at + interval '2 days')
);

CREATE TABLE terms_text (
    kind    text NOT NULL,
    version integer NOT NULL,
    locale  text NOT NULL CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    title   text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 300),
    text    text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 16000),
    CONSTRAINT terms_text_once PRIMARY KEY (kind, version, locale),
    FOREIGN KEY (kind, version) REFERENCES terms_version ON DELETE NO ACTION
);

-- What somebody has agreed to is what she read: nobody writes it anew.
CREATE FUNCTION terms_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_stand',
        MESSAGE = 'a published text never changes; publish another version';
END $$;
CREATE TRIGGER terms_stand BEFORE UPDATE OR DELETE ON terms_version FOR EACH ROW EXECUTE FUNCTION terms_stand();
CREATE TRIGGER terms_stand BEFORE UPDATE OR DELETE ON terms_text FOR EACH ROW EXECUTE FUNCTION terms_stand();

CREATE TABLE terms_acceptance (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id   uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    kind         text NOT NULL,
    version      integer NOT NULL,
    locale       text NOT NULL,                    -- which text she read
    accepted_at  timestamptz NOT NULL,             -- real time, like the next
    withdrawn_at timestamptz CHECK (withdrawn_at >= accepted_at),
    FOREIGN KEY (kind, version, locale) REFERENCES terms_text ON DELETE NO ACTION
);
CREATE UNIQUE INDEX terms_acceptance_once ON terms_acceptance (account_id, kind, version) WHERE withdrawn_at IS NULL;

-- From when this account does nothing but read and accept; null while it owes nothing. Whoever accepted a version has
-- accepted those before it.
CREATE FUNCTION terms_shut_at(of_account uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT min(v.binds_at) FROM terms_version v
     WHERE NOT EXISTS (SELECT FROM terms_acceptance a WHERE a.account_id = of_account AND a.kind = v.kind
                          AND a.version >= v.version AND a.withdrawn_at IS NULL)
$$;

-- What was accepted while registering, until the number is proved: {kind, version, locale} each.
ALTER TABLE registration ADD COLUMN accepts jsonb NOT NULL DEFAULT '[]';
