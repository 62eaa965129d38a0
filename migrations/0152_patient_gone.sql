-- A token whose patient was erased, or whose record was deleted, leaves the line, and says why.
ALTER TABLE token DROP CONSTRAINT token_reason_check;
ALTER TABLE token ADD CONSTRAINT token_reason_check CHECK
    (reason IN ('left', 'session_ended', 'session_cancelled', 'not_arrived', 'patient_gone'));
