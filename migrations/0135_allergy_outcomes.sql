-- What is not known is no longer called clear, and what only cross-reacts now and then is told apart from what meets.
ALTER TABLE prescription DROP CONSTRAINT prescription_allergy_check_check;
ALTER TABLE prescription ADD CONSTRAINT prescription_allergy_check_check
    CHECK (allergy_check IN ('clear', 'unknown', 'related', 'matched', 'not_recorded', 'unreadable'));
ALTER TABLE prescription DROP CONSTRAINT prescription_override_has_reason;
ALTER TABLE prescription ADD CONSTRAINT prescription_override_has_reason
    CHECK ((allergy_check IS NULL OR allergy_check IN ('clear', 'unknown')) = (override_reason IS NULL));
