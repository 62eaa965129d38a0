-- Money that was taken. A row is one payment that succeeded, told to the thing it is for; it never changes: money that
-- goes back, or an entry made by mistake, are rows of their own.

CREATE TABLE payment (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    about_noun text NOT NULL CHECK (about_noun = ANY (ARRAY['appointment'])),
    about_id   uuid NOT NULL,
    patient_id uuid REFERENCES patient ON DELETE NO ACTION,
    place_id   uuid NOT NULL REFERENCES place ON DELETE NO ACTION,     -- at whose counter
    amount     bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000),  -- minor units
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    means      text NOT NULL CHECK (means IN ('cash', 'upi', 'card')),
    taken_by   uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    taken_at   timestamptz NOT NULL
);
CREATE INDEX payment_about ON payment (about_noun, about_id);
CREATE INDEX payment_place ON payment (place_id, id);
CREATE INDEX payment_patient ON payment (patient_id, id);

CREATE FUNCTION payment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a payment stays as it was taken' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_stays';
END $$;
CREATE TRIGGER payment_stays BEFORE UPDATE OR DELETE ON payment FOR EACH ROW EXECUTE FUNCTION payment_stays();
