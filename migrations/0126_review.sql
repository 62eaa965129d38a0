-- What patients say after a visit, and the sum of it. Only what an administrator verified counts and is public.

CREATE TABLE review (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    token_id     uuid REFERENCES token ON DELETE NO ACTION,        -- the visit: a token of a line
    patient_id   uuid REFERENCES patient ON DELETE NO ACTION,      -- null: she was erased, her word stays
    author_id    uuid REFERENCES account ON DELETE NO ACTION,      -- who wrote it for her
    doctor_id    uuid REFERENCES doctor ON DELETE NO ACTION,       -- whom it is about: the doctor, the place, or both
    place_id     uuid REFERENCES place ON DELETE NO ACTION,
    rating       smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text         text CHECK (char_length(text) BETWEEN 1 AND 2000),
    state        text NOT NULL CHECK (state IN ('unverified', 'verified', 'rejected', 'deleted')),
    revision     integer NOT NULL DEFAULT 1 CHECK (revision >= 1), -- an administrator verifies what he has read
    reason       text CHECK (char_length(reason) BETWEEN 1 AND 300),
    decided_by   uuid REFERENCES account ON DELETE NO ACTION,
    decided_at   timestamptz,
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    CONSTRAINT review_once_per_token UNIQUE (token_id),
    CHECK (doctor_id IS NOT NULL OR place_id IS NOT NULL),
    CHECK (state NOT IN ('verified', 'rejected') OR decided_at IS NOT NULL),
    CHECK ((state = 'rejected') = (reason IS NOT NULL)),
    CHECK (state <> 'deleted' OR text IS NULL)
);
CREATE INDEX review_of_doctor ON review (doctor_id, id DESC) WHERE state = 'verified';
CREATE INDEX review_of_place ON review (place_id, id DESC) WHERE state = 'verified';
CREATE INDEX review_of_patient ON review (patient_id, id DESC);
CREATE INDEX review_waits ON review (id) WHERE state = 'unverified';

-- A review is of a visit that took place: its patient, its doctor, its place, whatever the code believes.
CREATE FUNCTION review_of_a_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- An erasure takes away whose it is.
        IF (NEW.doctor_id, NEW.place_id) IS DISTINCT FROM (OLD.doctor_id, OLD.place_id)
           OR (NEW.token_id IS DISTINCT FROM OLD.token_id AND num_nonnulls(NEW.token_id, NEW.patient_id) > 0) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'review_stays_about_its_visit',
                MESSAGE = 'a review stays about its visit';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM token t JOIN session s ON s.id = t.session_id
                    WHERE t.id = NEW.token_id AND t.state = 'completed' AND t.patient_id = NEW.patient_id
                      AND s.doctor_id = coalesce(NEW.doctor_id, s.doctor_id)
                      AND s.place_id = coalesce(NEW.place_id, s.place_id)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'review_of_a_visit',
            MESSAGE = 'a review is of a visit that took place';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_of_a_visit BEFORE INSERT OR UPDATE ON review FOR EACH ROW EXECUTE FUNCTION review_of_a_visit();

-- How many verified reviews with how many stars a doctor or a place has. Triggers keep it; nobody else writes it.
CREATE TABLE rating (
    subject    text NOT NULL CHECK (subject IN ('doctor', 'place')),
    subject_id uuid NOT NULL,
    stars      smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    count      integer NOT NULL CHECK (count >= 0),
    PRIMARY KEY (subject, subject_id, stars)
);

CREATE FUNCTION rate(subject text, subject_id uuid, stars smallint, more integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rate.subject_id IS NULL THEN
        RETURN;
    END IF;
    -- Added to under the row's lock, not computed: of two at once neither is lost.
    UPDATE rating r SET count = r.count + more
     WHERE r.subject = rate.subject AND r.subject_id = rate.subject_id AND r.stars = rate.stars;
    IF NOT FOUND THEN
        INSERT INTO rating AS r VALUES (rate.subject, rate.subject_id, rate.stars, more)
            ON CONFLICT ON CONSTRAINT rating_pkey DO UPDATE SET count = r.count + EXCLUDED.count;
    END IF;
    IF rate.subject = 'doctor' THEN
        UPDATE doctor SET rating_sum = rating_sum + more * rate.stars, rating_count = rating_count + more
         WHERE id = rate.subject_id;
    END IF;
END $$;

-- Always the doctor before the place, what goes before what comes: nobody waits in a circle.
CREATE FUNCTION review_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.state = 'verified') = (NEW.state = 'verified') AND OLD.rating = NEW.rating THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.state = 'verified' THEN
        PERFORM rate('doctor', OLD.doctor_id, OLD.rating, -1);
        PERFORM rate('place', OLD.place_id, OLD.rating, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'verified' THEN
        PERFORM rate('doctor', NEW.doctor_id, NEW.rating, 1);
        PERFORM rate('place', NEW.place_id, NEW.rating, 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER review_counts AFTER INSERT OR UPDATE OR DELETE ON review FOR EACH ROW EXECUTE FUNCTION review_counts();
