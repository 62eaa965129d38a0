-- Another phone or e-mail: the old one hears of it and can take it back for a day.

CREATE TABLE contact_change (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    kind       text NOT NULL CHECK (kind IN ('phone', 'email')),
    old        text NOT NULL,
    new        text NOT NULL CHECK (new <> old),
    digest     bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),    -- of the token in the notice to the old one
    changed_at timestamptz NOT NULL,                                      -- real time, like the next
    undo_until timestamptz NOT NULL CHECK (undo_until > changed_at),
    state      text NOT NULL DEFAULT 'standing' CHECK (state IN ('standing', 'undone', 'settled')),
    undone_at  timestamptz,
    CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);
CREATE UNIQUE INDEX contact_change_held ON contact_change (kind, old) WHERE state = 'standing';
CREATE INDEX contact_change_by_account ON contact_change (account_id) WHERE state = 'standing';

-- While a change can be taken back, the old address is nobody else's: else there would be nothing to go back to.
CREATE FUNCTION contact_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM contact_change c WHERE c.state = 'standing' AND c.undo_until > now()
                AND c.account_id <> NEW.id AND (c.kind, c.old) IN (('phone', NEW.phone), ('email', NEW.email))) THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'contact_held',
            MESSAGE = 'this address can still be taken back by another account';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contact_held BEFORE INSERT OR UPDATE OF phone, email ON account
    FOR EACH ROW EXECUTE FUNCTION contact_held();

ALTER TABLE address_proof DROP CONSTRAINT address_proof_purpose_check;
ALTER TABLE address_proof ADD CONSTRAINT address_proof_purpose_check
    CHECK (purpose IN ('verify_email', 'reset_password', 'change_email'));

-- A code alone proves a number, and numbers are recycled: such a login tells one known fact before clinical data.
ALTER TABLE login ADD COLUMN fact_due boolean NOT NULL DEFAULT false;

ALTER TABLE throttle DROP CONSTRAINT throttle_kind_check;
ALTER TABLE throttle ADD CONSTRAINT throttle_kind_check CHECK (kind IN ('otp_number_hour', 'otp_number_day',
    'otp_number_sms', 'otp_network_hour', 'otp_network_day', 'otp_device_day', 'otp_wrong_network', 'login_pair',
    'login_network', 'mail_address_hour', 'mail_address_day', 'mail_network_hour', 'proof_wrong_network',
    'password_account', 'fact_account', 'contact_account'));
