-- What administrators write for everybody: treatments and who offers them, packages, insurers, questions, pages; and what
-- all of that is in other languages.

CREATE TABLE treatment (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    category      text CHECK (char_length(category) BETWEEN 1 AND 64),
    description   text CHECK (char_length(description) BETWEEN 1 AND 4000),
    duration_days integer CHECK (duration_days BETWEEN 1 AND 3650),
    is_global     boolean NOT NULL DEFAULT true,
    is_active     boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX treatment_name_once ON treatment (lower(name));
CREATE INDEX treatment_by_category ON treatment (category, lower(name), id);

-- A hospital offers a treatment, with a price for each currency it takes.
CREATE TABLE hospital_treatment (
    id                     uuid PRIMARY KEY DEFAULT uuidv7(),
    place_id               uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    treatment_id           uuid NOT NULL REFERENCES treatment ON DELETE NO ACTION,
    description            text CHECK (char_length(description) BETWEEN 1 AND 4000),
    duration_days          integer CHECK (duration_days BETWEEN 1 AND 3650),
    success_basis_points   integer CHECK (success_basis_points BETWEEN 0 AND 10000),
    inclusions             text[] NOT NULL DEFAULT '{}' CHECK (cardinality(inclusions) <= 50),
    exclusions             text[] NOT NULL DEFAULT '{}' CHECK (cardinality(exclusions) <= 50),
    is_available           boolean NOT NULL DEFAULT true,
    created_at             timestamptz NOT NULL,
    CONSTRAINT hospital_treatment_once UNIQUE (place_id, treatment_id)
);
CREATE INDEX hospital_treatment_by_treatment ON hospital_treatment (treatment_id) WHERE is_available;

CREATE TABLE hospital_treatment_price (
    offer_id uuid NOT NULL REFERENCES hospital_treatment ON DELETE NO ACTION,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount   bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000),
    PRIMARY KEY (offer_id, currency)
);

CREATE TABLE package (
    id                     uuid PRIMARY KEY DEFAULT uuidv7(),
    name                   text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    country                text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    description            text CHECK (char_length(description) BETWEEN 1 AND 4000),
    duration_days          integer NOT NULL CHECK (duration_days BETWEEN 1 AND 3650),
    inclusions             text[] NOT NULL DEFAULT '{}' CHECK (cardinality(inclusions) <= 50),
    hospital_ids           uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(hospital_ids) <= 50),
    treatment_ids          uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(treatment_ids) <= 50),
    flights_included       boolean NOT NULL DEFAULT false,
    accommodation_included boolean NOT NULL DEFAULT false,
    transfers_included     boolean NOT NULL DEFAULT false,
    currency               text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount                 bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000),
    is_active              boolean NOT NULL DEFAULT true,
    created_at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX package_by_country ON package (country, lower(name), id);

-- What a package costs from one day to another, instead of its own price. Two seasons of one package never overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE package_season (
    package_id uuid NOT NULL REFERENCES package ON DELETE CASCADE,
    days       daterange NOT NULL CHECK (NOT isempty(days) AND lower(days) IS NOT NULL AND upper(days) IS NOT NULL),
    amount     bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000),
    CONSTRAINT package_seasons_apart EXCLUDE USING gist (package_id WITH =, days WITH &&)
);

-- Arrays have no foreign keys; this says the same.
CREATE FUNCTION check_package() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(NEW.hospital_ids) i
                 LEFT JOIN place p ON p.id = i AND p.kind IN ('hospital', 'clinic')
               WHERE p.id IS NULL)
       OR EXISTS (SELECT FROM unnest(NEW.treatment_ids) i LEFT JOIN treatment t ON t.id = i WHERE t.id IS NULL) THEN
        RAISE EXCEPTION 'a package names what is not there' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER package_names BEFORE INSERT OR UPDATE OF hospital_ids, treatment_ids ON package
    FOR EACH ROW EXECUTE FUNCTION check_package();

