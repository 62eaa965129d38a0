-- What was found: a report for a test, in versions of which no published one ever changes, and critical values that
-- wait until somebody says that she knows.

-- How long a critical value may wait before others are told; the code's default where no administrator changed it.
CREATE FUNCTION critical_minutes() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT (value ->> 'critical_minutes')::integer FROM admin_settings), 30)
$$;

CREATE SEQUENCE lab_report_number;
CREATE TABLE lab_report (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    number        text NOT NULL UNIQUE DEFAULT 'LR-' || to_char(nextval('lab_report_number'), 'FM000000000'),
    lab_test_id   uuid NOT NULL UNIQUE REFERENCES lab_test ON DELETE NO ACTION,
    patient_id    uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    laboratory_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    state         text NOT NULL CHECK (state IN ('draft', 'published', 'amended')),
    version       smallint NOT NULL DEFAULT 1 CHECK (version BETWEEN 1 AND 100),   -- the one that counts
    created_at    timestamptz NOT NULL,
    published_at  timestamptz,
    CHECK ((state = 'draft') = (published_at IS NULL)),
    CHECK ((state = 'amended') = (version > 1))
);
CREATE INDEX lab_report_of_patient ON lab_report (patient_id, id DESC);
CREATE INDEX lab_report_of_laboratory ON lab_report (laboratory_id, id DESC);

CREATE TABLE lab_report_version (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    report_id    uuid NOT NULL REFERENCES lab_report ON DELETE NO ACTION,
    version      smallint NOT NULL CHECK (version BETWEEN 1 AND 100),
    results      jsonb NOT NULL CHECK (jsonb_typeof(results) = 'array'),  -- with flag and range, as they were judged
    remark       text CHECK (char_length(remark) BETWEEN 1 AND 4000),
    media_ids    uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(media_ids) <= 20),
    reason       text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    written_by   uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    written_at   timestamptz NOT NULL,
    published_at timestamptz,
    CONSTRAINT lab_report_version_once UNIQUE (report_id, version),
    CHECK ((version = 1) = (reason IS NULL)),
    CHECK (version = 1 OR published_at IS NOT NULL)
);

-- Whatever the code believes: what was published is never written again, and never taken back.
CREATE FUNCTION keep_lab_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'lab_report_version' THEN
        IF OLD.published_at IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'lab_report_stays_as_published',
                MESSAGE = 'what was published stays as it was; amend it';
        END IF;
    ELSIF TG_OP = 'DELETE' OR NEW.version < OLD.version OR (OLD.state <> 'draft' AND NEW.state = 'draft')
       OR (NEW.lab_test_id, NEW.patient_id, NEW.laboratory_id) <> (OLD.lab_test_id, OLD.patient_id, OLD.laboratory_id)
       OR (OLD.published_at IS NOT NULL AND NEW.published_at <> OLD.published_at) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'lab_report_stays_as_published',
            MESSAGE = 'a report stays whose it is, and published';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER lab_report_stays BEFORE UPDATE OR DELETE ON lab_report FOR EACH ROW EXECUTE FUNCTION keep_lab_report();
CREATE TRIGGER lab_report_version_stays BEFORE UPDATE OR DELETE ON lab_report_version
    FOR EACH ROW EXECUTE FUNCTION keep_lab_report();

-- A critical value of a version. It is asked for step by step until somebody acknowledges it, or a version without it
-- takes its place.
CREATE TABLE lab_critical (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    report_id       uuid NOT NULL,
    version         smallint NOT NULL,
    laboratory_id   uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    doctor_id       uuid REFERENCES doctor ON DELETE NO ACTION,     -- who has to acknowledge it; null: the laboratory
    place_id        uuid REFERENCES place ON DELETE NO ACTION,      -- where the doctor asked
    raised_at       timestamptz NOT NULL,
    due_at          timestamptz NOT NULL CHECK (due_at >= raised_at),
    step            smallint NOT NULL DEFAULT 0 CHECK (step BETWEEN 0 AND 2),
    acknowledged_at timestamptz,
    acknowledged_by uuid REFERENCES account ON DELETE NO ACTION,
    how             text CHECK (how IN ('patient_told', 'treatment_changed', 'sent_to_hospital', 'expected')),
    note            text CHECK (char_length(note) BETWEEN 1 AND 1000),
    superseded_at   timestamptz,
    FOREIGN KEY (report_id, version) REFERENCES lab_report_version (report_id, version) ON DELETE NO ACTION,
    CONSTRAINT lab_critical_once UNIQUE (report_id, version),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (how IS NULL)),
    CHECK (acknowledged_at IS NULL OR superseded_at IS NULL),
    CHECK (note IS NULL OR acknowledged_at IS NOT NULL)
);
CREATE UNIQUE INDEX lab_critical_waits ON lab_critical (report_id) WHERE acknowledged_at IS NULL AND superseded_at IS NULL;
CREATE INDEX lab_critical_open ON lab_critical (raised_at, id) WHERE acknowledged_at IS NULL AND superseded_at IS NULL;

-- Each step of the asking, once.
CREATE TABLE lab_critical_step (
    critical_id uuid NOT NULL REFERENCES lab_critical ON DELETE NO ACTION,
    step        smallint NOT NULL CHECK (step BETWEEN 0 AND 2),
    at          timestamptz NOT NULL,
    told        integer NOT NULL CHECK (told >= 0),
    PRIMARY KEY (critical_id, step)
);

-- Who acknowledged stays on record, and an acknowledged value waits no more.
CREATE FUNCTION keep_lab_critical() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.step < OLD.step
       OR (OLD.acknowledged_at IS NOT NULL AND (NEW.acknowledged_at, NEW.acknowledged_by, NEW.how, NEW.step)
           IS DISTINCT FROM (OLD.acknowledged_at, OLD.acknowledged_by, OLD.how, OLD.step)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'lab_critical_stays',
            MESSAGE = 'what was acknowledged stays so';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lab_critical_stays BEFORE UPDATE OR DELETE ON lab_critical
    FOR EACH ROW EXECUTE FUNCTION keep_lab_critical();
