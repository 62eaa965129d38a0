-- A visit by appointment is reviewed by that, and once, whether it is called by its appointment or by its token.

ALTER TABLE review ADD appointment_id uuid REFERENCES appointment ON DELETE NO ACTION,
    ADD CONSTRAINT review_once_per_appointment UNIQUE (appointment_id);

CREATE OR REPLACE FUNCTION review_of_a_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- An erasure takes away whose it is.
        IF (NEW.doctor_id, NEW.place_id) IS DISTINCT FROM (OLD.doctor_id, OLD.place_id)
           OR ((NEW.token_id, NEW.appointment_id) IS DISTINCT FROM (OLD.token_id, OLD.appointment_id)
               AND num_nonnulls(NEW.token_id, NEW.appointment_id, NEW.patient_id) > 0) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'review_stays_about_its_visit',
                MESSAGE = 'a review stays about its visit';
        END IF;
        RETURN NEW;
    END IF;
    IF num_nonnulls(NEW.token_id, NEW.appointment_id) = 0
       OR NEW.token_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM token t JOIN session s ON s.id = t.session_id
            WHERE t.id = NEW.token_id AND t.state = 'completed' AND t.patient_id = NEW.patient_id
              AND s.doctor_id = coalesce(NEW.doctor_id, s.doctor_id) AND s.place_id = coalesce(NEW.place_id, s.place_id))
       OR NEW.appointment_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM appointment a
            WHERE a.id = NEW.appointment_id AND a.state = 'consultation_completed' AND a.patient_id = NEW.patient_id
              AND a.token_id IS NOT DISTINCT FROM NEW.token_id AND a.doctor_id = coalesce(NEW.doctor_id, a.doctor_id)
              AND (NEW.place_id IS NULL OR a.place_id = NEW.place_id))
       OR NEW.appointment_id IS NULL AND EXISTS (SELECT FROM appointment a WHERE a.token_id = NEW.token_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'review_of_a_visit',
            MESSAGE = 'a review is of a visit that took place';
    END IF;
    RETURN NEW;
END $$;
