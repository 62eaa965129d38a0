-- A seat is booked on the terms on which it was held; null: held before this column was there.

ALTER TABLE hold ADD COLUMN terms jsonb;
