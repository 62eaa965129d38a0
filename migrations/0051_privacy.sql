-- What a person asks of us about herself: everything we keep of her, and that we keep it no more.

CREATE TABLE export_order (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    asked_at   timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ready', 'gone')),
    parts      integer CHECK (parts BETWEEN 1 AND 10000),
    digest     bytea CHECK (octet_length(digest) = 32),        -- SHA-256 of the whole document
    ready_at   timestamptz,
    expires_at timestamptz,                                    -- the document goes then
    CHECK ((state = 'waiting') = (ready_at IS NULL)),
    CHECK ((state = 'waiting') = (parts IS NULL) AND (parts IS NULL) = (digest IS NULL)
           AND (parts IS NULL) = (expires_at IS NULL)),
    CHECK (expires_at > ready_at)
);
CREATE UNIQUE INDEX export_order_one_waiting ON export_order (account_id) WHERE state = 'waiting';
CREATE INDEX export_order_expires ON export_order (expires_at) WHERE state = 'ready';

-- The document in pieces, each sealed like a job's payload.
CREATE TABLE export_part (
    export_id uuid NOT NULL REFERENCES export_order ON DELETE NO ACTION,
    n         integer NOT NULL CHECK (n > 0),
    sealed    bytea NOT NULL,
    PRIMARY KEY (export_id, n)
);

-- The order is kept for good: who was erased must be erased again when an older backup comes back. It holds ids only.
CREATE TABLE erasure (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    patients   uuid[] NOT NULL DEFAULT '{}',                   -- her records, once it is done
    asked_at   timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'undone', 'done')),
    ended_at   timestamptz,
    -- Long enough to notice and undo it, short enough to be an answer.
    CONSTRAINT erasure_grace CHECK (due_at BETWEEN asked_at + interval '24 hours' AND asked_at + interval '72 hours'),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT erasure_not_before CHECK (state <> 'done' OR ended_at >= due_at)
);
CREATE UNIQUE INDEX erasure_one_waiting ON erasure (account_id) WHERE state = 'waiting';
CREATE INDEX erasure_due ON erasure (due_at) WHERE state = 'waiting';
CREATE INDEX erasure_done ON erasure (ended_at) WHERE state = 'done';

-- What the law lets nobody delete yet: which rows, why, and until when.
CREATE TABLE erasure_remains (
    erasure_id uuid NOT NULL REFERENCES erasure ON DELETE NO ACTION,
    what       text NOT NULL,
    reason     text NOT NULL,
    rows       integer NOT NULL CHECK (rows > 0),
    until      timestamptz NOT NULL,
    PRIMARY KEY (erasure_id, what, reason)
);

-- Done is done: nobody comes back into an erased account, and an order that was carried out is not changed.
CREATE FUNCTION erasure_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_stands',
        MESSAGE = 'an erasure that was done or undone stays so';
END $$;
CREATE TRIGGER erasure_stands BEFORE UPDATE OR DELETE ON erasure FOR EACH ROW
    WHEN (OLD.state <> 'waiting') EXECUTE FUNCTION erasure_stands();
