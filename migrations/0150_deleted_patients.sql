-- Nobody acts for a patient who was deleted: no right, no reminder and no other word goes on to her family.
CREATE OR REPLACE VIEW guarding AS
    SELECT id, account_id, patient_id, kind, since, lapses_at, merged, claim_id, invited_by
      FROM guardianship g WHERE until IS NULL AND (lapses_at IS NULL OR lapses_at > now())
       AND NOT EXISTS (SELECT FROM patient p WHERE p.id = g.patient_id AND p.deleted_at IS NOT NULL);
