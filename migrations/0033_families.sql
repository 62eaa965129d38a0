-- Families: who acts for whom until when, who may join, and whose a desk-made record turns out to be.

ALTER TABLE patient ADD COLUMN birth_date date CHECK (birth_date >= '1880-01-01');
ALTER TABLE patient ADD CONSTRAINT patient_birth_agrees
    CHECK (birth_date IS NULL OR (birth_year IS NOT NULL AND birth_year = date_part('year', birth_date)));

-- The day somebody is of age: the 18th birthday; where only the year is known, the first day she surely is.
-- Born on 29 February: on 1 March. Days begin at midnight of the home zone.
CREATE FUNCTION of_age_at(birth_date date, birth_year integer) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN birth_date IS NOT NULL
                THEN (((birth_date - 1) + interval '18 years')::date + 1)::timestamp AT TIME ZONE 'Asia/Kolkata'
                WHEN birth_year IS NOT NULL THEN make_date(birth_year + 19, 1, 1)::timestamp AT TIME ZONE 'Asia/Kolkata' END
$$;

-- A merged or guarded desk-made record: by whom, and that it can be taken back.
CREATE TABLE patient_claim (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    into_id    uuid REFERENCES patient ON DELETE NO ACTION,      -- merged into this one; null: the claimer acts for it
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    claimed_at timestamptz NOT NULL,
    undone_at  timestamptz,
    undone_by  uuid REFERENCES account ON DELETE NO ACTION,
    CHECK (into_id <> patient_id),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL)),
    CHECK (undone_at >= claimed_at)
);
CREATE UNIQUE INDEX patient_merged_once ON patient_claim (patient_id) WHERE into_id IS NOT NULL AND undone_at IS NULL;
CREATE INDEX patient_claim_by_account ON patient_claim (account_id) WHERE undone_at IS NULL;
CREATE INDEX patient_claim_into ON patient_claim (into_id) WHERE undone_at IS NULL;
CREATE INDEX patient_by_phone ON patient (phone) WHERE phone IS NOT NULL;

-- lapses_at: a guardianship of a minor ends by itself when she is of age; `until` is set by whoever ends it first.
ALTER TABLE guardianship
    ADD COLUMN lapses_at  timestamptz,
    ADD COLUMN merged     boolean NOT NULL DEFAULT false,          -- reaches a record merged into one's own
    ADD COLUMN claim_id   uuid REFERENCES patient_claim ON DELETE NO ACTION,
    ADD COLUMN invited_by uuid REFERENCES account ON DELETE NO ACTION,
    ADD CONSTRAINT guardianship_self_stays CHECK (kind <> 'self' OR lapses_at IS NULL),
    ADD CONSTRAINT guardianship_merged_by_claim CHECK (NOT merged OR claim_id IS NOT NULL);
DROP INDEX guardianship_one_self;
CREATE UNIQUE INDEX guardianship_one_self ON guardianship (account_id) WHERE until IS NULL AND kind = 'self' AND NOT merged;
CREATE INDEX guardianship_lapses ON guardianship (lapses_at) WHERE until IS NULL AND lapses_at IS NOT NULL;
CREATE INDEX guardianship_by_claim ON guardianship (claim_id) WHERE until IS NULL AND claim_id IS NOT NULL;

-- Who acts for whom now: true the very day somebody is of age, whether or not the job that ends the row has run.
CREATE VIEW guarding AS
    SELECT id, account_id, patient_id, kind, since, lapses_at, merged, claim_id, invited_by
      FROM guardianship WHERE until IS NULL AND (lapses_at IS NULL OR lapses_at > now());

-- Whoever writes the row: its end follows from the patient's age, and what lapsed comes back only by her own word.
CREATE FUNCTION guardianship_lapse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'self' THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM guardianship o WHERE o.account_id = NEW.account_id AND o.patient_id = NEW.patient_id
                AND o.lapses_at <= now()) AND coalesce(NEW.invited_by, NEW.account_id) = NEW.account_id THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'guardianship_lapsed',
            MESSAGE = 'this guardianship has lapsed';
    END IF;
    SELECT CASE WHEN of_age_at(p.birth_date, p.birth_year) > NEW.since THEN of_age_at(p.birth_date, p.birth_year) END
      INTO NEW.lapses_at FROM patient p WHERE p.id = NEW.patient_id;
    RETURN NEW;
END $$;
CREATE TRIGGER guardianship_lapse BEFORE INSERT ON guardianship FOR EACH ROW EXECUTE FUNCTION guardianship_lapse();

-- A corrected date moves the end only forward in her favour: nobody makes a child younger to keep acting for her.
CREATE FUNCTION patient_comes_of_age() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day timestamptz := of_age_at(NEW.birth_date, NEW.birth_year);
BEGIN
    UPDATE guardianship SET lapses_at = least(lapses_at, day)
     WHERE patient_id = NEW.id AND until IS NULL AND kind <> 'self' AND day > since;
    RETURN NULL;
END $$;
CREATE TRIGGER patient_comes_of_age AFTER UPDATE OF birth_date, birth_year ON patient
    FOR EACH ROW EXECUTE FUNCTION patient_comes_of_age();

UPDATE guardianship g SET lapses_at = of_age_at(p.birth_date, p.birth_year) FROM patient p
 WHERE p.id = g.patient_id AND g.until IS NULL AND g.kind <> 'self' AND of_age_at(p.birth_date, p.birth_year) > g.since;

CREATE TABLE guardian_invitation (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    phone      text NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),
    kind       text NOT NULL CHECK (kind IN ('parent', 'child', 'spouse', 'sibling', 'guardian', 'other')),
    invited_by uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    invited_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
    ended_at   timestamptz,
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX guardian_invitation_once ON guardian_invitation (patient_id, phone) WHERE state = 'open';
CREATE INDEX guardian_invitation_by_phone ON guardian_invitation (phone) WHERE state = 'open';
