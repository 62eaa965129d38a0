-- What is looked up before anybody books: more about places and doctors, and who of them everybody may find.

ALTER TABLE place
    -- Nobody finds a place before its papers were looked at. What verification decides, this row shows.
    ADD COLUMN approval text NOT NULL DEFAULT 'pending'
        CHECK (approval IN ('pending', 'approved', 'rejected', 'withdrawn')),
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN address text CHECK (char_length(address) BETWEEN 1 AND 300),
    ADD COLUMN state text CHECK (char_length(state) BETWEEN 1 AND 120),               -- of the federation
    ADD COLUMN postal_code text CHECK (postal_code ~ '^[0-9A-Z][0-9A-Z -]{1,10}[0-9A-Z]$'),
    ADD COLUMN country text NOT NULL DEFAULT 'IN' CHECK (country ~ '^[A-Z]{2}$'),     -- ISO 3166
    ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),         -- of the building, nobody's
    ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    ADD COLUMN description text CHECK (char_length(description) BETWEEN 1 AND 4000),
    ADD COLUMN email text CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    ADD COLUMN website text CHECK (website ~ '^https?://[^\s<>"]{1,250}$'),
    ADD COLUMN licence text CHECK (char_length(licence) BETWEEN 1 AND 64),
    ADD COLUMN departments text[] NOT NULL DEFAULT '{}' CHECK (cardinality(departments) <= 100),
    ADD COLUMN services text[] NOT NULL DEFAULT '{}' CHECK (cardinality(services) <= 100),
    ADD COLUMN hospital_id uuid REFERENCES place ON DELETE NO ACTION,
    ADD COLUMN served_postal_codes text[] NOT NULL DEFAULT '{}' CHECK (cardinality(served_postal_codes) <= 1000),
    ADD COLUMN delivery_fee bigint CHECK (delivery_fee BETWEEN 0 AND 1000000000),     -- minor units
    ADD COLUMN delivery_currency text CHECK (delivery_currency ~ '^[A-Z]{3}$'),
    ADD COLUMN orders_paused_until timestamptz,
    ADD CONSTRAINT place_coordinates_both CHECK ((latitude IS NULL) = (longitude IS NULL)),
    ADD CONSTRAINT place_delivery_fee_whole CHECK ((delivery_fee IS NULL) = (delivery_currency IS NULL)),
    ADD CONSTRAINT place_departments_of_hospital CHECK (departments = '{}' OR kind IN ('clinic', 'hospital')),
    ADD CONSTRAINT place_services_of_laboratory CHECK (services = '{}' OR kind = 'laboratory'),
    ADD CONSTRAINT place_hospital_of_laboratory CHECK (hospital_id IS NULL OR kind = 'laboratory'),
    ADD CONSTRAINT place_delivers CHECK (kind IN ('pharmacy', 'laboratory')
        OR (served_postal_codes = '{}' AND delivery_fee IS NULL AND orders_paused_until IS NULL));

-- Those that stand already were there before anybody looked at papers.
UPDATE place SET approval = 'approved';

-- A name that mixes Latin with letters that only look Latin is another's name.
ALTER TABLE place ADD CONSTRAINT place_name_one_script
    CHECK (name !~ '[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]');

ALTER TABLE doctor
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN council text CHECK (char_length(council) BETWEEN 1 AND 120),           -- where it is registered
    ADD COLUMN qualification text CHECK (char_length(qualification) BETWEEN 1 AND 300),
    ADD COLUMN practising_since smallint CHECK (practising_since BETWEEN 1900 AND 2200),
    ADD COLUMN bio text CHECK (char_length(bio) BETWEEN 1 AND 4000),
    ADD COLUMN fee bigint CHECK (fee BETWEEN 0 AND 1000000000),                       -- minor units
    ADD COLUMN fee_currency text CHECK (fee_currency ~ '^[A-Z]{3}$'),
    ADD COLUMN teleconsult boolean NOT NULL DEFAULT false,
    ADD COLUMN zone text NOT NULL DEFAULT 'Asia/Kolkata' CHECK (char_length(zone) BETWEEN 1 AND 64),
    ADD COLUMN rating_sum bigint NOT NULL DEFAULT 0,
    ADD COLUMN rating_count integer NOT NULL DEFAULT 0 CHECK (rating_count >= 0),
    ADD CONSTRAINT doctor_fee_whole CHECK ((fee IS NULL) = (fee_currency IS NULL)),
    ADD CONSTRAINT doctor_rating_of_stars CHECK (rating_sum BETWEEN rating_count AND 5::bigint * rating_count),
    ADD CONSTRAINT doctor_languages_few CHECK (cardinality(languages) <= 20),
    ADD CONSTRAINT doctor_name_one_script CHECK (name !~ '[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]');

