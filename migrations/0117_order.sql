-- What one pharmacy or laboratory is to deliver, and every step on the way to the handover.

-- Eight digits that people can read to each other: each once, and none tells how many there were before.
CREATE SEQUENCE order_number;
CREATE FUNCTION order_number() RETURNS text VOLATILE LANGUAGE sql AS $$
    SELECT to_char((nextval('order_number') * 73687871 + 26535897) % 100000000, 'FM0000"-"0000')
$$;

CREATE TABLE orders (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    number          text NOT NULL DEFAULT order_number() CONSTRAINT orders_number_once UNIQUE
                    CHECK (number ~ '^[0-9]{4}-[0-9]{4}$'),
    patient_id      uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    account_id      uuid NOT NULL REFERENCES account ON DELETE NO ACTION,      -- who ordered for her
    place_id        uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    kind            text NOT NULL CHECK (kind IN ('pharmacy', 'laboratory')),
    source          text NOT NULL CHECK (source IN ('direct', 'request')),
    request_id      uuid REFERENCES request ON DELETE NO ACTION,
    prescription_id uuid,
    state           text NOT NULL CHECK (state IN ('created', 'confirmed', 'preparing', 'ready', 'out_for_delivery',
                    'failed', 'delivered', 'collected', 'returned', 'expired', 'sample_scheduled', 'missed',
                    'sample_collected', 'sample_rejected', 'processing', 'report_ready', 'completed', 'rejected',
                    'cancelled')),
    revision        integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
    fulfilment      text NOT NULL CHECK (fulfilment IN ('home', 'pickup', 'visit')),
    contact_name    text NOT NULL CHECK (char_length(contact_name) BETWEEN 1 AND 120),
    contact_phone   text CHECK (contact_phone ~ '^\+[1-9][0-9]{5,14}$'),
    address         text CHECK (char_length(address) BETWEEN 1 AND 300),
    postal_code     text NOT NULL CHECK (char_length(postal_code) BETWEEN 3 AND 12),
    notes           text CHECK (char_length(notes) BETWEEN 1 AND 300),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    delivery_fee    bigint NOT NULL CHECK (delivery_fee BETWEEN 0 AND 1000000000),
    payment_mode    text NOT NULL CHECK (payment_mode IN ('online', 'counter', 'free')),
    pay_by          timestamptz,                         -- a direct order that is paid online waits so long for it
    payment_id      uuid,
    paid            bigint CHECK (paid BETWEEN 0 AND 1000000000),
    paid_at         timestamptz,
    refunded        bigint NOT NULL DEFAULT 0,           -- a trigger counts it, out of order_refund
    hold_id         uuid,                                -- of the pharmacy's stock
    offered_at      timestamptz,                         -- since when the provider knows of it
    offers          smallint NOT NULL DEFAULT 0 CHECK (offers BETWEEN 0 AND 20),
    accept_by       timestamptz,
    alarmed_at      timestamptz,
    code_round      smallint NOT NULL DEFAULT 0 CHECK (code_round >= 0),
    code_tries      smallint NOT NULL DEFAULT 0 CONSTRAINT orders_code_tries CHECK (code_tries BETWEEN 0 AND 5),
    ended_at        timestamptz,
    reason          text CHECK (char_length(reason) BETWEEN 1 AND 300),
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    CHECK ((source = 'request') = (request_id IS NOT NULL)),
    CHECK (num_nonnulls(payment_id, paid, paid_at) IN (0, 3)),
    -- Nobody gets more back than was paid, however often it is tried.
    CONSTRAINT orders_refund_within CHECK (refunded BETWEEN 0 AND coalesce(paid, 0)),
    CONSTRAINT orders_refund_after_payment CHECK (refunded = 0 OR paid IS NOT NULL),
    CHECK (num_nonnulls(offered_at, accept_by) IN (0, 2)),
    CHECK ((offers = 0) = (offered_at IS NULL)),
    CHECK (state IN ('created', 'cancelled') OR offered_at IS NOT NULL),
    CHECK (payment_mode <> 'online' OR paid IS NOT NULL OR state IN ('created', 'cancelled')),
    CHECK (fulfilment <> 'home' OR address IS NOT NULL),
    CHECK ((kind = 'pharmacy' AND fulfilment <> 'visit'
            AND state NOT IN ('sample_scheduled', 'missed', 'sample_collected', 'sample_rejected', 'processing', 'report_ready'))
        OR (kind = 'laboratory' AND fulfilment <> 'pickup' AND hold_id IS NULL
            AND state NOT IN ('preparing', 'ready', 'out_for_delivery', 'failed', 'delivered', 'collected', 'returned', 'expired'))),
    CONSTRAINT orders_ended CHECK (CASE
        WHEN state IN ('cancelled', 'returned', 'expired', 'delivered', 'collected', 'report_ready', 'completed') THEN ended_at IS NOT NULL
        WHEN state = 'rejected' THEN true ELSE ended_at IS NULL END)
);
CREATE INDEX orders_of_patient ON orders (patient_id, id);
CREATE INDEX orders_at_place ON orders (place_id, id);
CREATE INDEX orders_open_at_place ON orders (place_id, id) WHERE ended_at IS NULL;
CREATE INDEX orders_of_request ON orders (request_id) WHERE request_id IS NOT NULL;
ALTER TABLE bill_part ADD CONSTRAINT bill_part_order FOREIGN KEY (order_id) REFERENCES orders ON DELETE NO ACTION;

