-- Administrators: what each may, and what only two of them do together.

CREATE TABLE admin_scope (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    scope      text NOT NULL
               CHECK (scope IN ('verify', 'support', 'coordinate', 'content', 'money', 'privacy', 'super')),
    since      timestamptz NOT NULL,
    until      timestamptz,
    CHECK (until >= since)
);
CREATE UNIQUE INDEX admin_scope_live_once ON admin_scope (account_id, scope) WHERE until IS NULL;

-- Before there were scopes every administrator could do everything.
INSERT INTO admin_scope (account_id, scope, since)
SELECT account_id, 'super', since FROM account_capacity WHERE capacity = 'admin' AND state = 'active';

-- One asks, another decides. Nobody confirms what she asked for or what is about herself, whatever the code believes.
CREATE TABLE admin_request (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    kind       text NOT NULL CHECK (kind IN ('make_admin', 'change_scopes', 'change_settings')),
    subject_id uuid REFERENCES account ON DELETE NO ACTION,
    scopes     text[] NOT NULL DEFAULT '{}',
    changes    jsonb,                              -- the settings asked for
    asked_by   uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    asked_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'refused')),
    decided_by uuid REFERENCES account ON DELETE NO ACTION,
    decided_at timestamptz,
    CHECK ((state = 'open') = (decided_by IS NULL) AND (state = 'open') = (decided_at IS NULL)),
    CHECK ((kind = 'change_settings') = (changes IS NOT NULL) AND (kind = 'change_settings') = (subject_id IS NULL)),
    CONSTRAINT admin_request_two_people CHECK (
        state <> 'confirmed' OR (decided_by <> asked_by AND decided_by IS DISTINCT FROM subject_id)),
    CONSTRAINT admin_request_in_time CHECK (state <> 'confirmed' OR decided_at <= expires_at)
);
CREATE INDEX admin_request_open ON admin_request (id) WHERE state = 'open';

CREATE TABLE admin_settings (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    version    bigint NOT NULL DEFAULT 0,
    value      jsonb NOT NULL DEFAULT '{}',        -- what differs from the defaults in the code
    changed_at timestamptz
);
INSERT INTO admin_settings DEFAULT VALUES;
