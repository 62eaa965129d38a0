-- A patient is never removed: what others wrote about her must be kept. She is nobody's to see any more.

ALTER TABLE patient
    ADD COLUMN deleted_at timestamptz,
    ADD COLUMN deleted_by uuid REFERENCES account ON DELETE NO ACTION,
    ADD CONSTRAINT patient_deleted_by_somebody CHECK (num_nonnulls(deleted_at, deleted_by) IN (0, 2));
