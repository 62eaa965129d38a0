-- What a patient's own side noted goes with her; that a prescription met it stays with the prescription.
ALTER TABLE allergy_match DROP CONSTRAINT allergy_match_entry_id_fkey;
