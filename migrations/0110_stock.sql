-- What a pharmacy sells, what of it stands on its shelves, and what is kept back for whom.
--
-- Three counters say it: of a batch and of its article, `physical` is what is there and `held` what is promised. Triggers
-- keep them, out of movements and holds, and nobody else may; a CHECK on each says that no more is promised than is
-- there. So two buyers of the last one cannot both have it, whoever forgets to lock.

CREATE TABLE medicine (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    pharmacy_id      uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    name             text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    generic          text CHECK (char_length(generic) BETWEEN 1 AND 120),
    brand            text CHECK (char_length(brand) BETWEEN 1 AND 120),
    form             text NOT NULL CHECK (form IN ('tablet', 'capsule', 'syrup', 'suspension', 'drops', 'injection',
                         'cream', 'ointment', 'gel', 'inhaler', 'patch', 'powder', 'suppository', 'spray', 'device', 'other')),
    strength         text CHECK (char_length(strength) BETWEEN 1 AND 64),
    pack_size        integer NOT NULL DEFAULT 1 CHECK (pack_size BETWEEN 1 AND 10000),   -- pieces in one pack
    amount           bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000),            -- of one pack, minor units
    currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    tax_basis_points integer NOT NULL DEFAULT 0 CHECK (tax_basis_points BETWEEN 0 AND 10000),
    schedule         text NOT NULL CHECK (schedule IN ('otc', 'h', 'h1', 'x', 'narcotic')),
    barcode          text CHECK (barcode ~ '^[0-9A-Za-z-]{4,32}$'),
    is_available     boolean NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL,
    closed_at        timestamptz,
    folded           text,                         -- the words it is found by; a trigger keeps them, and the next
    folded_more      text,
    UNIQUE (id, pharmacy_id)
);
CREATE UNIQUE INDEX medicine_barcode_once ON medicine (pharmacy_id, barcode) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX medicine_once ON medicine (pharmacy_id, lower(name), form, strength, pack_size) NULLS NOT DISTINCT
    WHERE closed_at IS NULL;
CREATE INDEX medicine_by_name ON medicine (lower(name), id) WHERE closed_at IS NULL;
CREATE INDEX medicine_of_pharmacy ON medicine (pharmacy_id, lower(name), id) WHERE closed_at IS NULL;
CREATE INDEX medicine_by_generic ON medicine (pharmacy_id, lower(generic)) WHERE closed_at IS NULL;

CREATE FUNCTION medicine_vector(folded text, folded_more text) RETURNS tsvector IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN search_vector(folded, folded_more, '', '');
CREATE INDEX medicine_words ON medicine USING gin (medicine_vector(folded, folded_more)) WHERE closed_at IS NULL;

CREATE FUNCTION fold_medicine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM place WHERE id = NEW.pharmacy_id AND kind = 'pharmacy') THEN
        RAISE EXCEPTION 'only a pharmacy has medicines' USING ERRCODE = 'foreign_key_violation';
    END IF;
    NEW.folded := search_names(concat_ws(' ', NEW.name, NEW.brand));
    NEW.folded_more := search_fold(concat_ws(' ', NEW.generic, NEW.strength));
    RETURN NEW;
END $$;
CREATE TRIGGER medicine_folds BEFORE INSERT OR UPDATE OF name, brand, generic, strength ON medicine
    FOR EACH ROW EXECUTE FUNCTION fold_medicine();

CREATE FUNCTION medicine_words_are_learned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_learn('medicine', ARRAY(SELECT DISTINCT medicine_vector(folded, folded_more) FROM changed));
    RETURN NULL;
END $$;
CREATE TRIGGER medicine_made AFTER INSERT ON medicine
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION medicine_words_are_learned();
CREATE TRIGGER medicine_renamed AFTER UPDATE ON medicine
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION medicine_words_are_learned();

