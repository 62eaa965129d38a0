-- What laboratories offer, when they come to collect, what is asked for one patient, and what was found.

-- Distinct codes, and ranges whose limits stand in order: a critical limit never lies inside of what is normal.
CREATE FUNCTION analytes_sound(analytes jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_typeof(analytes) = 'array' AND jsonb_array_length(analytes) <= 60
       AND (SELECT count(DISTINCT a ->> 'code') = count(*) FROM jsonb_array_elements(analytes) a)
       AND NOT EXISTS (
           SELECT FROM jsonb_array_elements(analytes) a CROSS JOIN jsonb_array_elements(a -> 'ranges') r
            WHERE (r ->> 'low')::numeric > (r ->> 'high')::numeric
               OR (r ->> 'critical_low')::numeric >= coalesce((r ->> 'low')::numeric, (r ->> 'high')::numeric)
               OR (r ->> 'critical_high')::numeric <= coalesce((r ->> 'high')::numeric, (r ->> 'low')::numeric)
               OR (r ->> 'critical_low')::numeric >= (r ->> 'critical_high')::numeric
               OR (r ->> 'age_from')::integer >= (r ->> 'age_until')::integer)
$$;

CREATE TABLE lab_catalog (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    laboratory_id    uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    code             text NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$'),
    name             text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    category         text CHECK (char_length(category) BETWEEN 1 AND 64),
    sample           text NOT NULL CHECK (sample IN ('blood', 'urine', 'stool', 'sputum', 'swab', 'saliva', 'tissue', 'fluid', 'none')),
    amount           bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000),
    currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    turnaround_hours integer NOT NULL CHECK (turnaround_hours BETWEEN 1 AND 2160),
    preparation      text CHECK (char_length(preparation) BETWEEN 1 AND 4000),
    home_collection  boolean NOT NULL DEFAULT false,
    is_available     boolean NOT NULL DEFAULT true,
    analytes         jsonb NOT NULL CHECK (analytes_sound(analytes)),
    created_at       timestamptz NOT NULL,
    closed_at        timestamptz
);
CREATE UNIQUE INDEX lab_catalog_code_once ON lab_catalog (laboratory_id, code) WHERE closed_at IS NULL;
CREATE INDEX lab_catalog_by_name ON lab_catalog (laboratory_id, lower(name), id) WHERE closed_at IS NULL;

CREATE FUNCTION must_be_laboratory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM place WHERE id = NEW.laboratory_id AND kind = 'laboratory') THEN
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'lab_catalog_of_a_laboratory',
            MESSAGE = 'only laboratories keep a catalogue';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lab_catalog_of_a_laboratory BEFORE INSERT OR UPDATE OF laboratory_id ON lab_catalog
    FOR EACH ROW EXECUTE FUNCTION must_be_laboratory();
CREATE TRIGGER lab_catalog_translations AFTER UPDATE OR DELETE ON lab_catalog
    FOR EACH ROW EXECUTE FUNCTION translations_follow('lab_catalog', 'id', 'name', 'preparation');

-- How a laboratory collects at home: windows of so many minutes within its opening hours, so many patients in each.
CREATE TABLE lab_collection (
    laboratory_id uuid PRIMARY KEY REFERENCES place ON DELETE NO ACTION,
    minutes       smallint NOT NULL CHECK (minutes BETWEEN 15 AND 480),
    capacity      smallint NOT NULL CHECK (capacity BETWEEN 0 AND 100),
    changed_at    timestamptz NOT NULL
);
CREATE TRIGGER lab_collection_of_a_laboratory BEFORE INSERT OR UPDATE OF laboratory_id ON lab_collection
    FOR EACH ROW EXECUTE FUNCTION must_be_laboratory();

