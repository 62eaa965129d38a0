-- What a saga has done and taken back: its memory, so that whoever comes after a crash knows what is left to do.

CREATE TABLE saga_step (
    saga       text NOT NULL CHECK (saga ~ '^[a-z][a-z_]{0,31}$'),
    subject_id uuid NOT NULL,
    step       text NOT NULL CHECK (step ~ '^[a-z][a-z_]{0,31}$'),
    ref        uuid NOT NULL,                      -- which time: the bill, the part, the payment
    serial     bigint GENERATED ALWAYS AS IDENTITY,
    state      text NOT NULL CHECK (state IN ('taken', 'undoing', 'undone')),
    why        text CHECK (why ~ '^[a-z][a-z_]{0,31}$'),
    taken_at   timestamptz NOT NULL,
    undone_at  timestamptz,
    PRIMARY KEY (saga, subject_id, step, ref),     -- a step is taken once, so it is taken back once
    CHECK ((state = 'taken') = (why IS NULL)),
    CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);
CREATE INDEX saga_step_left ON saga_step (saga, subject_id, serial DESC) WHERE state = 'undoing';

-- Whatever the code believes: a step goes forward only, and what was taken back is not taken back again.
CREATE FUNCTION saga_step_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state = 'undone' OR NEW.state = 'taken'
       OR (to_jsonb(NEW) - 'state' - 'why' - 'undone_at') <> (to_jsonb(OLD) - 'state' - 'why' - 'undone_at') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'saga_step_forward',
            MESSAGE = 'a step of a saga is taken, then undone, each once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER saga_step_forward BEFORE UPDATE OR DELETE ON saga_step FOR EACH ROW EXECUTE FUNCTION saga_step_forward();
