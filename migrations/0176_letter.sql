-- Each text message that left: what the gateway calls it and how far it came. Neither to whom it went nor what it says.

CREATE TABLE letter (
    id         uuid PRIMARY KEY,                   -- of the job that sent it
    channel    text NOT NULL CHECK (channel IN ('sms')),
    kind       text,                               -- the job's name
    ref        text CHECK (char_length(ref) BETWEEN 1 AND 64),  -- the gateway's name for it, once we know it
    state      text NOT NULL CHECK (state IN
                   ('leaving', 'accepted', 'sent', 'failed', 'undelivered', 'delivered', 'read')),
    problem    integer,                            -- the gateway's number for why it did not arrive
    at         timestamptz NOT NULL,               -- real time: when it left
    failed_at  timestamptz,                        -- product time: when we first heard that it did not arrive
    CONSTRAINT letter_failed CHECK (failed_at IS NOT NULL OR state NOT IN ('failed', 'undelivered'))
);
CREATE INDEX letter_ref ON letter (ref);
CREATE INDEX letter_failed ON letter (channel, failed_at DESC, id DESC) WHERE failed_at IS NOT NULL;
CREATE INDEX letter_at ON letter (at);

-- Reports come in any order and again: a letter only ever goes on, in the order of the list above.
CREATE FUNCTION letter_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    steps constant text[] := ARRAY['leaving', 'accepted', 'sent', 'failed', 'undelivered', 'delivered', 'read'];
BEGIN
    IF array_position(steps, NEW.state) < array_position(steps, OLD.state) THEN
        RAISE EXCEPTION 'a letter goes on and never back' USING ERRCODE = 'check_violation', CONSTRAINT = 'letter_goes_on';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER letter_goes_on BEFORE UPDATE OF state ON letter FOR EACH ROW EXECUTE FUNCTION letter_goes_on();
