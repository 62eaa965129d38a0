-- The payment gateway that development plays for itself: what a real one keeps on its own side.

CREATE TABLE house_intent (
    ref        text PRIMARY KEY CHECK (ref ~ '^hi_[0-9a-f]{32}$'),
    payment_id uuid NOT NULL UNIQUE,
    secret     text NOT NULL UNIQUE CHECK (secret ~ '^hi_[0-9a-f]{32}_secret_[0-9a-f]{32}$'),
    amount     bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000),  -- minor units; what came, once it is completed
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state      text NOT NULL CHECK (state = ANY (ARRAY['pending', 'processing', 'completed', 'failed', 'cancelled'])),
    problem    text CHECK (problem ~ '^[a-z0-9_]{1,40}$'),
    moved_at   timestamptz NOT NULL                                      -- real time
);

CREATE TABLE house_refund (
    id     uuid PRIMARY KEY,                    -- ours: asked for again, it is the same
    ref    text NOT NULL REFERENCES house_intent ON DELETE NO ACTION,
    amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 1000000000)
);
CREATE INDEX house_refund_ref ON house_refund (ref);
