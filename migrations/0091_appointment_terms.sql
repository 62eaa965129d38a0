-- On what terms a visit is booked: a place's for all its doctors, or a doctor's own for what she does by video without a
-- place. What is null is as the platform says.

-- Falling hours, and never more back for coming later: [{"hours_before": 24, "percent": 100}, …].
CREATE FUNCTION refund_falls(steps jsonb) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT jsonb_typeof(steps) = 'array' AND jsonb_array_length(steps) <= 10 AND coalesce((
        SELECT bool_and(coalesce(hours BETWEEN 0 AND 8760 AND percent BETWEEN 0 AND 100, false)
                        AND (before_hours IS NULL OR (hours < before_hours AND percent <= before_percent)))
          FROM (SELECT hours, percent, lag(hours) OVER (ORDER BY n) AS before_hours,
                       lag(percent) OVER (ORDER BY n) AS before_percent
                  FROM (SELECT n, (step->>'hours_before')::int AS hours, (step->>'percent')::int AS percent
                          FROM jsonb_array_elements(steps) WITH ORDINALITY AS step (step, n)) AS told) AS pairs), true)
$$;

CREATE TABLE appointment_terms (
    id                 uuid PRIMARY KEY DEFAULT uuidv7(),
    place_id           uuid UNIQUE REFERENCES place ON DELETE NO ACTION,
    doctor_id          uuid UNIQUE REFERENCES doctor ON DELETE NO ACTION,
    needs_confirmation boolean NOT NULL,
    hold_minutes       smallint CHECK (hold_minutes BETWEEN 1 AND 60),
    request_minutes    smallint CHECK (request_minutes BETWEEN 10 AND 10080),
    lead_minutes       smallint NOT NULL CHECK (lead_minutes BETWEEN 0 AND 10080),
    horizon_days       smallint NOT NULL CHECK (horizon_days BETWEEN 1 AND 365),
    revisit_days       smallint NOT NULL CHECK (revisit_days BETWEEN 0 AND 365),
    revisit_visits     smallint NOT NULL CHECK (revisit_visits BETWEEN 0 AND 20),
    payment_modes      text[] CHECK (payment_modes <@ ARRAY['online', 'counter', 'free'] AND cardinality(payment_modes) > 0),
    refund             jsonb CHECK (refund_falls(refund)),
    changed_at         timestamptz NOT NULL,
    CONSTRAINT appointment_terms_whose CHECK (num_nonnulls(place_id, doctor_id) = 1),
    CONSTRAINT appointment_terms_revisit CHECK ((revisit_days = 0) = (revisit_visits = 0))
);

-- What one visit to this doctor costs here; where nothing stands, it is the fee of her profile.
CREATE TABLE consultation_fee (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    doctor_id    uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id     uuid REFERENCES place ON DELETE NO ACTION,
    mode         text NOT NULL CHECK (mode IN ('in_person', 'teleconsult')),
    fee          bigint NOT NULL CHECK (fee BETWEEN 0 AND 1000000000),
    fee_currency text NOT NULL CHECK (fee_currency ~ '^[A-Z]{3}$'),
    changed_at   timestamptz NOT NULL,
    CONSTRAINT consultation_fee_once UNIQUE NULLS NOT DISTINCT (doctor_id, place_id, mode),
    CHECK (place_id IS NOT NULL OR mode = 'teleconsult')
);
CREATE INDEX consultation_fee_by_place ON consultation_fee (place_id);
