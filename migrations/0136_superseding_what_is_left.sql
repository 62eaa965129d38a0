-- What takes another's place begins with what is left of it. If more of that one was given out meanwhile, its doctor looks again.
ALTER TABLE prescription ADD supersedes_spent integer CHECK (supersedes_spent >= 0),
    ADD CHECK (supersedes_spent IS NULL OR supersedes_id IS NOT NULL);
