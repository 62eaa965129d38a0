-- Whatever the code believes: a report is of its test's patient and laboratory, and what is published was examined. Looked
-- at when the transaction ends, because publishing completes the test.
CREATE FUNCTION lab_report_of_its_test() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM lab_test t JOIN lab_report r ON r.lab_test_id = t.id
         WHERE r.id = NEW.id AND t.patient_id = r.patient_id AND t.laboratory_id = r.laboratory_id
           AND (r.state = 'draft' OR t.state = 'completed')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'lab_report_of_its_test',
            MESSAGE = 'a report is of its test, and published once that is completed';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER lab_report_of_its_test AFTER INSERT OR UPDATE ON lab_report
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lab_report_of_its_test();