-- What she practises besides her first specialty.
CREATE TABLE doctor_specialty (
    doctor_id uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    specialty text NOT NULL REFERENCES specialty ON DELETE NO ACTION,
    PRIMARY KEY (doctor_id, specialty)
);
CREATE INDEX doctor_specialty_by_specialty ON doctor_specialty (specialty);

ALTER TABLE affiliation
    ADD COLUMN department text CHECK (char_length(department) BETWEEN 1 AND 120),
    ADD COLUMN is_primary boolean NOT NULL DEFAULT false;

-- An offer that nobody has answered can be taken back.
ALTER TABLE affiliation DROP CONSTRAINT affiliation_state_check, ADD CONSTRAINT affiliation_state_check
    CHECK (state IN ('offered', 'accepted', 'declined', 'withdrawn', 'ended'));

-- How many digits of a currency's amount stand behind the point (ISO 4217); a test compares it with the code's.
CREATE FUNCTION currency_exponent(currency text) RETURNS smallint IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN CASE
    WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF',
                      'XOF', 'XPF') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    ELSE 2 END;

-- One narrow row per doctor, in which she is found: what lists filter and order by, wherever it comes from. The
-- triggers below keep it; nobody else writes it.
CREATE TABLE doctor_card (
    id             uuid PRIMARY KEY REFERENCES doctor ON DELETE NO ACTION,
    account_id     uuid NOT NULL,
    listed         boolean NOT NULL,               -- verified, not closed, and the account is active
    pending        boolean NOT NULL,
    closed         boolean NOT NULL,
    name_key       text NOT NULL,
    specialties    text[] NOT NULL,
    languages      text[] NOT NULL,
    places         uuid[] NOT NULL,
    cities         text[] NOT NULL,
    states         text[] NOT NULL,
    fee            bigint,
    fee_currency   text,
    practising_since smallint,
    rating         smallint,                       -- hundredths of a star
    teleconsult    boolean NOT NULL,
    by_fee         bigint NOT NULL,                -- ascending, those without at the end; so are the next two
    by_rating      integer NOT NULL,
    by_experience  smallint NOT NULL
);
CREATE INDEX doctor_card_by_name ON doctor_card (name_key, id) WHERE listed;
CREATE INDEX doctor_card_by_fee ON doctor_card (by_fee, id) WHERE listed;
CREATE INDEX doctor_card_by_rating ON doctor_card (by_rating, id) WHERE listed;
CREATE INDEX doctor_card_by_experience ON doctor_card (by_experience, id) WHERE listed;
CREATE INDEX doctor_card_specialties ON doctor_card USING gin (specialties);
CREATE INDEX doctor_card_languages ON doctor_card USING gin (languages);
CREATE INDEX doctor_card_cities ON doctor_card USING gin (cities);
CREATE INDEX doctor_card_places ON doctor_card USING gin (places);

