-- A record that turns out to be hers brings its prescriptions to her list, and takes them away with it. The job tells.
CREATE FUNCTION prescriptions_follow_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job (name, payload, due_at)
    SELECT 'prescription.claimed', convert_to(json_build_object('patient_id', NEW.patient_id, 'into_id', NEW.into_id)::text, 'UTF8'),
           coalesce(NEW.undone_at, NEW.claimed_at)
     WHERE EXISTS (SELECT FROM prescription p WHERE p.patient_id = NEW.patient_id AND p.state <> 'draft');
    RETURN NULL;
END $$;
CREATE TRIGGER prescriptions_follow_new_claim AFTER INSERT ON patient_claim FOR EACH ROW
    WHEN (NEW.into_id IS NOT NULL) EXECUTE FUNCTION prescriptions_follow_claim();
CREATE TRIGGER prescriptions_follow_claim AFTER UPDATE ON patient_claim FOR EACH ROW
    WHEN (NEW.into_id IS NOT NULL AND NEW.undone_at IS DISTINCT FROM OLD.undone_at) EXECUTE FUNCTION prescriptions_follow_claim();
