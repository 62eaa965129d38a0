-- The same fact about the same thing may happen again: a visit that was moved is reminded of anew. And the moment a
-- notification speaks of, with the clock it is told on, so that an app can show it on another.
ALTER TABLE notification
    ADD COLUMN occasion   text NOT NULL DEFAULT '' CHECK (char_length(occasion) <= 64),
    ADD COLUMN happens_at timestamptz,
    ADD COLUMN zone       text CHECK (char_length(zone) BETWEEN 1 AND 64),
    ADD CONSTRAINT notification_moment CHECK ((happens_at IS NULL) = (zone IS NULL)),
    DROP CONSTRAINT notification_once,
    ADD CONSTRAINT notification_once UNIQUE NULLS NOT DISTINCT (account_id, fact, ref_id, occasion);
