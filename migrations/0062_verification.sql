-- What providers prove before they may serve. One case per doctor or place, for good; every step of it stays.

CREATE TABLE verification (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    subject      text NOT NULL CHECK (subject IN ('doctor', 'place')),
    subject_id   uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('doctor', 'clinic', 'hospital', 'pharmacy', 'laboratory')),
    state        text NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'withdrawn')),
    revision     integer NOT NULL CHECK (revision > 0),        -- counts the steps
    applicant_id uuid REFERENCES account ON DELETE NO ACTION,  -- who submitted last; null: nobody did yet
    submitted_at timestamptz,
    decided_at   timestamptz,
    reason       text CHECK (char_length(reason) BETWEEN 1 AND 300),
    created_at   timestamptz NOT NULL,
    CONSTRAINT verification_once UNIQUE (subject, subject_id),
    CHECK ((subject = 'doctor') = (kind = 'doctor')),
    CHECK ((applicant_id IS NULL) = (submitted_at IS NULL)),
    CHECK ((state IN ('rejected', 'withdrawn')) = (reason IS NOT NULL)),
    CHECK (state = 'pending' OR decided_at IS NOT NULL)
);
CREATE INDEX verification_waiting ON verification (kind, submitted_at, id) WHERE state = 'pending';

-- What was done, when and by whom; an approval holds the facts it was given for.
CREATE TABLE verification_step (
    id              uuid NOT NULL UNIQUE DEFAULT uuidv7(),
    verification_id uuid NOT NULL REFERENCES verification ON DELETE NO ACTION,
    revision        integer NOT NULL CHECK (revision > 0),
    move            text NOT NULL CHECK (move IN ('adopt', 'submit', 'reopen', 'approve', 'reject', 'withdraw')),
    state           text NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'withdrawn')),
    actor_id        uuid REFERENCES account ON DELETE NO ACTION,
    at              timestamptz NOT NULL,
    reason          text CHECK (char_length(reason) BETWEEN 1 AND 300),
    facts           jsonb,
    facts_hash      bytea CHECK (octet_length(facts_hash) = 32),
    PRIMARY KEY (verification_id, revision),
    CHECK ((facts IS NULL) = (facts_hash IS NULL)),
    CHECK (move <> 'approve' OR (facts IS NOT NULL AND actor_id IS NOT NULL)),
    CHECK ((move IN ('reject', 'withdraw')) = (reason IS NOT NULL)),
    CHECK (CASE move WHEN 'approve' THEN state = 'approved' WHEN 'reject' THEN state = 'rejected'
                     WHEN 'withdraw' THEN state = 'withdrawn' WHEN 'adopt' THEN true ELSE state = 'pending' END)
);

-- The applicant is not her own judge, whatever the code believes: neither who submitted nor who practises or owns.
CREATE FUNCTION verification_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.move IN ('approve', 'reject', 'withdraw') AND EXISTS (
        SELECT FROM verification v WHERE v.id = NEW.verification_id AND (
            v.applicant_id = NEW.actor_id
            OR (v.subject = 'doctor' AND EXISTS (SELECT FROM doctor d WHERE d.id = v.subject_id AND d.account_id = NEW.actor_id))
            OR (v.subject = 'place' AND EXISTS (SELECT FROM membership m WHERE m.place_id = v.subject_id
                   AND m.account_id = NEW.actor_id AND m.until IS NULL AND m.duty IN ('owner', 'manager'))))) THEN
        RAISE EXCEPTION 'her own verification' USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'verification_by_another';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verification_by_another BEFORE INSERT ON verification_step
    FOR EACH ROW EXECUTE FUNCTION verification_by_another();

-- Whose approval was withdrawn gets no new sittings and no new patients, and a line does not go on (PRODUCT 7).
CREATE FUNCTION approval_withdrawn(which_doctor uuid, which_place uuid) RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM place WHERE id = which_place AND approval = 'withdrawn')
        OR EXISTS (SELECT FROM doctor d JOIN account_capacity c ON c.account_id = d.account_id
                    WHERE d.id = which_doctor AND c.capacity = 'doctor' AND c.state = 'withdrawn');
END $$;
CREATE FUNCTION refuse_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sitting record;
BEGIN
    IF TG_TABLE_NAME = 'token' THEN
        SELECT doctor_id, place_id INTO sitting FROM session WHERE id = NEW.session_id;
    ELSE
        sitting := NEW;
    END IF;
    IF approval_withdrawn(sitting.doctor_id, sitting.place_id) THEN
        RAISE EXCEPTION 'the approval was withdrawn' USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'approval_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER session_approved BEFORE INSERT ON session FOR EACH ROW EXECUTE FUNCTION refuse_withdrawn();
CREATE TRIGGER session_goes_on_approved BEFORE UPDATE OF state ON session
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state <> 'live') EXECUTE FUNCTION refuse_withdrawn();
CREATE TRIGGER token_approved BEFORE INSERT ON token FOR EACH ROW EXECUTE FUNCTION refuse_withdrawn();
