-- "No allergies known" is something that was asked and answered; an empty list alone says nothing.

CREATE TABLE no_allergies (
    patient_id uuid PRIMARY KEY REFERENCES patient ON DELETE NO ACTION,
    told_by    uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    doctor_id  uuid REFERENCES doctor ON DELETE NO ACTION,      -- asked by her doctor; null: her own side says so
    told_at    timestamptz NOT NULL
);

CREATE FUNCTION no_allergies_while_none_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM summary_entry e WHERE e.patient_id = NEW.patient_id AND e.kind = 'allergy' AND e.ended_at IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'no_allergies_while_none_stands',
            MESSAGE = 'an allergy stands in the summary';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_allergies_while_none_stands BEFORE INSERT OR UPDATE ON no_allergies
    FOR EACH ROW EXECUTE FUNCTION no_allergies_while_none_stands();

-- Whoever notes one takes the word back.
CREATE FUNCTION allergy_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM no_allergies n WHERE n.patient_id = NEW.patient_id;
    RETURN NULL;
END $$;
CREATE TRIGGER allergy_known AFTER INSERT ON summary_entry FOR EACH ROW
    WHEN (NEW.kind = 'allergy' AND NEW.ended_at IS NULL) EXECUTE FUNCTION allergy_known();
