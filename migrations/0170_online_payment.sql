-- Money that is to come, or came, by a payment gateway: a row for each attempt. Told once to the thing it is for; what the
-- thing does not take, or gives back later, goes back through the gateway, each refund a row.

CREATE TABLE online_payment (
    id                uuid PRIMARY KEY,                     -- names the intent at the gateway
    about_noun        text NOT NULL CHECK (about_noun = ANY (ARRAY['appointment', 'order'])),
    about_id          uuid NOT NULL,
    patient_id        uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    payer_id          uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    amount            bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000),  -- asked for, in minor units
    currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    gateway           text NOT NULL CHECK (gateway = ANY (ARRAY['house', 'stripe'])),
    state             text NOT NULL CHECK (state = ANY (ARRAY['pending', 'processing', 'completed', 'failed', 'cancelled',
                                                              'partially_refunded', 'refunded'])),
    created_at        timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL CHECK (expires_at > created_at),
    intent            text CHECK (char_length(intent) BETWEEN 1 AND 255),       -- what the gateway calls it
    checkout          bytea,                                -- sealed: what her app pays with; gone when it is over
    heard_at          timestamptz,                          -- by the gateway's clock: of when the last word was
    problem           text CHECK (problem ~ '^[a-z0-9_]{1,40}$'),
    received          bigint CHECK (received BETWEEN 1 AND 1000000000000),      -- what came
    received_currency text CHECK (received_currency ~ '^[A-Z]{3}$'),
    completed_at      timestamptz,
    refund_reason     text CHECK (refund_reason = ANY (ARRAY['expired', 'cancelled', 'over', 'paid_already', 'wrong_amount'])),
    refunded          bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND coalesce(received, 0)),
    CONSTRAINT online_payment_paid_whole CHECK (
        num_nonnulls(received, received_currency, completed_at, intent)
            = CASE WHEN state IN ('completed', 'partially_refunded', 'refunded') THEN 4 ELSE num_nonnulls(intent) END),
    CONSTRAINT online_payment_refunded CHECK (
        CASE state WHEN 'refunded' THEN refunded = received WHEN 'partially_refunded' THEN refunded > 0 AND refunded < received
                   ELSE refunded = 0 END),
    CONSTRAINT online_payment_refused CHECK (refund_reason IS NULL OR received IS NOT NULL),
    CONSTRAINT online_payment_checkout CHECK (checkout IS NULL OR (intent IS NOT NULL AND state IN ('pending', 'processing', 'failed')))
);
CREATE UNIQUE INDEX online_payment_intent ON online_payment (gateway, intent);
CREATE UNIQUE INDEX online_payment_open ON online_payment (about_noun, about_id) WHERE state IN ('pending', 'processing');
CREATE INDEX online_payment_about ON online_payment (about_noun, about_id);
CREATE INDEX online_payment_payer ON online_payment (payer_id, id);
CREATE INDEX online_payment_patient ON online_payment (patient_id, id);

-- What was asked for stays; an intent is named once; money that came stays, and no state is walked backwards.
CREATE FUNCTION online_payment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['state', 'intent', 'checkout', 'heard_at', 'problem', 'received', 'received_currency',
                           'completed_at', 'refund_reason', 'refunded'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
       AND (OLD.intent IS NULL OR NEW.intent IS NOT DISTINCT FROM OLD.intent)
       AND (OLD.received IS NULL OR (NEW.received, NEW.received_currency, NEW.completed_at, NEW.refund_reason)
            IS NOT DISTINCT FROM (OLD.received, OLD.received_currency, OLD.completed_at, OLD.refund_reason))
       AND (NEW.state = OLD.state OR NEW.state = ANY (CASE
                WHEN OLD.state = 'pending' THEN ARRAY['processing', 'completed', 'failed', 'cancelled']
                WHEN OLD.state = 'processing' THEN ARRAY['completed', 'failed', 'cancelled']
                WHEN OLD.state = 'failed' THEN ARRAY['pending', 'processing', 'completed', 'cancelled']
                WHEN OLD.state = 'cancelled' THEN ARRAY['completed']
                ELSE ARRAY['completed', 'partially_refunded', 'refunded'] END)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'online_payment_stays',
        MESSAGE = 'what was asked for and what came stays, and no state is walked backwards';
END $$;
CREATE TRIGGER online_payment_stays BEFORE UPDATE OR DELETE ON online_payment
    FOR EACH ROW EXECUTE FUNCTION online_payment_stays();

CREATE TABLE gateway_refund (
    id         uuid PRIMARY KEY,                            -- names it at the gateway, too
    payment_id uuid NOT NULL REFERENCES online_payment ON DELETE NO ACTION,
    amount     bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000),
    reason     text NOT NULL CHECK (reason ~ '^[a-z_]{1,32}$'),
    due_at     timestamptz NOT NULL,
    state      text NOT NULL CHECK (state = ANY (ARRAY['due', 'sent', 'failed'])),
    ref        text CHECK (char_length(ref) BETWEEN 1 AND 255),                 -- what the gateway calls it
    sent_at    timestamptz,
    CONSTRAINT gateway_refund_sent_whole CHECK (num_nonnulls(ref, sent_at) = CASE state WHEN 'due' THEN 0 ELSE 2 END)
);
CREATE INDEX gateway_refund_payment ON gateway_refund (payment_id);

-- Of one payment never more goes back than came; what was sent stays sent, or comes back from her bank.
CREATE FUNCTION gateway_refund_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid online_payment;
    moving text[] := ARRAY['state', 'ref', 'sent_at'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT * INTO paid FROM online_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
        IF NEW.state = 'due' AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM gateway_refund WHERE payment_id = NEW.payment_id)
               <= coalesce(paid.received, 0) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'gateway_refund_within',
            MESSAGE = 'what goes back has come, and is not more';
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
          AND (OLD.ref IS NULL OR NEW.ref = OLD.ref)
          AND (OLD.state, NEW.state) IN (('due', 'sent'), ('due', 'failed'), ('sent', 'failed')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'gateway_refund_stays',
        MESSAGE = 'a refund stays as it was made, and is sent once';
END $$;
CREATE TRIGGER gateway_refund_stays BEFORE INSERT OR UPDATE OR DELETE ON gateway_refund
    FOR EACH ROW EXECUTE FUNCTION gateway_refund_stays();
