-- Whose tries are counted together: a device that the account knows is not kept out by what strangers try elsewhere.

ALTER TABLE login_otp ADD COLUMN own_tries smallint NOT NULL DEFAULT 0 CHECK (own_tries BETWEEN 0 AND 5);

CREATE INDEX login_devices ON login (account_id, device);

ALTER TABLE throttle DROP CONSTRAINT throttle_kind_check;
ALTER TABLE throttle ADD CONSTRAINT throttle_kind_check CHECK (kind IN ('otp_number_hour', 'otp_number_day',
    'otp_number_sms', 'otp_network_hour', 'otp_network_day', 'otp_device_day', 'otp_own_device', 'otp_wrong_network',
    'login_pair', 'login_network', 'login_address', 'login_own_device', 'mail_address_hour', 'mail_address_day',
    'mail_network_hour', 'proof_wrong_network', 'password_account', 'fact_account', 'contact_account'));
