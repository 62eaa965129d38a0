-- Who can be visited, and where.

CREATE TABLE place (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    kind       text NOT NULL CHECK (kind IN ('clinic', 'hospital', 'pharmacy', 'laboratory')),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    zone       text NOT NULL CHECK (char_length(zone) BETWEEN 1 AND 64),           -- IANA
    city       text NOT NULL CHECK (char_length(city) BETWEEN 1 AND 120),
    phone      text CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),
    created_at timestamptz NOT NULL
);
CREATE INDEX place_by_city ON place (lower(city));

CREATE TABLE room (
    id       uuid PRIMARY KEY DEFAULT uuidv7(),
    place_id uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    name     text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    CONSTRAINT room_name_once UNIQUE (place_id, name),
    CONSTRAINT room_of_place UNIQUE (place_id, id)   -- so that others can refer to "a room of this place"
);

CREATE TABLE specialty (
    slug text PRIMARY KEY CHECK (slug ~ '^[a-z][a-z0-9_]{0,63}$'),
    name text NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 120)
);

CREATE TABLE doctor (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id   uuid NOT NULL UNIQUE REFERENCES account ON DELETE NO ACTION,
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    specialty    text NOT NULL REFERENCES specialty ON DELETE NO ACTION,
    registration text CHECK (char_length(registration) BETWEEN 1 AND 64),          -- the council's number
    languages    text[] NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL
);
CREATE INDEX doctor_by_name ON doctor (lower(name), id);
CREATE INDEX doctor_by_specialty ON doctor (specialty, lower(name), id);

-- A doctor works at a place: the place offers, the doctor accepts. `since` is when it was accepted.
CREATE TABLE affiliation (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    doctor_id  uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id   uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    state      text NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'ended')),
    offered_at timestamptz NOT NULL,
    since      timestamptz,
    until      timestamptz,
    CHECK ((since IS NOT NULL) = (state IN ('accepted', 'ended'))),
    CHECK ((until IS NOT NULL) = (state = 'ended'))
);
CREATE UNIQUE INDEX affiliation_live_once ON affiliation (doctor_id, place_id) WHERE state IN ('offered', 'accepted');
CREATE INDEX affiliation_by_place ON affiliation (place_id) WHERE state = 'accepted';

ALTER TABLE membership ADD CONSTRAINT membership_place FOREIGN KEY (place_id) REFERENCES place ON DELETE NO ACTION;
ALTER TABLE patient ADD CONSTRAINT patient_place FOREIGN KEY (place_id) REFERENCES place ON DELETE NO ACTION;
