-- What gateways told us, so that each of their events has its effect once, however often and wherever it is sent.

CREATE TABLE webhook_event (
    gateway  text NOT NULL CHECK (gateway ~ '^[a-z]{2,30}$'),
    event_id text NOT NULL CHECK (char_length(event_id) BETWEEN 1 AND 255),  -- the gateway's id of the event
    at       timestamptz NOT NULL,                                           -- real time
    PRIMARY KEY (gateway, event_id)
);
CREATE INDEX webhook_event_at ON webhook_event (at);
