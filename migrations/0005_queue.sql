-- The line: tokens, what a line has learnt, numbers that were never given, displays.

CREATE TABLE token (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    session_id    uuid NOT NULL REFERENCES session ON DELETE NO ACTION,
    patient_id    uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    account_id    uuid REFERENCES account ON DELETE NO ACTION,        -- who joined by phone; null: the desk
    kind          text NOT NULL CHECK (kind IN ('booked', 'walk_in', 'remote')),
    state         text NOT NULL CHECK (state IN ('expected', 'waiting', 'called', 'in_consultation', 'away', 'skipped',
                  'no_show', 'completed', 'cancelled')),
    joined_at     timestamptz NOT NULL,
    due_at        timestamptz,                                        -- the booked time
    number        integer CHECK (number BETWEEN 1 AND 9999),
    place         bigint,                                             -- waiting tokens are called in this order
    arrived_at    timestamptz,
    returned_at   timestamptz,
    called_at     timestamptz,
    announced_at  timestamptz,
    calls         integer NOT NULL DEFAULT 0 CHECK (calls >= 0),
    begun_at      timestamptz,
    ended_at      timestamptz,
    room_id       uuid REFERENCES room ON DELETE NO ACTION,
    room          text,                                               -- the label as it was announced
    priority      text CHECK (priority IN ('emergency', 'elderly', 'pregnant', 'disabled', 'infant')),
    hold          integer,
    hold_rank     double precision NOT NULL DEFAULT 0,
    reason        text CHECK (reason IN ('left', 'session_ended', 'session_cancelled', 'not_arrived')),
    offer_id      uuid REFERENCES session ON DELETE NO ACTION,
    finished_id   uuid REFERENCES token ON DELETE NO ACTION,
    alert_before  integer CHECK (alert_before BETWEEN 0 AND 100),
    alert_minutes integer CHECK (alert_minutes BETWEEN 0 AND 240),
    near_at       timestamptz,
    near_before   integer,
    told_low      timestamptz,
    told_mid      timestamptz,
    told_high     timestamptz,
    CONSTRAINT token_number_once UNIQUE (session_id, number),
    CONSTRAINT token_due_is_booked CHECK ((kind = 'booked') = (due_at IS NOT NULL)),
    CONSTRAINT token_number_by_arrival CHECK ((number IS NULL) = (arrived_at IS NULL)),
    CONSTRAINT token_expected_has_no_number CHECK (state <> 'expected' OR number IS NULL),
    CONSTRAINT token_present_has_number CHECK (state IN ('expected', 'cancelled') OR number IS NOT NULL),
    CONSTRAINT token_waiting_has_place CHECK ((state = 'waiting') = (place IS NOT NULL)),
    CONSTRAINT token_called_once CHECK (state NOT IN ('called', 'in_consultation', 'away', 'skipped', 'no_show', 'completed')
        OR (called_at IS NOT NULL AND calls > 0)),
    CONSTRAINT token_begun CHECK (state NOT IN ('in_consultation', 'away', 'completed') OR begun_at IS NOT NULL),
    CONSTRAINT token_ended CHECK ((state IN ('no_show', 'completed', 'cancelled')) = (ended_at IS NOT NULL)),
    CONSTRAINT token_cancelled_has_reason CHECK ((state = 'cancelled') = (reason IS NOT NULL)),
    CONSTRAINT token_room_after_call CHECK (room_id IS NULL OR state NOT IN ('expected', 'waiting', 'cancelled')),
    CONSTRAINT token_told_whole CHECK ((told_low IS NULL) = (told_mid IS NULL) AND (told_mid IS NULL) = (told_high IS NULL)
        AND told_low <= told_mid AND told_mid <= told_high)
);
CREATE UNIQUE INDEX token_one_active ON token (session_id, patient_id)
    WHERE state IN ('expected', 'waiting', 'called', 'in_consultation', 'away', 'skipped');
-- "Called once" holds across rooms because a token has one state; "one current number" because a room has one token.
-- Deferred, because finishing one token and calling the next is one statement.
ALTER TABLE token ADD CONSTRAINT token_one_in_room
    EXCLUDE (session_id WITH =, (coalesce(room_id, '00000000-0000-0000-0000-000000000000')) WITH =)
    WHERE (state IN ('called', 'in_consultation')) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX token_patient ON token (patient_id);
CREATE INDEX token_account ON token (account_id, joined_at) WHERE account_id IS NOT NULL;

-- What a line has learnt and last told. One row per session, written under the session's lock.
CREATE TABLE line (
    session_id  uuid PRIMARY KEY REFERENCES session ON DELETE NO ACTION,
    calls       integer NOT NULL DEFAULT 0,
    last_number integer NOT NULL DEFAULT 0 CHECK (last_number >= 0),
    curve       bytea NOT NULL DEFAULT '[]',       -- JSON: the expected times as they were told, so that a snapshot repeats them
    score       bytea NOT NULL DEFAULT '{}',       -- JSON: how well they did
    due_at      timestamptz,                       -- when time alone changes the line next
    timer_at    timestamptz                        -- when its pending timed job looks; never later than due_at
);

-- How long a doctor's last visits took, in minutes, oldest first.
CREATE TABLE pace (
    doctor_id uuid PRIMARY KEY REFERENCES doctor ON DELETE NO ACTION,
    minutes   double precision[] NOT NULL CHECK (cardinality(minutes) <= 60)
);

