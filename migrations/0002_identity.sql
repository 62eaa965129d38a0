-- People: accounts and what they may be, patients and who acts for them, logins and everything that proves one.

CREATE TABLE account (
    id                uuid PRIMARY KEY DEFAULT uuidv7(),
    phone             text UNIQUE CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),          -- E.164
    email             text UNIQUE CHECK (email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+$'),
    email_verified_at timestamptz,
    name              text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    password_hash     text CHECK (password_hash LIKE '$argon2id$%'),
    locale            text NOT NULL DEFAULT 'en' CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    state             text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deactivated')),
    rights_version    bigint NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL,
    -- Somebody must be able to log in, and a password alone is no login name.
    CONSTRAINT account_reachable CHECK (phone IS NOT NULL OR email IS NOT NULL),
    CONSTRAINT account_password_needs_email CHECK (password_hash IS NULL OR email IS NOT NULL)
);

-- What an account may be. Staff is not here: it follows from a live membership. Display is no account.
CREATE TABLE account_capacity (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    capacity   text NOT NULL
               CHECK (capacity IN ('patient', 'doctor', 'pharmacy', 'laboratory', 'hospital_admin', 'admin')),
    state      text NOT NULL CHECK (state IN ('active', 'pending', 'withdrawn')),
    since      timestamptz NOT NULL,
    CONSTRAINT account_capacity_once UNIQUE (account_id, capacity)
);

-- A person who is treated. May have no account, no phone, no e-mail. Deleting an account never reaches here.
CREATE TABLE patient (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    phone      text CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),
    birth_year smallint CHECK (birth_year BETWEEN 1880 AND 2200),
    sex        text CHECK (sex IN ('female', 'male', 'other')),
    place_id   uuid,                               -- the place whose desk made this patient; null: made by a guardian
    created_at timestamptz NOT NULL
);
CREATE INDEX patient_by_place_phone ON patient (place_id, phone) WHERE place_id IS NOT NULL;

-- Who acts for whom: `kind` is what the account's holder is to the patient.
CREATE TABLE guardianship (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    patient_id uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    kind       text NOT NULL CHECK (kind IN ('self', 'parent', 'child', 'spouse', 'sibling', 'guardian', 'other')),
    since      timestamptz NOT NULL,
    until      timestamptz,
    CHECK (until >= since)
);
CREATE UNIQUE INDEX guardianship_live_once ON guardianship (account_id, patient_id) WHERE until IS NULL;
CREATE UNIQUE INDEX guardianship_one_self ON guardianship (account_id) WHERE until IS NULL AND kind = 'self';
CREATE UNIQUE INDEX guardianship_self_of_one ON guardianship (patient_id) WHERE until IS NULL AND kind = 'self';
CREATE INDEX guardianship_by_patient ON guardianship (patient_id) WHERE until IS NULL;

-- Staff: a person's duty at a place. Several duties are several rows. (0003 adds the reference to the place.)
CREATE TABLE membership (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    place_id   uuid NOT NULL,
    duty       text NOT NULL CHECK (duty IN
               ('owner', 'manager', 'front_desk', 'nurse', 'pharmacist', 'technician', 'collector')),
    since      timestamptz NOT NULL,
    until      timestamptz,
    CHECK (until >= since)
);
CREATE UNIQUE INDEX membership_live_once ON membership (account_id, place_id, duty) WHERE until IS NULL;
CREATE INDEX membership_by_place ON membership (place_id) WHERE until IS NULL;

-- One device, logged in. The family of its refresh tokens. All times from here on are real time.
CREATE TABLE login (
    id                uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id        uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    device            text CHECK (char_length(device) <= 120),
    access_jti        uuid NOT NULL,               -- the newest access token, for the blacklist
    access_expires_at timestamptz NOT NULL,
    created_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    end_reason        text CHECK (end_reason IN ('logout', 'reuse', 'remote', 'deactivated', 'password')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX login_live ON login (account_id) WHERE ended_at IS NULL;

-- Only digests. A token's successor is derived from the token itself with the server's secret, so a client whose
-- reply was lost can be given the same successor again, and neither the rows nor the secret alone forge one.
CREATE TABLE refresh_token (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    login_id   uuid NOT NULL REFERENCES login ON DELETE NO ACTION,
    generation integer NOT NULL CHECK (generation >= 0),
    digest     bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT refresh_token_generation UNIQUE (login_id, generation)
);
-- A family has one usable token, whatever the code believes.
CREATE UNIQUE INDEX refresh_token_one_unused ON refresh_token (login_id) WHERE used_at IS NULL;

CREATE TABLE token_blacklist (
    jti        uuid PRIMARY KEY,
    login_id   uuid NOT NULL REFERENCES login ON DELETE NO ACTION,
    expires_at timestamptz NOT NULL                -- afterwards the token is dead by itself and the row may go
);
CREATE INDEX token_blacklist_expires ON token_blacklist (expires_at);

-- The one code a number may have. Made whether or not the number has an account.
CREATE TABLE login_otp (
    phone       text PRIMARY KEY CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),
    code_digest bytea NOT NULL,                    -- keyed: a plain hash of six digits is no secret
    nonce       bytea NOT NULL,
    sent_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    tries       smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    used_at     timestamptz,
    charged     bytea[] NOT NULL DEFAULT '{}'      -- the caps a successful login gives back
);
CREATE INDEX login_otp_expires ON login_otp (expires_at);

-- Counters of attempts in fixed windows. The subject is a keyed digest: no number, address or e-mail stands here.
CREATE TABLE throttle (
    subject bytea PRIMARY KEY CHECK (octet_length(subject) = 32),
    kind    text NOT NULL CHECK (kind IN ('otp_number_hour', 'otp_number_day', 'otp_number_sms', 'otp_network_hour',
            'otp_network_day', 'otp_device_day', 'otp_wrong_network', 'login_pair', 'login_network')),
    spent   integer NOT NULL CHECK (spent >= 0),
    ends_at timestamptz NOT NULL
);
CREATE INDEX throttle_ends ON throttle (ends_at);

-- What somebody said about herself before proving the number. Only the ticket's holder can use it, so nobody can
-- plant a password or a capacity into another person's first login.
CREATE TABLE registration (
    ticket_digest bytea PRIMARY KEY CHECK (octet_length(ticket_digest) = 32),
    phone         text NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),
    capacity      text NOT NULL CHECK (capacity IN ('patient', 'doctor', 'pharmacy', 'laboratory')),
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    email         text CHECK (email = lower(email)),
    password_hash text CHECK (password_hash LIKE '$argon2id$%'),
    locale        text NOT NULL CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    expires_at    timestamptz NOT NULL
);
CREATE INDEX registration_expires ON registration (expires_at);

-- Letters of the embedded providers: what a gateway would have sent. Development and tests read them here.
CREATE TABLE mailbox (
    id      uuid PRIMARY KEY DEFAULT uuidv7(),
    channel text NOT NULL CHECK (channel IN ('sms', 'email')),
    address text NOT NULL,
    subject text,
    body    text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX mailbox_by_address ON mailbox (address, id DESC);