-- One row per article: the root that a change of its stock locks. `low_at`: at so many or fewer its people are told.
CREATE TABLE stock (
    medicine_id uuid PRIMARY KEY,
    pharmacy_id uuid NOT NULL,
    physical    integer NOT NULL DEFAULT 0,
    held        integer NOT NULL DEFAULT 0,
    low_at      integer CHECK (low_at BETWEEN 0 AND 1000000),
    low         boolean NOT NULL GENERATED ALWAYS AS (low_at IS NOT NULL AND physical <= low_at) STORED,
    FOREIGN KEY (medicine_id, pharmacy_id) REFERENCES medicine (id, pharmacy_id) ON DELETE NO ACTION,
    CONSTRAINT stock_holds_what_is_there CHECK (held >= 0 AND held <= physical)
);
CREATE INDEX stock_of_pharmacy ON stock (pharmacy_id, medicine_id);

CREATE FUNCTION stock_for_medicine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock (medicine_id, pharmacy_id) SELECT id, pharmacy_id FROM changed;
    RETURN NULL;
END $$;
CREATE TRIGGER medicine_has_stock AFTER INSERT ON medicine
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_for_medicine();

CREATE TABLE stock_batch (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    medicine_id   uuid NOT NULL,
    pharmacy_id   uuid NOT NULL,
    number        text NOT NULL CHECK (char_length(number) BETWEEN 1 AND 40),
    expires_on    date NOT NULL,                   -- the last day on which it may be sold, on the place's calendar
    cost          bigint CHECK (cost BETWEEN 0 AND 1000000000),      -- of one pack, in the article's currency
    received_at   timestamptz NOT NULL,
    physical      integer NOT NULL DEFAULT 0,
    held          integer NOT NULL DEFAULT 0,
    FOREIGN KEY (medicine_id, pharmacy_id) REFERENCES medicine (id, pharmacy_id) ON DELETE NO ACTION,
    UNIQUE (id, medicine_id),
    CONSTRAINT stock_batch_once UNIQUE (medicine_id, number),
    CONSTRAINT stock_batch_holds_what_is_there CHECK (held >= 0 AND held <= physical)
);
CREATE INDEX stock_batch_by_expiry ON stock_batch (medicine_id, expires_on, received_at, id) WHERE physical > 0;
CREATE INDEX stock_batch_expiring ON stock_batch (expires_on) WHERE physical > 0;
CREATE INDEX stock_batch_of_pharmacy ON stock_batch (pharmacy_id, expires_on, id);

-- Kept for somebody until a moment. Past it, it is worth nothing, also when nobody has cleared it away yet.
CREATE TABLE stock_hold (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    pharmacy_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    about_id    uuid NOT NULL,                     -- what it is for: an order, a bill
    until       timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'sold', 'released', 'expired')),
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    UNIQUE (id, pharmacy_id),
    CONSTRAINT stock_hold_until_later CHECK (until > created_at),
    CONSTRAINT stock_hold_ended CHECK ((state = 'held') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX stock_hold_once ON stock_hold (pharmacy_id, about_id) WHERE state = 'held';
CREATE INDEX stock_hold_due ON stock_hold (until) WHERE state = 'held';

-- What of a hold is of which batch. `freed` before its hold ended: its time was over and somebody else took it.
CREATE TABLE stock_hold_part (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    hold_id     uuid NOT NULL,
    batch_id    uuid NOT NULL,
    medicine_id uuid NOT NULL,
    pharmacy_id uuid NOT NULL,
    quantity    integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    state       text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'sold', 'freed')),
    sold        integer NOT NULL DEFAULT 0,
    returned    integer NOT NULL DEFAULT 0,
    UNIQUE (id, batch_id),
    FOREIGN KEY (hold_id, pharmacy_id) REFERENCES stock_hold (id, pharmacy_id) ON DELETE NO ACTION,
    FOREIGN KEY (batch_id, medicine_id) REFERENCES stock_batch (id, medicine_id) ON DELETE NO ACTION,
    FOREIGN KEY (medicine_id, pharmacy_id) REFERENCES medicine (id, pharmacy_id) ON DELETE NO ACTION,
    CONSTRAINT stock_hold_part_sold CHECK (sold BETWEEN 0 AND quantity AND (state = 'sold') = (sold > 0)),
    CONSTRAINT stock_hold_part_returned CHECK (returned BETWEEN 0 AND sold)
);
CREATE INDEX stock_hold_part_of_hold ON stock_hold_part (hold_id);
CREATE INDEX stock_hold_part_of_batch ON stock_hold_part (batch_id) WHERE state = 'held';
CREATE INDEX stock_hold_part_of_medicine ON stock_hold_part (medicine_id) WHERE state = 'held';