CREATE TABLE insurance_provider (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    country    text CHECK (country ~ '^[A-Z]{2}$'),
    phone      text CHECK (char_length(phone) BETWEEN 4 AND 24),
    email      text CHECK (char_length(email) BETWEEN 3 AND 254),
    website    text CHECK (website ~ '^https?://'),
    coverage   text[] NOT NULL DEFAULT '{}' CHECK (cardinality(coverage) <= 50),
    is_active  boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX insurance_provider_once ON insurance_provider (lower(name), country) NULLS NOT DISTINCT;

CREATE TABLE faq (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    question      text NOT NULL CHECK (char_length(question) BETWEEN 1 AND 300),
    answer        text NOT NULL CHECK (char_length(answer) BETWEEN 1 AND 4000),
    category      text CHECK (char_length(category) BETWEEN 1 AND 64),
    display_order integer NOT NULL DEFAULT 0 CHECK (display_order BETWEEN 0 AND 1000000),
    is_published  boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX faq_in_order ON faq (display_order, id);

CREATE TABLE website_page (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    slug        text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    title       text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    content     text NOT NULL CHECK (char_length(content) BETWEEN 1 AND 40000),   -- Markdown, never HTML
    description text CHECK (char_length(description) BETWEEN 1 AND 300),
    keywords    text[] NOT NULL DEFAULT '{}' CHECK (cardinality(keywords) <= 30),
    is_published boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- A text of an entry in another language. It is shown while it is fresh: once its source was changed it waits for whoever
-- translates. What a person wrote or looked at is never overwritten by a machine.
CREATE TABLE translation (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    noun       text NOT NULL CHECK (noun ~ '^[a-z_]{1,64}$'),
    entry_id   text NOT NULL CHECK (char_length(entry_id) BETWEEN 1 AND 64),
    field      text NOT NULL CHECK (field ~ '^[a-z_]{1,64}$'),
    locale     text NOT NULL CHECK (locale IN ('ar', 'hi', 'es', 'fr')),
    text       text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 60000),
    is_auto    boolean NOT NULL,
    is_stale   boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL,
    CONSTRAINT translation_once UNIQUE (noun, entry_id, field, locale)
);
CREATE INDEX translation_stale ON translation (noun, locale) WHERE is_stale;

-- translations_follow(noun, key column, field, …): whoever changes a source text, by whatever way, makes its
-- translations stale; whoever deletes the entry takes them along.
CREATE FUNCTION translations_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := to_jsonb(OLD);
    now_is jsonb;
    changed text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM translation WHERE noun = TG_ARGV[0] AND entry_id = was ->> TG_ARGV[1];
        RETURN OLD;
    END IF;
    now_is := to_jsonb(NEW);
    FOREACH changed IN ARRAY TG_ARGV[2:] LOOP
        IF was ->> changed IS DISTINCT FROM now_is ->> changed THEN
            UPDATE translation SET is_stale = true
             WHERE noun = TG_ARGV[0] AND entry_id = was ->> TG_ARGV[1] AND field = changed AND NOT is_stale;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER treatment_translations AFTER UPDATE OR DELETE ON treatment
    FOR EACH ROW EXECUTE FUNCTION translations_follow('treatment', 'id', 'name', 'description');
CREATE TRIGGER package_translations AFTER UPDATE OR DELETE ON package
    FOR EACH ROW EXECUTE FUNCTION translations_follow('package', 'id', 'name', 'description');
CREATE TRIGGER faq_translations AFTER UPDATE OR DELETE ON faq
    FOR EACH ROW EXECUTE FUNCTION translations_follow('faq', 'id', 'question', 'answer');
CREATE TRIGGER website_translations AFTER UPDATE OR DELETE ON website_page
    FOR EACH ROW EXECUTE FUNCTION translations_follow('website', 'slug', 'title', 'content', 'description');
CREATE TRIGGER specialty_translations AFTER UPDATE OR DELETE ON specialty
    FOR EACH ROW EXECUTE FUNCTION translations_follow('specialty', 'slug', 'name');
CREATE TRIGGER doctor_translations AFTER UPDATE OR DELETE ON doctor
    FOR EACH ROW EXECUTE FUNCTION translations_follow('doctor', 'id', 'bio', 'qualification');
CREATE TRIGGER hospital_translations AFTER UPDATE OR DELETE ON place FOR EACH ROW WHEN (OLD.kind IN ('hospital', 'clinic'))
    EXECUTE FUNCTION translations_follow('hospital', 'id', 'name', 'description');
CREATE TRIGGER pharmacy_translations AFTER UPDATE OR DELETE ON place FOR EACH ROW WHEN (OLD.kind = 'pharmacy')
    EXECUTE FUNCTION translations_follow('pharmacy', 'id', 'name', 'description');
CREATE TRIGGER laboratory_translations AFTER UPDATE OR DELETE ON place FOR EACH ROW WHEN (OLD.kind = 'laboratory')
    EXECUTE FUNCTION translations_follow('laboratory', 'id', 'name', 'description');
