-- A doctor's sitting: when and where a line may form.

CREATE TABLE session (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    doctor_id       uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id        uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    room_id         uuid REFERENCES room ON DELETE NO ACTION,
    zone            text NOT NULL,                 -- IANA, the place's when the sitting was made: starts_at in a wall clock
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    opens_at        timestamptz NOT NULL,          -- joining and arriving is possible from here
    capacity        integer CHECK (capacity BETWEEN 1 AND 2000),
    booked_quota    integer CHECK (booked_quota BETWEEN 0 AND 2000),
    walk_in_quota   integer CHECK (walk_in_quota BETWEEN 0 AND 2000),
    remote_join     boolean NOT NULL DEFAULT false,
    multi_room      boolean NOT NULL DEFAULT false,
    average_minutes double precision NOT NULL DEFAULT 10 CHECK (average_minutes BETWEEN 0.5 AND 240),
    grace_minutes   integer NOT NULL DEFAULT 5 CHECK (grace_minutes BETWEEN 0 AND 120),
    back_after      integer NOT NULL DEFAULT 3 CHECK (back_after BETWEEN 0 AND 50),
    state           text NOT NULL DEFAULT 'scheduled'
                    CHECK (state IN ('scheduled', 'live', 'paused', 'completed', 'cancelled')),
    started_at      timestamptz,
    delayed_until   timestamptz,                   -- announced late start
    paused_reason   text CHECK (paused_reason IN ('break', 'rounds', 'emergency', 'prayer', 'technical', 'other')),
    paused_at       timestamptz,
    resumes_at      timestamptz,                   -- announced end of the pause
    ended_at        timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_at < ends_at AND ends_at <= starts_at + interval '24 hours'),
    CHECK (opens_at <= starts_at),
    CHECK (room_id IS NULL OR NOT multi_room),
    CHECK ((state = 'paused') = (paused_at IS NOT NULL)),
    CHECK ((state = 'paused') = (paused_reason IS NOT NULL)),
    CHECK (resumes_at IS NULL OR state = 'paused'),
    CHECK ((state IN ('completed', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK (state NOT IN ('live', 'paused', 'completed') OR started_at IS NOT NULL),
    CHECK (state <> 'scheduled' OR started_at IS NULL)
);
-- A doctor sits in one place at a time, unless the sitting was opened for several rooms.
CREATE UNIQUE INDEX session_one_live ON session (doctor_id) WHERE state IN ('live', 'paused') AND NOT multi_room;
CREATE INDEX session_doctor ON session (doctor_id, starts_at);
CREATE INDEX session_place ON session (place_id, starts_at);