CREATE TABLE stock_movement (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    pharmacy_id uuid NOT NULL,
    medicine_id uuid NOT NULL,
    batch_id    uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('receive', 'sell', 'return', 'expire', 'adjust')),
    quantity    integer NOT NULL CHECK (quantity <> 0 AND quantity BETWEEN -1000000 AND 1000000),
    balance     integer NOT NULL,                  -- of the batch, after it; the trigger writes it
    reason      text CHECK (reason IN ('counted', 'damaged', 'lost', 'recalled', 'sent_back', 'unfit')),
    part_id     uuid,                              -- of the hold it was sold or came back by
    by_account  uuid REFERENCES account ON DELETE NO ACTION,         -- null: time did it, or a buyer
    at          timestamptz NOT NULL,
    FOREIGN KEY (batch_id, medicine_id) REFERENCES stock_batch (id, medicine_id) ON DELETE NO ACTION,
    FOREIGN KEY (medicine_id, pharmacy_id) REFERENCES medicine (id, pharmacy_id) ON DELETE NO ACTION,
    FOREIGN KEY (part_id, batch_id) REFERENCES stock_hold_part (id, batch_id) ON DELETE NO ACTION,
    CONSTRAINT stock_movement_reason CHECK ((kind = 'adjust') = (reason IS NOT NULL)),
    CONSTRAINT stock_movement_part CHECK ((kind IN ('sell', 'return')) = (part_id IS NOT NULL)),
    CONSTRAINT stock_movement_sign CHECK (CASE kind WHEN 'receive' THEN quantity > 0 WHEN 'return' THEN quantity > 0
        WHEN 'sell' THEN quantity < 0 WHEN 'expire' THEN quantity < 0
        ELSE reason = 'counted' OR quantity < 0 END)
);
CREATE UNIQUE INDEX stock_movement_sold_once ON stock_movement (part_id) WHERE kind = 'sell';
CREATE INDEX stock_movement_of_pharmacy ON stock_movement (pharmacy_id, id DESC);
CREATE INDEX stock_movement_of_medicine ON stock_movement (medicine_id, id DESC);
CREATE INDEX stock_movement_of_batch ON stock_movement (batch_id, id DESC);

CREATE FUNCTION stock_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stock SET physical = physical + NEW.quantity WHERE medicine_id = NEW.medicine_id;
    UPDATE stock_batch SET physical = physical + NEW.quantity WHERE id = NEW.batch_id RETURNING physical INTO NEW.balance;
    IF NEW.kind = 'sell' AND (NEW.at AT TIME ZONE (SELECT zone FROM place WHERE id = NEW.pharmacy_id))::date
        > (SELECT expires_on FROM stock_batch WHERE id = NEW.batch_id) THEN
        RAISE EXCEPTION 'an expired batch is not sold' USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movement_expired';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_movement_counts BEFORE INSERT ON stock_movement FOR EACH ROW EXECUTE FUNCTION stock_moves();

