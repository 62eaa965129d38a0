-- What the doctor's side moved, her side may decline for all of it (PRODUCT 22), until she moves it herself or comes.

ALTER TABLE appointment
    ADD COLUMN refund_floor smallint NOT NULL DEFAULT 0,
    ADD CONSTRAINT appointment_refund_floor CHECK (refund_floor BETWEEN 0 AND refund_ceiling);
