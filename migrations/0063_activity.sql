-- The audit, looked into: by who did it, by what it was about, and by whose data was read; newest first.
CREATE INDEX audit_by_actor ON audit (actor, era, xid) WHERE actor IS NOT NULL;
CREATE INDEX audit_by_subject ON audit (subject, era, xid) WHERE subject IS NOT NULL;
CREATE INDEX audit_by_patient ON audit (patient, era, xid) WHERE kind = 'read';
-- A time is found by the seals: they stand in its order, and one stands for thousands of rows.
CREATE INDEX audit_seal_at ON audit_seal (at);
