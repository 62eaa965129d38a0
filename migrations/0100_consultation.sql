-- What a doctor finds at a visit and what follows from it. Once completed it stays as it was written; what is added
-- later stands beside it.

CREATE TABLE consultation (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    token_id         uuid REFERENCES token ON DELETE NO ACTION,
    appointment_id   uuid,                            -- a later migration adds the reference
    patient_id       uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    doctor_id        uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id         uuid REFERENCES place ON DELETE NO ACTION,              -- null: by video, from anywhere
    mode             text NOT NULL CHECK (mode IN ('in_person', 'teleconsult')),
    state            text NOT NULL CHECK (state IN ('in_progress', 'completed', 'cancelled')),
    version          integer NOT NULL DEFAULT 1 CHECK (version >= 1),        -- of what the doctor writes
    symptoms         text CHECK (char_length(symptoms) BETWEEN 1 AND 4000),
    findings         text CHECK (char_length(findings) BETWEEN 1 AND 4000),
    diagnosis        text CHECK (char_length(diagnosis) BETWEEN 1 AND 4000),
    advice           text CHECK (char_length(advice) BETWEEN 1 AND 4000),
    follow_up_date   date,
    temperature_c    double precision CHECK (temperature_c BETWEEN 25 AND 45),
    pulse_bpm        smallint CHECK (pulse_bpm BETWEEN 20 AND 300),
    systolic_mmhg    smallint CHECK (systolic_mmhg BETWEEN 40 AND 300),
    diastolic_mmhg   smallint CHECK (diastolic_mmhg BETWEEN 20 AND 200),
    breaths_per_min  smallint CHECK (breaths_per_min BETWEEN 4 AND 80),
    spo2_percent     smallint CHECK (spo2_percent BETWEEN 40 AND 100),
    weight_kg        double precision CHECK (weight_kg BETWEEN 0.2 AND 500),
    height_cm        double precision CHECK (height_cm BETWEEN 20 AND 260),
    glucose_mg_dl    smallint CHECK (glucose_mg_dl BETWEEN 10 AND 1500),
    pain_of_10       smallint CHECK (pain_of_10 BETWEEN 0 AND 10),
    consent          text CHECK (consent IN ('implied', 'explicit')),        -- of a call by video: how she agreed to it
    identity_by      text CHECK (identity_by IN ('known', 'document', 'asked')),
    registration     text CHECK (char_length(registration) BETWEEN 1 AND 64), -- the doctor's, as it was then
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz CHECK (ended_at >= started_at),
    cancel_reason    text CHECK (char_length(cancel_reason) BETWEEN 1 AND 300),
    CONSTRAINT consultation_of_a_visit CHECK (num_nonnulls(token_id, appointment_id) > 0),
    CONSTRAINT consultation_somewhere CHECK (mode = 'teleconsult' OR place_id IS NOT NULL),
    CONSTRAINT consultation_ended CHECK ((state = 'in_progress') = (ended_at IS NULL)),
    CONSTRAINT consultation_cancelled_has_reason CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CONSTRAINT consultation_pressure CHECK ((systolic_mmhg IS NULL) = (diastolic_mmhg IS NULL)
        AND (systolic_mmhg IS NULL OR diastolic_mmhg < systolic_mmhg)),
    CONSTRAINT consultation_by_video_is_agreed
        CHECK ((mode = 'teleconsult') = (consent IS NOT NULL) AND num_nonnulls(consent, identity_by) IN (0, 2)),
    CONSTRAINT consultation_by_video_is_registered CHECK (mode <> 'teleconsult' OR registration IS NOT NULL)
);
-- One consultation a visit; one that was begun by mistake does not count.
CREATE UNIQUE INDEX consultation_once_a_token ON consultation (token_id) WHERE state <> 'cancelled';
CREATE UNIQUE INDEX consultation_once_an_appointment ON consultation (appointment_id) WHERE state <> 'cancelled';
CREATE INDEX consultation_patient ON consultation (patient_id, started_at DESC, id DESC);
CREATE INDEX consultation_doctor ON consultation (doctor_id, started_at DESC, id DESC);

CREATE FUNCTION consultation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'in_progress'
       OR (NEW.patient_id, NEW.doctor_id, NEW.mode) <> (OLD.patient_id, OLD.doctor_id, OLD.mode) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'consultation_stays',
            MESSAGE = 'a consultation that is over stays as it was written, and is never passed on';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consultation_stays BEFORE UPDATE OR DELETE ON consultation
    FOR EACH ROW EXECUTE FUNCTION consultation_stays();

CREATE TABLE addendum (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    consultation_id uuid NOT NULL REFERENCES consultation ON DELETE NO ACTION,
    text            text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000),
    written_by      uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    written_at      timestamptz NOT NULL
);
CREATE INDEX addendum_of ON addendum (consultation_id, written_at, id);

CREATE FUNCTION addendum_to_what_is_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' OR NOT EXISTS (SELECT FROM consultation c WHERE c.id = NEW.consultation_id AND c.state = 'completed') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'addendum_to_what_is_over',
            MESSAGE = 'only a completed consultation has addenda, and they are only added';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER addendum_to_what_is_over BEFORE INSERT OR UPDATE OR DELETE ON addendum
    FOR EACH ROW EXECUTE FUNCTION addendum_to_what_is_over();
