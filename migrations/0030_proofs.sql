-- One-time proofs that an address is read by its account's owner, and accounts that are gone.

-- Only digests: the token itself has 256 random bits and stands in one mail. A newer one replaces the older.
CREATE TABLE address_proof (
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    purpose    text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    digest     bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    email      text NOT NULL CHECK (email = lower(email)),   -- where it went: another address of the account proves nothing
    expires_at timestamptz NOT NULL,                         -- real time
    PRIMARY KEY (account_id, purpose)
);
CREATE INDEX address_proof_expires ON address_proof (expires_at);

ALTER TABLE throttle DROP CONSTRAINT throttle_kind_check;
ALTER TABLE throttle ADD CONSTRAINT throttle_kind_check CHECK (kind IN ('otp_number_hour', 'otp_number_day',
    'otp_number_sms', 'otp_network_hour', 'otp_network_day', 'otp_device_day', 'otp_wrong_network', 'login_pair',
    'login_network', 'mail_address_hour', 'mail_address_day', 'mail_network_hour', 'proof_wrong_network',
    'password_account'));

-- A deleted account keeps its row, because others' rows refer to it, and nothing that says whose it was.
ALTER TABLE account DROP CONSTRAINT account_state_check;
ALTER TABLE account ADD CONSTRAINT account_state_check CHECK (state IN ('active', 'deactivated', 'deleted'));
ALTER TABLE account DROP CONSTRAINT account_reachable;
ALTER TABLE account ADD CONSTRAINT account_reachable CHECK ((phone IS NULL AND email IS NULL) = (state = 'deleted'));
CREATE INDEX account_by_name ON account (lower(name), id) WHERE state <> 'deleted';
ALTER TABLE account ADD CONSTRAINT account_verified_address CHECK (email_verified_at IS NULL OR email IS NOT NULL);

-- Whatever the code believes: who is not active has no live login (the last of a statement's effects decide).
CREATE FUNCTION login_of_active_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account a JOIN login l ON l.account_id = a.id
                WHERE a.id = NEW.id AND a.state <> 'active' AND l.ended_at IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'login_of_active_account',
            MESSAGE = 'an account that is not active has a live login';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER login_of_active_account AFTER UPDATE OF state ON account
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state <> 'active' AND OLD.state = 'active')
    EXECUTE FUNCTION login_of_active_account();
