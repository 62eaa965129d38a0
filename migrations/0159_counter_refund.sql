-- Money that was taken at a counter and goes back: a row for each refund, until somebody has handed it back there.

CREATE TABLE counter_refund (
    id           uuid PRIMARY KEY,                    -- the thing's own: of an order's refund, or the appointment
    payment_id   uuid NOT NULL REFERENCES payment ON DELETE NO ACTION,
    place_id     uuid NOT NULL REFERENCES place ON DELETE NO ACTION,       -- at whose counter it was taken
    patient_id   uuid REFERENCES patient ON DELETE NO ACTION,
    number       text NOT NULL CHECK (char_length(number) BETWEEN 1 AND 20),  -- of the order or appointment
    amount       bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000),
    reason       text NOT NULL CHECK (reason ~ '^[a-z_]{1,32}$'),
    due_at       timestamptz NOT NULL,
    handed_by    uuid REFERENCES account ON DELETE NO ACTION,
    handed_at    timestamptz CHECK (handed_at >= due_at),
    handed_means text CHECK (handed_means IN ('cash', 'upi', 'card')),
    CONSTRAINT counter_refund_handed_whole CHECK (num_nonnulls(handed_by, handed_at, handed_means) IN (0, 3))
);
CREATE INDEX counter_refund_open ON counter_refund (place_id, due_at, id) WHERE handed_at IS NULL;
CREATE INDEX counter_refund_place ON counter_refund (place_id, id);
CREATE INDEX counter_refund_patient ON counter_refund (patient_id, id);
CREATE INDEX counter_refund_payment ON counter_refund (payment_id);

-- Of one payment never more goes back than was taken, at the counter that took it; handed back it is once.
CREATE FUNCTION counter_refund_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken payment;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT * INTO taken FROM payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
        IF NEW.handed_at IS NULL AND (NEW.place_id, NEW.patient_id) IS NOT DISTINCT FROM (taken.place_id, taken.patient_id)
           AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM counter_refund WHERE payment_id = NEW.payment_id)
               <= taken.amount THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_refund_within',
            MESSAGE = 'what goes back was taken at this counter, and is not more';
    ELSIF TG_OP = 'UPDATE' AND OLD.handed_at IS NULL AND NEW.handed_at IS NOT NULL
          AND to_jsonb(NEW) - 'handed_by' - 'handed_at' - 'handed_means'
              = to_jsonb(OLD) - 'handed_by' - 'handed_at' - 'handed_means' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'counter_refund_stays',
        MESSAGE = 'a refund stays as it was made, and is handed back once';
END $$;
CREATE TRIGGER counter_refund_stays BEFORE INSERT OR UPDATE OR DELETE ON counter_refund
    FOR EACH ROW EXECUTE FUNCTION counter_refund_stays();

-- What was due before there was a list of it.
INSERT INTO counter_refund (id, payment_id, place_id, patient_id, number, amount, reason, due_at)
SELECT r.id, p.id, p.place_id, p.patient_id, o.number, r.amount, r.reason, r.made_at
  FROM order_refund r JOIN orders o ON o.id = r.order_id JOIN payment p ON p.id = o.payment_id ORDER BY r.id;
INSERT INTO counter_refund (id, payment_id, place_id, patient_id, number, amount, reason, due_at)
SELECT a.id, p.id, p.place_id, p.patient_id, (       -- as `number_of` of the appointments reads it
           SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((a.serial * 15485863 % 34359738368) >> 5 * n & 31)::integer + 1, 1)
                             || CASE n WHEN 2 THEN '-' ELSE '' END, '' ORDER BY n) FROM generate_series(0, 6) n
       ), a.refund_due, 'cancelled', a.ended_at
  FROM appointment a JOIN payment p ON p.id = a.payment_id WHERE a.refund_due > 0 ORDER BY a.id;
