-- When somebody is there: wall-clock times of a place or a doctor, in its zone. A window that ends at or before its own
-- beginning ends on the next day; one that ends when it begins lasts a whole day.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Minutes of the week from Monday 00:00; a window may reach into the next one.
CREATE FUNCTION week_span(weekday smallint, opens time, closes time) RETURNS int4range IMMUTABLE PARALLEL SAFE
    LANGUAGE sql RETURN int4range(
        (weekday - 1) * 1440 + (extract(epoch FROM opens) / 60)::int,
        (weekday - 1) * 1440 + (extract(epoch FROM closes) / 60)::int + CASE WHEN closes <= opens THEN 1440 ELSE 0 END);

CREATE TABLE place_opening (
    place_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    weekday  smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),      -- ISO: 1 is Monday
    opens    time NOT NULL CHECK (extract(second FROM opens) = 0),
    closes   time NOT NULL CHECK (extract(second FROM closes) = 0 AND closes < '24:00'),
    PRIMARY KEY (place_id, weekday, opens),
    CONSTRAINT place_opening_apart
        EXCLUDE USING gist (place_id WITH =, week_span(weekday, opens, closes) WITH &&)
);

-- On such a day the week does not count: closed, but for the openings of the day itself.
CREATE TABLE place_holiday (
    place_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    day      date NOT NULL,
    name     text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    PRIMARY KEY (place_id, day)
);
CREATE TABLE place_holiday_opening (
    place_id uuid NOT NULL,
    day      date NOT NULL,
    opens    time NOT NULL CHECK (extract(second FROM opens) = 0),
    closes   time NOT NULL CHECK (extract(second FROM closes) = 0 AND closes < '24:00'),
    PRIMARY KEY (place_id, day, opens),
    FOREIGN KEY (place_id, day) REFERENCES place_holiday ON DELETE NO ACTION
);

-- Whether the doors are open at a moment, on the place's own clock; null where nobody ever said when they are.
CREATE FUNCTION place_open(which uuid, at timestamptz) RETURNS boolean STABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM place_opening WHERE place_id = which)
                  OR EXISTS (SELECT FROM place_holiday WHERE place_id = which) THEN EXISTS (
        SELECT FROM (SELECT at AT TIME ZONE p.zone AS here FROM place p WHERE p.id = which) clock
         CROSS JOIN LATERAL (VALUES (here::date), (here::date - 1)) AS days (day)
         CROSS JOIN LATERAL (
            SELECT o.opens, o.closes FROM place_opening o
             WHERE o.place_id = which AND o.weekday = extract(isodow FROM day)
               AND NOT EXISTS (SELECT FROM place_holiday h WHERE h.place_id = which AND h.day = days.day)
            UNION ALL
            SELECT o.opens, o.closes FROM place_holiday_opening o WHERE o.place_id = which AND o.day = days.day) w
         WHERE here >= day + opens
           AND here < day + closes + CASE WHEN closes <= opens THEN interval '1 day' ELSE interval '0' END) END
$$;

-- A doctor's week, what is off and what is besides. `place_id` is where; null: by video, from anywhere.
CREATE TABLE doctor_window (
    doctor_id uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id  uuid REFERENCES place ON DELETE NO ACTION,
    weekday   smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    opens     time NOT NULL CHECK (extract(second FROM opens) = 0),
    closes    time NOT NULL CHECK (extract(second FROM closes) = 0 AND closes < '24:00'),
    PRIMARY KEY (doctor_id, weekday, opens),
    CONSTRAINT doctor_window_apart
        EXCLUDE USING gist (doctor_id WITH =, week_span(weekday, opens, closes) WITH &&)
);
CREATE TABLE doctor_extra (
    doctor_id uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id  uuid REFERENCES place ON DELETE NO ACTION,
    day       date NOT NULL,
    opens     time NOT NULL CHECK (extract(second FROM opens) = 0),
    closes    time NOT NULL CHECK (extract(second FROM closes) = 0 AND closes < '24:00'),
    PRIMARY KEY (doctor_id, day, opens)
);
CREATE TABLE doctor_leave (
    doctor_id uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    first     date NOT NULL,
    last      date NOT NULL CHECK (last >= first),
    PRIMARY KEY (doctor_id, first),
    CONSTRAINT doctor_leave_apart EXCLUDE USING gist (doctor_id WITH =, daterange(first, last, '[]') WITH &&)
);
