-- Uploaded files. The bytes lie in the storage under `path`; who may read them follows from what a file is attached to.

CREATE TABLE media (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id  uuid NOT NULL REFERENCES account (id) ON DELETE NO ACTION,
    kind        text NOT NULL CHECK (kind IN ('image', 'document', 'medical_record')),
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    mime        text NOT NULL CHECK (mime IN ('image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'application/dicom')),
    size        bigint NOT NULL CHECK (size > 0),
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),
    path        text NOT NULL UNIQUE CHECK (path ~ '^[0-9a-z/_-]+$'),
    about_noun  text CHECK (about_noun ~ '^[a-z_]+$'),
    about_id    uuid,
    attached_at timestamptz,
    created_at  timestamptz NOT NULL,
    deleted_at  timestamptz,
    CHECK ((about_noun IS NULL) = (about_id IS NULL) AND (about_noun IS NULL) = (attached_at IS NULL))
);
CREATE INDEX media_of ON media (account_id, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX media_about ON media (about_noun, about_id) WHERE deleted_at IS NULL AND about_noun IS NOT NULL;
CREATE INDEX media_loose ON media (created_at) WHERE deleted_at IS NULL AND about_noun IS NULL;

-- A file belongs to one thing for ever: handing it on would hand on who may read it. Its bytes are what they were.
CREATE FUNCTION keep_media() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.about_noun IS NOT NULL AND (NEW.about_noun, NEW.about_id) IS DISTINCT FROM (OLD.about_noun, OLD.about_id) THEN
        RAISE EXCEPTION 'media % is attached already', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.account_id, NEW.kind, NEW.mime, NEW.size, NEW.sha256, NEW.path)
       IS DISTINCT FROM (OLD.account_id, OLD.kind, OLD.mime, OLD.size, OLD.sha256, OLD.path) THEN
        RAISE EXCEPTION 'media % cannot become another file', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL THEN
        RAISE EXCEPTION 'media % is deleted', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER media_keeps BEFORE UPDATE ON media FOR EACH ROW EXECUTE FUNCTION keep_media();

-- How far each upload of the last day is, for the uploader's own sockets. `id` is the client's idempotency key.
CREATE TABLE upload (
    account_id uuid NOT NULL REFERENCES account (id) ON DELETE NO ACTION,
    id         uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('image', 'document', 'medical_record')),
    state      text NOT NULL CHECK (state IN ('receiving', 'stored', 'refused')),
    received   bigint NOT NULL CHECK (received >= 0),
    total      bigint CHECK (total >= 0),
    media_id   uuid REFERENCES media (id) ON DELETE NO ACTION,
    reason     text,
    at         timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CHECK ((state = 'stored') = (media_id IS NOT NULL)),
    CHECK ((state = 'refused') = (reason IS NOT NULL))
);
CREATE INDEX upload_at ON upload (at);
