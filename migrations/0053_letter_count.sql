-- How many letters left each day, for the cap on what a day may cost.
CREATE TABLE letter_count (
    day     date NOT NULL,                         -- UTC
    channel text NOT NULL CHECK (channel IN ('sms', 'email')),
    sent    bigint NOT NULL CHECK (sent > 0),      -- tries too
    PRIMARY KEY (day, channel)
);
