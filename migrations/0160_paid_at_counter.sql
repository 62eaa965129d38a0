-- What was paid at a provider's counter is in that provider's till: such an order is not offered to another.

ALTER TABLE orders ADD COLUMN paid_place_id uuid REFERENCES place ON DELETE NO ACTION;
UPDATE orders o SET paid_place_id = p.place_id FROM payment p WHERE p.id = o.payment_id AND p.place_id = o.place_id;
ALTER TABLE orders ADD CONSTRAINT orders_paid_at_counter
    CHECK (paid_place_id IS NULL OR (payment_id IS NOT NULL AND paid_place_id = place_id));