CREATE TABLE order_line (
    id                   uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id             uuid NOT NULL REFERENCES orders ON DELETE NO ACTION,
    n                    integer NOT NULL CHECK (n BETWEEN 1 AND 100),
    item_id              uuid,
    name                 text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    schedule             text CHECK (schedule IN ('otc', 'h', 'h1')),      -- x and narcotics are never ordered here
    quantity             integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    cancelled            integer NOT NULL DEFAULT 0,
    unit_price           bigint NOT NULL CHECK (unit_price BETWEEN 0 AND 1000000000),
    replaces             text CHECK (char_length(replaces) BETWEEN 1 AND 120),
    prescription_line_id uuid,
    lab_test_id          uuid,
    CONSTRAINT order_line_once UNIQUE (order_id, n),
    CONSTRAINT order_line_cancelled CHECK (cancelled BETWEEN 0 AND quantity)
);

CREATE TABLE order_step (
    order_id uuid NOT NULL REFERENCES orders ON DELETE NO ACTION,
    revision integer NOT NULL,
    move     text NOT NULL CHECK (move ~ '^[a-z_]{1,32}$'),
    state    text NOT NULL,
    place_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    actor_id uuid REFERENCES account ON DELETE NO ACTION,            -- null: by itself
    reason   text CHECK (char_length(reason) BETWEEN 1 AND 300),
    at       timestamptz NOT NULL,
    PRIMARY KEY (order_id, revision)
);

-- What goes back to who paid. `ref` is what it is for: a payment, or a cut of a line; each gives one refund.
CREATE TABLE order_refund (
    id       uuid PRIMARY KEY DEFAULT uuidv7(),
    order_id uuid NOT NULL REFERENCES orders ON DELETE NO ACTION,
    ref      uuid NOT NULL,
    amount   bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000),
    reason   text NOT NULL CHECK (reason ~ '^[a-z_]{1,32}$'),
    made_at  timestamptz NOT NULL,
    CONSTRAINT order_refund_once UNIQUE (order_id, ref)
);
CREATE FUNCTION order_refund_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'order_refund_stays',
            MESSAGE = 'a refund stays as it was made';
    END IF;
    UPDATE orders SET refunded = refunded + NEW.amount WHERE id = NEW.order_id;
    RETURN NEW;
END $$;
CREATE TRIGGER order_refund_counts BEFORE INSERT OR UPDATE OR DELETE ON order_refund
    FOR EACH ROW EXECUTE FUNCTION order_refund_counts();
CREATE FUNCTION orders_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.refunded <> OLD.refunded AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_refunded_by_refunds',
            MESSAGE = 'what was refunded is counted, not written';
    END IF;
    IF (NEW.number, NEW.patient_id, NEW.account_id, NEW.kind, NEW.source, NEW.currency, NEW.created_at)
       IS DISTINCT FROM (OLD.number, OLD.patient_id, OLD.account_id, OLD.kind, OLD.source, OLD.currency, OLD.created_at)
       OR (OLD.payment_id IS NOT NULL AND (NEW.payment_id, NEW.paid, NEW.paid_at)
           IS DISTINCT FROM (OLD.payment_id, OLD.paid, OLD.paid_at)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_stay',
            MESSAGE = 'whose an order is, and what was paid for it, does not change';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_stay BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_stay();
