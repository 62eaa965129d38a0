-- Born on 1 March: of age on 1 March, also when that year has a 29 February. Only who was born on 29 February waits a day.
CREATE OR REPLACE FUNCTION of_age_at(birth_date date, birth_year integer) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN birth_date IS NOT NULL
                THEN ((birth_date + interval '18 years')::date
                      + CASE WHEN date_part('month', birth_date) = 2 AND date_part('day', birth_date) = 29 THEN 1 ELSE 0 END
                     )::timestamp AT TIME ZONE 'Asia/Kolkata'
                WHEN birth_year IS NOT NULL THEN make_date(birth_year + 19, 1, 1)::timestamp AT TIME ZONE 'Asia/Kolkata' END
$$;

UPDATE guardianship g SET lapses_at = of_age_at(p.birth_date, p.birth_year) FROM patient p
 WHERE p.id = g.patient_id AND g.until IS NULL AND g.lapses_at IS NOT NULL
   AND date_part('month', p.birth_date) = 3 AND date_part('day', p.birth_date) = 1;
