-- A patient's own papers and what providers wrote down for her: files with a kind, a title and a day.

CREATE TABLE medical_record (
    id                     uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id             uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    record_type            text NOT NULL CHECK (record_type IN ('xray', 'mri', 'ct_scan', 'lab_report', 'prescription',
                               'discharge_summary', 'other')),
    title                  text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    description            text CHECK (char_length(description) BETWEEN 1 AND 4000),
    record_date            date,
    uploaded_by            uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    doctor_id              uuid REFERENCES doctor ON DELETE NO ACTION,      -- the doctor who wrote it
    place_id               uuid REFERENCES place ON DELETE NO ACTION,       -- or the place; neither: her own side
    appointment_id         uuid REFERENCES appointment ON DELETE NO ACTION,
    is_shared_with_doctors boolean NOT NULL DEFAULT false,
    created_at             timestamptz NOT NULL,
    hidden_at              timestamptz,
    deleted_at             timestamptz,
    -- What a provider wrote is kept for the legal time: nobody hides or deletes it (PRODUCT 30).
    CONSTRAINT medical_record_kept CHECK ((doctor_id IS NULL AND place_id IS NULL) OR (hidden_at IS NULL AND deleted_at IS NULL))
);
CREATE INDEX medical_record_of ON medical_record (patient_id, id DESC) WHERE deleted_at IS NULL;

CREATE FUNCTION keep_medical_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (OLD.doctor_id IS NOT NULL OR OLD.place_id IS NOT NULL)
       OR TG_OP = 'UPDATE' AND ((NEW.patient_id, NEW.uploaded_by, NEW.created_at) <> (OLD.patient_id, OLD.uploaded_by, OLD.created_at)
           OR (NEW.doctor_id, NEW.place_id) IS DISTINCT FROM (OLD.doctor_id, OLD.place_id)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'medical_record_stays',
            MESSAGE = 'a record stays whose it is and who wrote it, and what a provider wrote is kept';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER medical_record_stays BEFORE UPDATE OR DELETE ON medical_record
    FOR EACH ROW EXECUTE FUNCTION keep_medical_record();

ALTER TABLE lab_test ADD FOREIGN KEY (consultation_id) REFERENCES consultation ON DELETE NO ACTION;
