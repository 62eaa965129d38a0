-- Nobody works anywhere who did not say yes: a duty is offered to a number and accepted by its owner.

CREATE TABLE member_invitation (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    place_id   uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    phone      text NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'),
    duty       text NOT NULL CHECK (duty IN
               ('owner', 'manager', 'front_desk', 'nurse', 'pharmacist', 'technician', 'collector')),
    invited_by uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    invited_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'declined', 'withdrawn')),
    ended_at   timestamptz,
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX member_invitation_once ON member_invitation (place_id, phone, duty) WHERE state = 'open';
CREATE INDEX member_invitation_by_phone ON member_invitation (phone) WHERE state = 'open';
