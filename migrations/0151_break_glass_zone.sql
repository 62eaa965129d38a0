-- "Three a day" is a day of the place where the glass is broken, not of the home zone. What was counted before was
-- counted on the home zone's clock and stays so: its days stand in the constraint already.
ALTER TABLE break_glass ADD COLUMN zone text NOT NULL DEFAULT 'Asia/Kolkata' CHECK (char_length(zone) BETWEEN 1 AND 64);
ALTER TABLE break_glass ALTER COLUMN zone DROP DEFAULT;
ALTER TABLE break_glass ALTER COLUMN day SET EXPRESSION AS ((opened_at AT TIME ZONE zone)::date);