-- A place's or a filter's city, so that `new delhi` is `New  Delhi`.
CREATE FUNCTION location_key(given text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN lower(normalize(btrim(regexp_replace(given, '\s+', ' ', 'g')), NFKC) COLLATE pg_c_utf8);

CREATE FUNCTION refresh_doctor_cards(which uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever waits here reads what the other has committed: the next statement sees it.
    PERFORM FROM doctor_card WHERE id = ANY(which) ORDER BY id FOR UPDATE;
    INSERT INTO doctor_card AS card
    SELECT d.id, d.account_id,
           a.state = 'active' AND d.closed_at IS NULL AND coalesce(c.state = 'active', false),
           a.state = 'active' AND d.closed_at IS NULL AND coalesce(c.state = 'pending', false),
           d.closed_at IS NOT NULL,
           lower(d.name),
           d.specialty || ARRAY(SELECT s.specialty FROM doctor_specialty s WHERE s.doctor_id = d.id ORDER BY 1),
           d.languages,
           coalesce(w.places, '{}'), coalesce(w.cities, '{}'), coalesce(w.states, '{}'),
           d.fee, d.fee_currency, d.practising_since,
           CASE WHEN d.rating_count > 0 THEN round(100.0 * d.rating_sum / d.rating_count) END,
           d.teleconsult,
           coalesce(d.fee, 9000000000000),
           CASE WHEN d.rating_count > 0 THEN -round(100.0 * d.rating_sum / d.rating_count) ELSE 0 END,
           coalesce(d.practising_since, 9999)
      FROM doctor d
      JOIN account a ON a.id = d.account_id
      LEFT JOIN account_capacity c ON c.account_id = d.account_id AND c.capacity = 'doctor'
      LEFT JOIN (SELECT f.doctor_id, array_agg(p.id) AS places, array_agg(DISTINCT location_key(p.city)) AS cities,
                        array_agg(DISTINCT location_key(p.state)) FILTER (WHERE p.state IS NOT NULL) AS states
                   FROM affiliation f JOIN place p ON p.id = f.place_id
                  WHERE f.state = 'accepted' AND p.approval = 'approved' AND p.closed_at IS NULL
                    AND f.doctor_id = ANY(which) GROUP BY f.doctor_id) w ON w.doctor_id = d.id
     WHERE d.id = ANY(which)
        ON CONFLICT (id) DO UPDATE SET
           account_id = EXCLUDED.account_id, listed = EXCLUDED.listed, pending = EXCLUDED.pending,
           closed = EXCLUDED.closed, name_key = EXCLUDED.name_key, specialties = EXCLUDED.specialties, languages = EXCLUDED.languages,
           places = EXCLUDED.places, cities = EXCLUDED.cities, states = EXCLUDED.states, fee = EXCLUDED.fee,
           fee_currency = EXCLUDED.fee_currency, practising_since = EXCLUDED.practising_since,
           rating = EXCLUDED.rating, teleconsult = EXCLUDED.teleconsult, by_fee = EXCLUDED.by_fee,
           by_rating = EXCLUDED.by_rating, by_experience = EXCLUDED.by_experience
     WHERE card IS DISTINCT FROM EXCLUDED;
END $$;

-- What one statement changed, in `changed`, with the doctors in the column the trigger names.
CREATE FUNCTION doctor_cards_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which uuid[];
BEGIN
    IF TG_TABLE_NAME = 'doctor' THEN
        SELECT array_agg(id) INTO which FROM changed;
    ELSIF TG_TABLE_NAME = 'account_capacity' THEN
        SELECT array_agg(d.id) INTO which FROM changed JOIN doctor d USING (account_id) WHERE changed.capacity = 'doctor';
    ELSIF TG_TABLE_NAME = 'place' THEN
        SELECT array_agg(DISTINCT f.doctor_id) INTO which FROM changed JOIN affiliation f ON f.place_id = changed.id;
    ELSE
        SELECT array_agg(DISTINCT doctor_id) INTO which FROM changed;
    END IF;
    IF which IS NOT NULL THEN
        PERFORM refresh_doctor_cards(which);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION doctor_card_follows_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refresh_doctor_cards(ARRAY[d.id]) FROM doctor d WHERE d.account_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER doctor_made AFTER INSERT ON doctor
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
CREATE TRIGGER doctor_changed AFTER UPDATE ON doctor
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
CREATE TRIGGER doctor_specialty_made AFTER INSERT ON doctor_specialty
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
CREATE TRIGGER doctor_specialty_gone AFTER DELETE ON doctor_specialty
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
CREATE TRIGGER doctor_affiliated AFTER INSERT ON affiliation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
CREATE TRIGGER doctor_affiliation_changed AFTER UPDATE ON affiliation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
CREATE TRIGGER doctor_capacity_made AFTER INSERT ON account_capacity
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
CREATE TRIGGER doctor_capacity_changed AFTER UPDATE ON account_capacity
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();
-- Hot tables: only for what a card shows.
CREATE TRIGGER doctor_account_changed AFTER UPDATE OF state ON account
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION doctor_card_follows_account();
CREATE TRIGGER doctor_place_changed AFTER UPDATE ON place
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow();

SELECT refresh_doctor_cards(array_agg(id)) FROM doctor HAVING count(*) > 0;

-- Who finds a place by where it is.
CREATE INDEX place_listed ON place (kind, lower(name), id) WHERE approval = 'approved' AND closed_at IS NULL;
CREATE INDEX place_serves ON place USING gin (served_postal_codes) WHERE served_postal_codes <> '{}';
