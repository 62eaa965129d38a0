-- What a person was told in the app: one row per person and fact, for ever; what she deletes keeps no text.
CREATE TABLE notification (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account (id) ON DELETE NO ACTION,
    fact       text NOT NULL,
    ref_id     uuid,
    about      text,
    title      text NOT NULL,
    body       text NOT NULL,
    created_at timestamptz NOT NULL,
    read_at    timestamptz,
    deleted_at timestamptz,
    CONSTRAINT notification_once UNIQUE NULLS NOT DISTINCT (account_id, fact, ref_id),
    CHECK (deleted_at IS NULL OR (title = '' AND body = ''))
);
CREATE INDEX notification_of ON notification (account_id, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX notification_unread ON notification (account_id) WHERE deleted_at IS NULL AND read_at IS NULL;
