-- The jobs platform: rows that are relayed to a stream, dead letters an admin decides about, and a schedule.

ALTER TABLE job
    ADD relayed_at timestamptz,                    -- real time: when its id was last given to the stream
    ADD expires_at timestamptz,                    -- real time: from then on its payload is wiped and nothing is done
    ADD doubt boolean NOT NULL DEFAULT false,      -- a try left the house and nobody wrote down how it ended
    ADD proof text,                                -- what the outside company calls what it took
    DROP CONSTRAINT job_state_check,
    ADD CONSTRAINT job_state_check CHECK (state IN ('open', 'done', 'dead', 'expired', 'discarded'));
CREATE INDEX job_dead ON job (id DESC) WHERE state = 'dead';
CREATE INDEX job_expiring ON job (expires_at) WHERE state = 'open' AND expires_at IS NOT NULL;

-- One row per periodic job. Whoever locks the row enqueues its next occurrence, so each is enqueued once.
CREATE TABLE schedule (
    name    text PRIMARY KEY,
    plan    text NOT NULL,                         -- as declared; another plan starts over
    next_at timestamptz NOT NULL,                  -- product time
    last_at timestamptz
);

-- A letter exists once per job, however often the job is tried.
ALTER TABLE mailbox ADD job uuid UNIQUE;