CREATE FUNCTION stock_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    more integer := CASE WHEN NEW.state = 'held' THEN NEW.quantity ELSE 0 END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.state <> 'held' AND NEW.state <> OLD.state
           OR (OLD.hold_id, OLD.batch_id, OLD.quantity) <> (NEW.hold_id, NEW.batch_id, NEW.quantity) THEN
            RAISE EXCEPTION 'a part of a hold ends once, as it began' USING ERRCODE = 'restrict_violation';
        END IF;
        more := more - CASE WHEN OLD.state = 'held' THEN OLD.quantity ELSE 0 END;
    END IF;
    IF more <> 0 THEN
        UPDATE stock SET held = held + more WHERE medicine_id = NEW.medicine_id;
        UPDATE stock_batch SET held = held + more WHERE id = NEW.batch_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_hold_part_counts AFTER INSERT OR UPDATE ON stock_hold_part
    FOR EACH ROW EXECUTE FUNCTION stock_is_held();

-- What happened stays as it happened.
CREATE FUNCTION stock_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stock_movement_stands BEFORE UPDATE OR DELETE ON stock_movement FOR EACH ROW EXECUTE FUNCTION stock_stands();
CREATE TRIGGER stock_movement_not_emptied BEFORE TRUNCATE ON stock_movement EXECUTE FUNCTION stock_stands();
CREATE TRIGGER stock_hold_part_stays BEFORE DELETE ON stock_hold_part FOR EACH ROW EXECUTE FUNCTION stock_stands();
CREATE TRIGGER stock_hold_ends_once BEFORE UPDATE ON stock_hold
    FOR EACH ROW WHEN (OLD.state <> 'held') EXECUTE FUNCTION stock_stands();

-- Counters follow movements and holds; by hand nobody sets them.
CREATE FUNCTION stock_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'stock changes by movements and holds only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_by_movements BEFORE UPDATE OF physical, held ON stock
    FOR EACH ROW EXECUTE FUNCTION stock_is_counted();
CREATE TRIGGER stock_batch_by_movements BEFORE UPDATE OF physical, held ON stock_batch
    FOR EACH ROW EXECUTE FUNCTION stock_is_counted();
CREATE TRIGGER stock_begins_empty BEFORE INSERT ON stock
    FOR EACH ROW WHEN (NEW.physical <> 0 OR NEW.held <> 0) EXECUTE FUNCTION stock_stands();
CREATE TRIGGER stock_batch_begins_empty BEFORE INSERT ON stock_batch
    FOR EACH ROW WHEN (NEW.physical <> 0 OR NEW.held <> 0) EXECUTE FUNCTION stock_stands();

-- How many packs of an article can be promised at a moment: not expired on the place's calendar, not held by anybody
-- whose time is not over.
CREATE FUNCTION stock_left(which uuid, at timestamptz) RETURNS bigint STABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT coalesce(sum(b.physical - b.held + coalesce(over.quantity, 0)), 0)
      FROM stock_batch b
      JOIN place p ON p.id = b.pharmacy_id
      LEFT JOIN LATERAL (SELECT sum(part.quantity) AS quantity FROM stock_hold_part part JOIN stock_hold h ON h.id = part.hold_id
                          WHERE part.batch_id = b.id AND part.state = 'held' AND h.until <= at) over ON b.held > 0
     WHERE b.medicine_id = which AND b.physical > 0 AND b.expires_on >= (at AT TIME ZONE p.zone)::date
$$;

-- What everybody may know of it: never how many.
CREATE FUNCTION stock_word(left_over bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN CASE WHEN left_over <= 0 THEN 'none' WHEN left_over <= 5 THEN 'few' ELSE 'available' END;

CREATE TABLE pharmacy_service (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    pharmacy_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    description text CHECK (char_length(description) BETWEEN 1 AND 4000),
    amount      bigint CHECK (amount BETWEEN 0 AND 1000000000),      -- minor units; null: asked for
    currency    text CHECK (currency ~ '^[A-Z]{3}$'),
    is_active   boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL,
    CONSTRAINT pharmacy_service_price_whole CHECK ((amount IS NULL) = (currency IS NULL))
);
CREATE UNIQUE INDEX pharmacy_service_once ON pharmacy_service (pharmacy_id, lower(name));
