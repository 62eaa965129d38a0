-- An account's own clock, and when it wants to hear nothing that can wait: over midnight, on that clock. Null: never.
ALTER TABLE account
    ADD COLUMN zone        text CHECK (char_length(zone) BETWEEN 1 AND 64),
    ADD COLUMN quiet_from  time DEFAULT '22:00' CHECK (extract(second FROM quiet_from) = 0),
    ADD COLUMN quiet_until time DEFAULT '07:00' CHECK (extract(second FROM quiet_until) = 0),
    ADD CONSTRAINT account_quiet_both CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    ADD CONSTRAINT account_quiet_not_always CHECK (quiet_from <> quiet_until);
