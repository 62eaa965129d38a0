-- Messages between a patient's side and a doctor, or a place. Open while a visit or an order goes on, and some days after.

-- How long after it; the code's default where no administrator changed it (a test compares the two).
CREATE FUNCTION chat_days() RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT make_interval(days => coalesce((SELECT (value ->> 'chat_days')::integer FROM admin_settings), 7))
$$;

CREATE TABLE chat_thread (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id      uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    doctor_id       uuid REFERENCES doctor ON DELETE NO ACTION,    -- null: with the place, whose desk answers
    place_id        uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    state           text NOT NULL CHECK (state IN ('open', 'closed', 'shut')),   -- as it was last told
    closes_at       timestamptz,                   -- as things are, then it closes
    shut_at         timestamptz,
    created_at      timestamptz NOT NULL,
    moved_at        timestamptz NOT NULL,          -- of the latest message, or when it was made
    last_seq        integer NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    patient_read    integer NOT NULL DEFAULT 0,    -- the latest message that each side has read
    provider_read   integer NOT NULL DEFAULT 0,
    patient_unread  integer NOT NULL DEFAULT 0 CHECK (patient_unread >= 0),      -- of the other side, behind that
    provider_unread integer NOT NULL DEFAULT 0 CHECK (provider_unread >= 0),
    patient_told    integer NOT NULL DEFAULT 0,    -- the message a notification is, or will be, about
    provider_told   integer NOT NULL DEFAULT 0,
    CONSTRAINT chat_thread_once UNIQUE NULLS NOT DISTINCT (patient_id, place_id, doctor_id),
    CHECK ((state = 'open') = (closes_at IS NOT NULL)),
    CHECK ((state = 'shut') = (shut_at IS NOT NULL)),
    CHECK (patient_read BETWEEN 0 AND last_seq),
    CHECK (provider_read BETWEEN 0 AND last_seq),
    CHECK (patient_told BETWEEN 0 AND last_seq),
    CHECK (provider_told BETWEEN 0 AND last_seq)
);
CREATE INDEX chat_thread_of_patient ON chat_thread (patient_id, moved_at DESC, id DESC);
CREATE INDEX chat_thread_of_doctor ON chat_thread (doctor_id, moved_at DESC, id DESC) WHERE doctor_id IS NOT NULL;
CREATE INDEX chat_thread_of_place ON chat_thread (place_id, moved_at DESC, id DESC) WHERE doctor_id IS NULL;
CREATE INDEX chat_thread_unread_by_patient ON chat_thread (patient_id) WHERE patient_unread > 0;
CREATE INDEX chat_thread_unread_by_doctor ON chat_thread (doctor_id) WHERE provider_unread > 0;
CREATE INDEX chat_thread_unread_by_place ON chat_thread (place_id) WHERE provider_unread > 0 AND doctor_id IS NULL;

CREATE FUNCTION chat_thread_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'chat_thread_keeps',
        MESSAGE = 'a thread stays whose it is, and what was read stays read';
END $$;
CREATE TRIGGER chat_thread_keeps BEFORE UPDATE ON chat_thread FOR EACH ROW
    WHEN ((NEW.patient_id, NEW.place_id) <> (OLD.patient_id, OLD.place_id) OR NEW.doctor_id IS DISTINCT FROM OLD.doctor_id
          OR NEW.last_seq < OLD.last_seq OR NEW.patient_read < OLD.patient_read OR NEW.provider_read < OLD.provider_read)
    EXECUTE FUNCTION chat_thread_keeps();

CREATE TABLE chat_message (
    id        uuid PRIMARY KEY DEFAULT uuidv7(),
    thread_id uuid NOT NULL REFERENCES chat_thread ON DELETE NO ACTION,
    seq       integer NOT NULL CHECK (seq > 0),    -- without gaps within a thread
    author    text NOT NULL CHECK (author IN ('patient', 'guardian', 'doctor', 'desk')),
    author_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    text      text NOT NULL CHECK (char_length(text) <= 4000),
    files     smallint NOT NULL DEFAULT 0 CHECK (files BETWEEN 0 AND 10),
    at        timestamptz NOT NULL,
    CONSTRAINT chat_message_once UNIQUE (thread_id, seq),
    CHECK (text <> '' OR files > 0)
);
CREATE INDEX chat_message_by_author ON chat_message (author_id);

-- Whatever the code believes: nothing is said in a thread that is not open, and nothing that was said is changed.
CREATE FUNCTION chat_message_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    thread chat_thread;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'chat_message_stands',
            MESSAGE = 'what was said stays said';
    END IF;
    SELECT * INTO thread FROM chat_thread WHERE id = NEW.thread_id;
    IF thread.state <> 'open' OR thread.closes_at <= NEW.at THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'chat_message_while_open',
            MESSAGE = 'this thread is closed';
    END IF;
    IF NEW.seq <> thread.last_seq + 1 OR (NEW.author = 'doctor' AND thread.doctor_id IS NULL)
       OR (NEW.author = 'desk' AND thread.doctor_id IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'chat_message_stands',
            MESSAGE = 'a thread has its messages in a row, of those whose it is';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chat_message_stands BEFORE INSERT OR UPDATE ON chat_message
    FOR EACH ROW EXECUTE FUNCTION chat_message_stands();

-- A thread follows its relationship, whoever renews or ends that: lines, bookings, orders, the patient. The job looks.
CREATE FUNCTION chat_follows_relationship() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job (name, payload, due_at)
    SELECT 'chat.follow', convert_to(json_build_object('thread_id', t.id)::text, 'UTF8'),
           coalesce(greatest(NEW.ended_at, NEW.last_visit_at, NEW.hand_at), now())
      FROM chat_thread t
     WHERE t.patient_id = NEW.patient_id AND t.place_id = NEW.place_id
       AND (t.doctor_id IS NULL OR t.doctor_id = NEW.doctor_id);
    RETURN NULL;
END $$;
CREATE TRIGGER chat_follows_new_relationship AFTER INSERT ON relationship FOR EACH ROW
    WHEN (NEW.state = 'standing') EXECUTE FUNCTION chat_follows_relationship();
CREATE TRIGGER chat_follows_relationship AFTER UPDATE ON relationship FOR EACH ROW
    WHEN (NEW.state <> OLD.state OR NEW.last_visit_at IS DISTINCT FROM OLD.last_visit_at
          OR NEW.expected_until IS DISTINCT FROM OLD.expected_until)
    EXECUTE FUNCTION chat_follows_relationship();