-- A window somebody booked. `taken` is counted by a trigger, and never more than fits.
CREATE TABLE lab_window (
    laboratory_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL CHECK (ends_at > starts_at),
    capacity      smallint NOT NULL CHECK (capacity BETWEEN 0 AND 100),
    taken         smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (laboratory_id, starts_at),
    CONSTRAINT lab_window_fits CHECK (taken BETWEEN 0 AND capacity),
    CONSTRAINT lab_window_apart EXCLUDE USING gist
        (laboratory_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (taken > 0)
);

CREATE SEQUENCE lab_test_number;
CREATE TABLE lab_test (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    number           text NOT NULL UNIQUE DEFAULT 'LT-' || to_char(nextval('lab_test_number'), 'FM000000000'),
    patient_id       uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    laboratory_id    uuid REFERENCES place ON DELETE NO ACTION,          -- null: the patient has still to choose one
    catalogue_id     uuid REFERENCES lab_catalog ON DELETE NO ACTION,
    name             text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    offer            jsonb,                                              -- the catalogue's entry as it was when chosen
    doctor_id        uuid REFERENCES doctor ON DELETE NO ACTION,         -- who asked; null: her own side
    place_id         uuid REFERENCES place ON DELETE NO ACTION,          -- where the doctor asked
    consultation_id  uuid,
    order_id         uuid,
    asked_by         uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    asked_at         timestamptz NOT NULL,
    state            text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'scheduled', 'missed',
                         'sample_collected', 'in_progress', 'sample_rejected', 'completed', 'cancelled')),
    mode             text CHECK (mode IN ('home', 'visit')),
    planned_at       timestamptz,
    planned_until    timestamptz,
    address          text CHECK (char_length(address) <= 300),
    postal_code      text CHECK (char_length(postal_code) <= 12),
    window_at        timestamptz GENERATED ALWAYS AS (CASE WHEN mode = 'home' THEN planned_at END) STORED,
    notes            text CHECK (char_length(notes) <= 1000),
    draws            smallint NOT NULL DEFAULT 0 CHECK (draws BETWEEN 0 AND 20),
    reject_reason    text CHECK (reject_reason IN ('haemolysed', 'clotted', 'insufficient', 'contaminated', 'mislabelled',
                         'too_old', 'not_fasting', 'lost')),
    cancel_reason    text CHECK (cancel_reason IN ('patient', 'doctor', 'laboratory', 'order')),
    collected_at     timestamptz,
    collected_by     uuid REFERENCES account ON DELETE NO ACTION,
    completed_at     timestamptz,
    cancelled_at     timestamptz,
    changed_at       timestamptz NOT NULL,
    FOREIGN KEY (laboratory_id, window_at) REFERENCES lab_window ON DELETE NO ACTION,
    CHECK ((laboratory_id IS NULL) = (catalogue_id IS NULL) AND (laboratory_id IS NULL) = (offer IS NULL)),
    CHECK (state IN ('requested', 'cancelled') OR laboratory_id IS NOT NULL),
    CHECK ((mode IS NULL) = (planned_at IS NULL) AND (mode IS NULL) = (planned_until IS NULL)),
    CHECK (planned_until > planned_at),
    CHECK (coalesce(mode, 'visit') <> 'home' OR (address IS NOT NULL AND postal_code IS NOT NULL)),
    CHECK (state <> 'scheduled' OR planned_at IS NOT NULL),
    CHECK (planned_at IS NULL OR state IN ('scheduled', 'sample_collected', 'in_progress', 'completed')),
    CHECK ((state IN ('sample_collected', 'in_progress', 'completed')) = (collected_at IS NOT NULL)),
    CHECK ((state = 'sample_rejected') = (reject_reason IS NOT NULL)),
    CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
    CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL AND cancel_reason IS NOT NULL))
);
CREATE INDEX lab_test_of_patient ON lab_test (patient_id, id DESC);
CREATE INDEX lab_test_of_laboratory ON lab_test (laboratory_id, id DESC) WHERE laboratory_id IS NOT NULL;
CREATE INDEX lab_test_open ON lab_test (laboratory_id, id) WHERE state NOT IN ('completed', 'cancelled');
CREATE INDEX lab_test_of_doctor ON lab_test (doctor_id, id DESC) WHERE doctor_id IS NOT NULL;
CREATE INDEX lab_test_of_order ON lab_test (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX lab_test_in_window ON lab_test (laboratory_id, window_at) WHERE window_at IS NOT NULL;

-- A patient with three tests in a window is one visit. The window is locked first, so that two who count see each other.
CREATE FUNCTION count_lab_window() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT DISTINCT w.laboratory_id AS laboratory, w.at
          FROM (VALUES (OLD.laboratory_id, OLD.window_at), (NEW.laboratory_id, NEW.window_at)) w (laboratory_id, at)
         WHERE w.at IS NOT NULL ORDER BY 1, 2
    LOOP
        PERFORM FROM lab_window WHERE laboratory_id = one.laboratory AND starts_at = one.at
            FOR NO KEY UPDATE;  -- the foreign key holds it already, as who else books holds it
        UPDATE lab_window
           SET taken = (SELECT count(DISTINCT patient_id) FROM lab_test t
                         WHERE t.laboratory_id = one.laboratory AND t.window_at = one.at)
         WHERE laboratory_id = one.laboratory AND starts_at = one.at;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER lab_test_takes AFTER INSERT OR UPDATE OF laboratory_id, mode, planned_at, patient_id OR DELETE ON lab_test
    FOR EACH ROW EXECUTE FUNCTION count_lab_window();

-- Whose test it is, and who asked for it, never changes; a laboratory once chosen stays.
CREATE FUNCTION keep_lab_test() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.patient_id, NEW.number, NEW.asked_by, NEW.asked_at) <> (OLD.patient_id, OLD.number, OLD.asked_by, OLD.asked_at)
       OR NEW.doctor_id IS DISTINCT FROM OLD.doctor_id
       OR (OLD.laboratory_id IS NOT NULL AND OLD.state <> 'requested' AND NEW.laboratory_id IS DISTINCT FROM OLD.laboratory_id)
       OR (OLD.order_id IS NOT NULL AND NEW.order_id IS DISTINCT FROM OLD.order_id)
       OR (OLD.state IN ('completed', 'cancelled') AND NEW.state <> OLD.state) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'lab_test_stays_whose_it_is',
            MESSAGE = 'a test stays whose it is, and what is over stays over';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lab_test_stays_whose_it_is BEFORE UPDATE ON lab_test FOR EACH ROW EXECUTE FUNCTION keep_lab_test();
