-- A patient asks for medicines or tests; a coordinator answers with bills; the one she confirms becomes orders.

CREATE TABLE request (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id      uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    account_id      uuid NOT NULL REFERENCES account ON DELETE NO ACTION,      -- who asked for her
    kind            text NOT NULL CHECK (kind IN ('medicine', 'test')),
    state           text NOT NULL CHECK (state IN ('created', 'accepted', 'responded', 'confirmed',
                    'partially_fulfilled', 'closed', 'rejected', 'cancelled', 'expired')),
    revision        integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
    fulfilment      text NOT NULL CHECK (fulfilment IN ('home', 'pickup', 'visit')),
    contact_name    text NOT NULL CHECK (char_length(contact_name) BETWEEN 1 AND 120),
    contact_phone   text CHECK (contact_phone ~ '^\+[1-9][0-9]{5,14}$'),
    address         text CHECK (char_length(address) BETWEEN 1 AND 300),
    postal_code     text NOT NULL CHECK (char_length(postal_code) BETWEEN 3 AND 12),
    notes           text CHECK (char_length(notes) BETWEEN 1 AND 4000),
    prescription_id uuid,
    shared          boolean NOT NULL DEFAULT false,      -- her grant: coordinators may see the photos and the prescription
    admin_id        uuid REFERENCES account ON DELETE NO ACTION,
    accepted_at     timestamptz,
    reader_place_id uuid REFERENCES place ON DELETE NO ACTION,     -- whose pharmacists read the photos into lines
    read_by         uuid REFERENCES account ON DELETE NO ACTION,
    read_at         timestamptz,
    bill_id         uuid,                                -- the one that stands, or was confirmed
    payment_mode    text CHECK (payment_mode IN ('online', 'counter', 'free')),
    chosen_by       uuid REFERENCES account ON DELETE NO ACTION,   -- who confirmed for her
    chosen_at       timestamptz,
    confirmed_at    timestamptz,
    payment_id      uuid CONSTRAINT request_payment_once UNIQUE,
    paid_at         timestamptz,
    reason          text CHECK (char_length(reason) BETWEEN 1 AND 300),
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    CHECK (state NOT IN ('accepted', 'responded', 'confirmed', 'partially_fulfilled', 'closed', 'expired')
           OR (admin_id IS NOT NULL AND accepted_at IS NOT NULL)),
    CHECK (state NOT IN ('responded', 'confirmed', 'partially_fulfilled', 'closed') OR bill_id IS NOT NULL),
    CHECK (state NOT IN ('created', 'accepted') OR bill_id IS NULL),
    CHECK (state NOT IN ('confirmed', 'partially_fulfilled', 'closed')
           OR (confirmed_at IS NOT NULL AND payment_mode IS NOT NULL)),
    CHECK (confirmed_at IS NULL OR state NOT IN ('created', 'accepted', 'responded', 'rejected', 'expired')),
    CHECK (num_nonnulls(payment_mode, chosen_by, chosen_at) IN (0, 3)),
    CHECK (num_nonnulls(read_by, read_at) IN (0, 2)),
    CHECK ((payment_id IS NULL) = (paid_at IS NULL)),
    CHECK (fulfilment <> 'home' OR address IS NOT NULL)
);
CREATE INDEX request_of_patient ON request (patient_id, id);
CREATE INDEX request_open ON request (state, id) WHERE state IN ('created', 'accepted', 'responded');
CREATE INDEX request_of_admin ON request (admin_id, id) WHERE admin_id IS NOT NULL;
CREATE INDEX request_of_reader ON request (reader_place_id, id) WHERE reader_place_id IS NOT NULL;

-- What is asked for: by the patient's side, or read from her photo by a pharmacist.
CREATE TABLE request_line (
    id                   uuid PRIMARY KEY DEFAULT uuidv7(),
    request_id           uuid NOT NULL REFERENCES request ON DELETE NO ACTION,
    n                    integer NOT NULL CHECK (n BETWEEN 1 AND 100),
    name                 text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    quantity             integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    note                 text CHECK (char_length(note) BETWEEN 1 AND 300),
    prescription_line_id uuid,
    source               text NOT NULL CHECK (source IN ('asked', 'read')),
    CONSTRAINT request_line_once UNIQUE (request_id, n)
);

-- One row for each step: who did what when. The photos' ids stay in `media`.
CREATE TABLE request_step (
    request_id uuid NOT NULL REFERENCES request ON DELETE NO ACTION,
    revision   integer NOT NULL,
    move       text NOT NULL CHECK (move ~ '^[a-z_]{1,32}$'),
    state      text NOT NULL,
    actor_id   uuid REFERENCES account ON DELETE NO ACTION,        -- null: by itself
    reason     text CHECK (char_length(reason) BETWEEN 1 AND 300),
    at         timestamptz NOT NULL,
    PRIMARY KEY (request_id, revision)
);

