-- Reminders that are still to come: one row per appointment and lead time until everybody was told, and none for a visit
-- that does not take place. What was told is a notification.
CREATE TABLE appointment_reminder (
    appointment_id uuid NOT NULL,                  -- the appointments' migration follows
    lead_minutes   smallint NOT NULL CHECK (lead_minutes BETWEEN 1 AND 20160),
    starts_at      timestamptz NOT NULL,           -- the beginning it reminds of
    useful_until   timestamptz NOT NULL,           -- the beginning, or the time of the reminder that comes after this one
    planned_at     timestamptz NOT NULL,           -- product time: nothing is told before it was known
    look_at        timestamptz NOT NULL,           -- product time: whose turn it is then is reckoned anew
    PRIMARY KEY (appointment_id, lead_minutes),
    CHECK (useful_until BETWEEN starts_at - make_interval(mins => lead_minutes) AND starts_at)
);
CREATE INDEX appointment_reminder_next ON appointment_reminder (look_at);

ALTER TABLE appointment_terms ADD COLUMN reminder_minutes smallint[]
    CHECK (cardinality(reminder_minutes) <= 5 AND 1 <= ALL (reminder_minutes) AND 20160 >= ALL (reminder_minutes));

-- How long before a visit here its patient is reminded: as the place says, or the doctor without one, or the platform.
CREATE FUNCTION reminder_minutes(which_place uuid, which_doctor uuid) RETURNS smallint[] STABLE LANGUAGE sql AS $$
    SELECT coalesce(
        (SELECT reminder_minutes FROM appointment_terms
          WHERE CASE WHEN which_place IS NULL THEN doctor_id = which_doctor ELSE place_id = which_place END),
        (SELECT ARRAY(SELECT jsonb_array_elements_text(value -> 'reminder_minutes')::smallint)
           FROM admin_settings WHERE value ? 'reminder_minutes'),
        ARRAY[1440, 60]::smallint[])
$$;