-- Numbers that a backfill jumped over: given on paper to nobody we know of.
CREATE TABLE void_number (
    session_id   uuid NOT NULL REFERENCES session ON DELETE NO ACTION,
    first_number integer NOT NULL CHECK (first_number >= 1),
    last_number  integer NOT NULL,
    account_id   uuid REFERENCES account ON DELETE NO ACTION,
    at           timestamptz NOT NULL,
    PRIMARY KEY (session_id, first_number),
    CHECK (first_number <= last_number)
);

-- Everything that was done to a token, by whom. Rows are only added.
CREATE TABLE token_move (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    token_id   uuid NOT NULL REFERENCES token ON DELETE NO ACTION,
    at         timestamptz NOT NULL,
    what       text NOT NULL,                      -- the command or job
    actor_id   uuid,                               -- null: time did it
    from_state text,
    to_state   text NOT NULL,
    priority   text
);
CREATE INDEX token_move_token ON token_move (token_id, id);

-- Numbers are gapless: what lies between one and the next was recorded as void. They never change and never go.
CREATE FUNCTION last_number_of(of_session uuid) RETURNS integer LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(max(t.number), 0) FROM token t WHERE t.session_id = of_session
$$;

CREATE FUNCTION token_number_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last integer;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a token is never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'token_kept';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.number IS NOT DISTINCT FROM NEW.number THEN
            RETURN NEW;
        END IF;
        IF OLD.number IS NOT NULL THEN
            RAISE EXCEPTION 'a number never changes' USING ERRCODE = 'check_violation', CONSTRAINT = 'token_number_kept';
        END IF;
    END IF;
    IF NEW.number IS NULL THEN
        RETURN NEW;
    END IF;
    last := last_number_of(NEW.session_id);
    IF NEW.number <= last THEN
        RAISE EXCEPTION 'number % is taken', NEW.number USING ERRCODE = 'unique_violation', CONSTRAINT = 'token_number_once';
    END IF;
    IF NEW.number - last - 1 <> (
        SELECT coalesce(sum(v.last_number - v.first_number + 1), 0) FROM void_number v
         WHERE v.session_id = NEW.session_id AND v.first_number > last AND v.last_number < NEW.number
    ) THEN
        RAISE EXCEPTION 'number % leaves a gap after %', NEW.number, last
            USING ERRCODE = 'check_violation', CONSTRAINT = 'token_number_gapless';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER token_number_follows BEFORE INSERT OR UPDATE OF number OR DELETE ON token
    FOR EACH ROW EXECUTE FUNCTION token_number_follows();

CREATE FUNCTION void_number_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'a void number stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'void_number_kept';
    END IF;
    IF NEW.first_number <= last_number_of(NEW.session_id) OR EXISTS (
        SELECT FROM void_number v WHERE v.session_id = NEW.session_id
           AND v.first_number <= NEW.last_number AND v.last_number >= NEW.first_number
    ) THEN
        RAISE EXCEPTION 'void numbers lie after the last number' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'token_number_gapless';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER void_number_follows BEFORE INSERT OR UPDATE OR DELETE ON void_number
    FOR EACH ROW EXECUTE FUNCTION void_number_follows();

-- The secret in the QR code on a place's wall: who scans it is there.
CREATE TABLE arrival_code (
    place_id uuid PRIMARY KEY REFERENCES place ON DELETE NO ACTION,
    code     text NOT NULL CHECK (char_length(code) >= 16),
    since    timestamptz NOT NULL
);

-- A printed slip's read-only key to one token.
CREATE TABLE slip (
    digest     bytea PRIMARY KEY,
    token_id   uuid NOT NULL REFERENCES token ON DELETE NO ACTION,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- A screen in a waiting room. `asked_*` tell the approver where the code came from; all times but `since` are real.
CREATE TABLE display (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'revoked')),
    secret_digest   bytea NOT NULL UNIQUE,
    code_digest     bytea,
    code_expires_at timestamptz,
    asked_network   text,                          -- coarse: never a whole address
    asked_at        timestamptz NOT NULL,
    label           text,
    board           bytea,                         -- JSON: the board as it was last told
    place_id        uuid REFERENCES place ON DELETE NO ACTION,
    approved_by     uuid REFERENCES account ON DELETE NO ACTION,
    approved_at     timestamptz,
    revoked_at      timestamptz,
    CHECK ((code_digest IS NULL) = (code_expires_at IS NULL)),
    CHECK (state <> 'approved' OR (place_id IS NOT NULL AND approved_at IS NOT NULL AND label IS NOT NULL)),
    CHECK (state = 'pending' OR code_digest IS NULL),
    CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE UNIQUE INDEX display_code ON display (code_digest) WHERE code_digest IS NOT NULL;
CREATE INDEX display_place ON display (place_id) WHERE state = 'approved';

-- For which rooms or doctors a display was approved.
CREATE TABLE display_scope (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    display_id uuid NOT NULL REFERENCES display ON DELETE NO ACTION,
    room_id    uuid REFERENCES room ON DELETE NO ACTION,
    doctor_id  uuid REFERENCES doctor ON DELETE NO ACTION,
    CHECK (num_nonnulls(room_id, doctor_id) = 1),
    CONSTRAINT display_scope_once UNIQUE NULLS NOT DISTINCT (display_id, room_id, doctor_id)
);

-- The sessions a display shows now, and since when: its right to their lines.
CREATE TABLE display_session (
    display_id uuid NOT NULL REFERENCES display ON DELETE NO ACTION,
    session_id uuid NOT NULL REFERENCES session ON DELETE NO ACTION,
    since      timestamptz NOT NULL,               -- product time
    PRIMARY KEY (display_id, session_id)
);
CREATE INDEX display_session_session ON display_session (session_id);
