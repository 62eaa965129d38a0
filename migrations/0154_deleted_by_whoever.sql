-- A record that was deleted after a backup is deleted again when that is restored, where who deleted it may be unknown.
ALTER TABLE patient DROP CONSTRAINT patient_deleted_by_somebody;
ALTER TABLE patient ADD CONSTRAINT patient_deleted_by_somebody CHECK (deleted_at IS NOT NULL OR deleted_by IS NULL);
