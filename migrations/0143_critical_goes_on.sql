-- A critical value is asked for until somebody acknowledges it: after the last step everybody is asked again and again.

ALTER TABLE lab_critical DROP CONSTRAINT lab_critical_step_check, ADD CONSTRAINT lab_critical_step_check CHECK (step >= 0);
ALTER TABLE lab_critical_step
    DROP CONSTRAINT lab_critical_step_step_check, ADD CONSTRAINT lab_critical_step_step_check CHECK (step >= 0);
