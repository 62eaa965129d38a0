-- Who treats whom: a relationship that the patient's side made, and how long it opens anything (PRODUCT 5).

-- How long after the last visit; the code's default where no administrator changed it (a test compares the two).
CREATE FUNCTION relation_days() RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT make_interval(days => coalesce((SELECT (value ->> 'relation_days')::integer FROM admin_settings), 30))
$$;

CREATE TABLE relationship (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id     uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    doctor_id      uuid REFERENCES doctor ON DELETE NO ACTION,     -- null: with the place itself
    place_id       uuid NOT NULL REFERENCES place ON DELETE NO ACTION,   -- where the doctor sees her; he must work there
    state          text NOT NULL CHECK (state IN ('asked', 'standing', 'lapsed', 'ended')),
    asked_by       uuid REFERENCES account ON DELETE NO ACTION,    -- of the staff; opens nothing
    made_by        uuid REFERENCES account ON DELETE NO ACTION,    -- who acts for the patient; null: she told a code
    made_at        timestamptz,                                    -- since when it stands without a break
    hand_at        timestamptz,                                    -- when her side last had a hand in it
    expected_until timestamptz,                                    -- a visit or an order is under way until then
    last_visit_at  timestamptz,
    ended_at       timestamptz,
    CONSTRAINT relationship_once UNIQUE NULLS NOT DISTINCT (patient_id, doctor_id, place_id),
    CHECK (state <> 'standing' OR (made_at IS NOT NULL AND hand_at >= made_at)),
    CHECK (state <> 'asked' OR asked_by IS NOT NULL),
    CHECK ((state IN ('lapsed', 'ended')) = (ended_at IS NOT NULL))
);
CREATE INDEX relationship_by_doctor ON relationship (doctor_id) WHERE state = 'standing' AND doctor_id IS NOT NULL;
CREATE INDEX relationship_by_place ON relationship (place_id) WHERE state = 'standing';

-- The code that a desk asks the patient for. Only a keyed digest; times are real.
CREATE TABLE relationship_code (
    relationship_id uuid PRIMARY KEY REFERENCES relationship ON DELETE NO ACTION,
    digest          bytea NOT NULL CHECK (octet_length(digest) = 32),
    sent_at         timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL CHECK (expires_at > sent_at),
    tries           smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    used_at         timestamptz,                   -- product time, the hand_at that it made
    sent            smallint NOT NULL DEFAULT 1 CHECK (sent BETWEEN 1 AND 5),      -- codes since `counted_from`
    counted_from    timestamptz NOT NULL
);

-- Whatever the code believes: nobody but the patient's side makes it stand, and a doctor never makes one for himself.
CREATE FUNCTION relationship_by_her_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'standing'
       OR (TG_OP = 'UPDATE' AND OLD.state = 'standing' AND NEW.hand_at = OLD.hand_at AND NEW.made_by IS NOT DISTINCT FROM OLD.made_by) THEN
        RETURN NEW;
    END IF;
    IF NEW.made_by IS NULL THEN
        IF EXISTS (SELECT FROM relationship_code c WHERE c.relationship_id = NEW.id AND c.used_at = NEW.hand_at) THEN
            RETURN NEW;
        END IF;
    ELSIF EXISTS (SELECT FROM guarding g WHERE g.account_id = NEW.made_by AND g.patient_id = NEW.patient_id)
          AND NOT EXISTS (SELECT FROM doctor d WHERE d.id = NEW.doctor_id AND d.account_id = NEW.made_by) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'relationship_by_her_hand',
        MESSAGE = 'only the patient or who acts for her makes a relationship';
END $$;
CREATE TRIGGER relationship_by_her_hand BEFORE INSERT OR UPDATE ON relationship
    FOR EACH ROW EXECUTE FUNCTION relationship_by_her_hand();

CREATE FUNCTION relationship_stays_whose_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'relationship_stays_whose_it_is',
        MESSAGE = 'a relationship is never passed on to another patient, doctor or place';
END $$;
CREATE TRIGGER relationship_stays_whose_it_is BEFORE UPDATE ON relationship FOR EACH ROW
    WHEN ((NEW.patient_id, NEW.place_id) <> (OLD.patient_id, OLD.place_id)
          OR NEW.doctor_id IS DISTINCT FROM OLD.doctor_id)
    EXECUTE FUNCTION relationship_stays_whose_it_is();

-- What stands now: the time is asked by whoever reads, because clinic time may run faster than the wall's.
CREATE FUNCTION relationship_until(last_visit_at timestamptz, expected_until timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$ SELECT greatest(last_visit_at + relation_days(), expected_until) $$;
CREATE INDEX relationship_lapses ON relationship ((coalesce(last_visit_at, '-infinity'::timestamptz)))
    WHERE state = 'standing';
