-- What may leave a pharmacy's shelf (Drugs Rules 1945, rule 65; PRODUCT 28): schedule X and narcotics never over this
-- platform, schedules H and H1 on a prescription only; how much may lie on a shelf; how often digits are made anew.

-- The paper on which something was sold at the counter: what the register of schedule H1 says of it.
CREATE TABLE stock_paper (
    hold_id            uuid PRIMARY KEY REFERENCES stock_hold ON DELETE NO ACTION,
    prescriber         text NOT NULL CHECK (char_length(prescriber) BETWEEN 1 AND 120),
    prescriber_address text NOT NULL CHECK (char_length(prescriber_address) BETWEEN 1 AND 300),
    patient            text NOT NULL CHECK (char_length(patient) BETWEEN 1 AND 120),
    written_on         date NOT NULL,
    by_account         uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    at                 timestamptz NOT NULL
);
CREATE TRIGGER stock_paper_stands BEFORE DELETE ON stock_paper FOR EACH ROW EXECUTE FUNCTION stock_stands();

-- An order's lines name what prescribes them (order_line_on_prescription); everything else that is sold is a counter's.
CREATE FUNCTION stock_sold_by_schedule(movement stock_movement) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    article medicine;
BEGIN
    SELECT * INTO article FROM medicine WHERE id = movement.medicine_id;
    IF article.schedule IN ('x', 'narcotic') THEN
        RAISE EXCEPTION '% is never sold here', article.schedule
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movement_restricted';
    END IF;
    IF article.schedule IN ('h', 'h1') AND NOT EXISTS (
        SELECT FROM stock_hold_part p JOIN stock_hold h ON h.id = p.hold_id WHERE p.id = movement.part_id
           AND (EXISTS (SELECT FROM stock_paper WHERE hold_id = h.id) OR EXISTS (SELECT FROM orders WHERE id = h.about_id)
                OR EXISTS (SELECT FROM bill_part WHERE id = h.about_id))) THEN
        RAISE EXCEPTION 'what needs a prescription is not sold without one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movement_prescribed';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION stock_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    there integer;
BEGIN
    UPDATE stock SET physical = physical + NEW.quantity WHERE medicine_id = NEW.medicine_id RETURNING physical INTO there;
    IF NEW.quantity > 0 AND there > 1000000 THEN
        RAISE EXCEPTION 'no shelf has so much' USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movement_most';
    END IF;
    UPDATE stock_batch SET physical = physical + NEW.quantity WHERE id = NEW.batch_id RETURNING physical INTO NEW.balance;
    IF NEW.kind = 'sell' THEN
        IF (NEW.at AT TIME ZONE (SELECT zone FROM place WHERE id = NEW.pharmacy_id))::date
            > (SELECT expires_on FROM stock_batch WHERE id = NEW.batch_id) THEN
            RAISE EXCEPTION 'an expired batch is not sold'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movement_expired';
        END IF;
        PERFORM stock_sold_by_schedule(NEW);
    END IF;
    RETURN NEW;
END $$;

-- Five tries of each: a hundred and five of ten thousand digits, whoever makes new ones for whom.
UPDATE orders SET code_round = 20 WHERE code_round > 20;
ALTER TABLE orders ADD CONSTRAINT orders_code_rounds CHECK (code_round <= 20);
