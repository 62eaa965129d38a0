-- What a claimed record brings to her prescriptions is told by care's own hook, as it is for reports. A job that the
-- trigger left is of the same name and is still done.
DROP TRIGGER prescriptions_follow_new_claim ON patient_claim;
DROP TRIGGER prescriptions_follow_claim ON patient_claim;
DROP FUNCTION prescriptions_follow_claim();