CREATE TABLE bill (
    id                   uuid PRIMARY KEY DEFAULT uuidv7(),
    request_id           uuid NOT NULL REFERENCES request ON DELETE NO ACTION,
    version              integer NOT NULL CHECK (version BETWEEN 1 AND 100),
    state                text NOT NULL CHECK (state IN ('open', 'superseded', 'withdrawn', 'expired', 'dropped', 'confirmed')),
    currency             text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total                bigint NOT NULL CHECK (total BETWEEN 0 AND 1000000000),
    message              text CHECK (char_length(message) BETWEEN 1 AND 4000),
    valid_until          timestamptz NOT NULL,
    made_by              uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    made_at              timestamptz NOT NULL,
    substitutes          boolean NOT NULL,               -- something on it replaces what was asked for
    substitutes_accepted boolean NOT NULL DEFAULT false,
    confirmed_at         timestamptz,
    CONSTRAINT bill_version_once UNIQUE (request_id, version),
    CHECK (valid_until > made_at AND valid_until <= made_at + interval '7 days'),
    CHECK ((state = 'confirmed') = (confirmed_at IS NOT NULL)),
    -- An expired bill is never confirmed, whatever the code believes.
    CONSTRAINT bill_in_time CHECK (confirmed_at >= made_at AND confirmed_at < valid_until),
    CONSTRAINT bill_with_consent CHECK (state <> 'confirmed' OR NOT substitutes OR substitutes_accepted)
);
CREATE UNIQUE INDEX bill_one_stands ON bill (request_id) WHERE state IN ('open', 'confirmed');
ALTER TABLE request ADD CONSTRAINT request_bill FOREIGN KEY (bill_id) REFERENCES bill ON DELETE NO ACTION;

-- What one provider would do for it. `ref` is what its hold of stock is about, and its order's.
CREATE TABLE bill_part (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    bill_id      uuid NOT NULL REFERENCES bill ON DELETE NO ACTION,
    n            integer NOT NULL CHECK (n BETWEEN 1 AND 10),
    place_id     uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    delivery_fee bigint NOT NULL CHECK (delivery_fee BETWEEN 0 AND 1000000000),
    hold_id      uuid,
    order_id     uuid CONSTRAINT bill_part_order_once UNIQUE,
    CONSTRAINT bill_part_once UNIQUE (bill_id, place_id)
);
CREATE INDEX bill_part_at ON bill_part (place_id, bill_id);

CREATE TABLE bill_line (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    part_id         uuid NOT NULL REFERENCES bill_part ON DELETE NO ACTION,
    n               integer NOT NULL CHECK (n BETWEEN 1 AND 100),
    request_line_id uuid REFERENCES request_line ON DELETE NO ACTION,
    item_id         uuid,                                -- the article or test of the provider's catalogue
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    schedule        text,                                -- of a medicine, as it was when quoted
    quantity        integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    unit_price      bigint NOT NULL CHECK (unit_price BETWEEN 0 AND 1000000000),
    price_reason    text CHECK (char_length(price_reason) BETWEEN 1 AND 300),   -- why it is not the catalogue's
    replaces        text CHECK (char_length(replaces) BETWEEN 1 AND 120),
    CONSTRAINT bill_line_once UNIQUE (part_id, n),
    CHECK (item_id IS NOT NULL OR price_reason IS NOT NULL)
);

-- A bill is a promise: what it says is never changed, and its total is the sum of what it says.
CREATE FUNCTION bill_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - TG_ARGV[0] - TG_ARGV[1] - TG_ARGV[2])
                        <> (to_jsonb(OLD) - TG_ARGV[0] - TG_ARGV[1] - TG_ARGV[2]) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_stays',
            MESSAGE = 'a bill is not changed; respond with another one';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bill_stays BEFORE UPDATE OR DELETE ON bill FOR EACH ROW
    EXECUTE FUNCTION bill_stays('state', 'substitutes_accepted', 'confirmed_at');
CREATE TRIGGER bill_part_stays BEFORE UPDATE OR DELETE ON bill_part FOR EACH ROW
    EXECUTE FUNCTION bill_stays('hold_id', 'order_id', '');
CREATE TRIGGER bill_line_stays BEFORE UPDATE OR DELETE ON bill_line FOR EACH ROW EXECUTE FUNCTION bill_stays('', '', '');

CREATE FUNCTION bill_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sum_of bigint;
BEGIN
    SELECT coalesce(sum(p.delivery_fee + (SELECT coalesce(sum(l.quantity * l.unit_price), 0)
                                            FROM bill_line l WHERE l.part_id = p.id)), 0)
      INTO sum_of FROM bill_part p WHERE p.bill_id = NEW.id;
    IF sum_of <> NEW.total OR NOT EXISTS (SELECT FROM bill_part p WHERE p.bill_id = NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_adds_up',
            MESSAGE = format('a bill over %s adds up to %s', NEW.total, sum_of);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bill_adds_up AFTER INSERT ON bill DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bill_adds_up();

-- A request is confirmed by a bill of its own that was confirmed in time.
CREATE FUNCTION request_by_its_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bill b WHERE b.id = NEW.bill_id AND b.request_id = NEW.id
                      AND b.state = CASE WHEN NEW.state = 'responded' THEN 'open' ELSE 'confirmed' END
                      AND b.confirmed_at IS NOT DISTINCT FROM NEW.confirmed_at) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'request_by_its_bill',
            MESSAGE = 'a request is answered and confirmed by a bill of its own';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER request_by_its_bill AFTER INSERT OR UPDATE OF state, bill_id, confirmed_at ON request
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state IN ('responded', 'confirmed', 'partially_fulfilled', 'closed'))
    EXECUTE FUNCTION request_by_its_bill();
