-- Appointments and the seats they take. Whatever the code believes, no slot has more seats taken than it offers.

-- The root of everything that happens on one day of one doctor: locked before anything of it is read.
CREATE TABLE slot_day (
    doctor_id uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    day       date NOT NULL,                       -- on the slots' own clock
    PRIMARY KEY (doctor_id, day)
);

-- A slot that somebody touched; all others follow from the doctor's week and are stored nowhere.
CREATE TABLE slot (
    id        uuid PRIMARY KEY DEFAULT uuidv7(),
    doctor_id uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id  uuid REFERENCES place ON DELETE NO ACTION,      -- null: by video, from anywhere
    mode      text NOT NULL CHECK (mode IN ('in_person', 'teleconsult')),
    day       date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    zone      text NOT NULL,                       -- IANA
    capacity  integer NOT NULL CHECK (capacity BETWEEN 1 AND 500),
    FOREIGN KEY (doctor_id, day) REFERENCES slot_day ON DELETE NO ACTION,
    CONSTRAINT slot_once UNIQUE NULLS NOT DISTINCT (doctor_id, starts_at, ends_at, place_id, mode),
    CONSTRAINT slot_as_seats_see_it UNIQUE (id, doctor_id, starts_at, ends_at, capacity),
    CHECK (starts_at < ends_at AND ends_at <= starts_at + interval '24 hours'),
    CHECK (mode = 'teleconsult' OR place_id IS NOT NULL)
);

CREATE SEQUENCE appointment_serial START 1;

CREATE TABLE appointment (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    serial         bigint NOT NULL UNIQUE DEFAULT nextval('appointment_serial'),   -- its number for people
    patient_id     uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    doctor_id      uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id       uuid REFERENCES place ON DELETE NO ACTION,
    mode           text NOT NULL CHECK (mode IN ('in_person', 'teleconsult')),
    slot_id        uuid NOT NULL REFERENCES slot ON DELETE NO ACTION,
    day            date NOT NULL,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    zone           text NOT NULL,
    state          text NOT NULL CHECK (state IN ('requested', 'booked', 'appointment_confirmed', 'awaiting_consultation',
                   'consultation_in_progress', 'prescription_provided', 'follow_up_scheduled', 'consultation_completed',
                   'cancelled', 'no_show')),
    revision       integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
    follow_up_of   uuid REFERENCES appointment ON DELETE NO ACTION,
    payment        text NOT NULL CHECK (payment IN ('online', 'counter', 'free')),
    fee_amount     bigint NOT NULL CHECK (fee_amount BETWEEN 0 AND 1000000000),    -- minor units
    fee_currency   text NOT NULL CHECK (fee_currency ~ '^[A-Z]{3}$'),
    policy         jsonb NOT NULL,                 -- what was shown before booking: refund steps, free revisits
    revisit_of     uuid REFERENCES appointment ON DELETE NO ACTION,
    revisit_number smallint CHECK (revisit_number >= 1),
    pay_by         timestamptz,                    -- unpaid then: over
    confirm_by     timestamptz,                    -- still requested then: over
    paid_at        timestamptz,
    payment_id     uuid,
    refund_ceiling smallint NOT NULL DEFAULT 100 CHECK (refund_ceiling BETWEEN 0 AND 100),   -- moving it brings no more back
    refund_percent smallint CHECK (refund_percent BETWEEN 0 AND 100),
    refund_due     bigint CHECK (refund_due BETWEEN 0 AND fee_amount),
    complaint      text CHECK (char_length(complaint) BETWEEN 1 AND 4000),
    notes          text CHECK (char_length(notes) BETWEEN 1 AND 4000),
    booked_by      uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    booked_side    text NOT NULL CHECK (booked_side IN ('patient', 'doctor', 'desk', 'admin')),
    created_at     timestamptz NOT NULL,
    session_id     uuid REFERENCES session ON DELETE NO ACTION,
    token_id       uuid UNIQUE REFERENCES token ON DELETE NO ACTION,
    arrived_at     timestamptz,
    ended_at       timestamptz,
    ended_side     text CHECK (ended_side IN ('patient', 'doctor', 'desk', 'admin', 'system')),
    end_reason     text CHECK (end_reason IN ('cannot_come', 'not_needed', 'elsewhere', 'doctor_unavailable', 'emergency',
                   'place_closed', 'other', 'unpaid', 'not_confirmed', 'session_ended', 'left_the_line')),
    CHECK (starts_at < ends_at),
    CHECK (mode = 'teleconsult' OR place_id IS NOT NULL),
    CHECK ((payment = 'free') = (fee_amount = 0)),
    CHECK ((paid_at IS NULL) = (payment_id IS NULL)),
    CHECK (paid_at IS NULL OR fee_amount > 0),
    CHECK (pay_by IS NULL OR payment = 'online'),
    CHECK ((revisit_of IS NULL) = (revisit_number IS NULL)),
    CHECK (revisit_of IS NULL OR payment = 'free'),
    CHECK (follow_up_of <> id AND revisit_of <> id),
    CHECK ((refund_due IS NULL) = (refund_percent IS NULL)),
    CHECK (refund_due IS NULL OR (state = 'cancelled' AND paid_at IS NOT NULL)),
    CONSTRAINT appointment_requested_has_a_date CHECK ((state = 'requested') = (confirm_by IS NOT NULL)),
    CONSTRAINT appointment_over_when_it_ended CHECK (
        (state IN ('consultation_completed', 'cancelled', 'no_show')) = (ended_at IS NOT NULL)
        AND (ended_at IS NULL) = (ended_side IS NULL)),
    CONSTRAINT appointment_cancelled_has_reason CHECK ((state = 'cancelled') = (end_reason IS NOT NULL)),
    CONSTRAINT appointment_seen_after_arrival CHECK (state NOT IN ('awaiting_consultation', 'consultation_in_progress',
        'prescription_provided', 'follow_up_scheduled', 'consultation_completed') OR arrived_at IS NOT NULL),
    CONSTRAINT appointment_unpaid_does_not_arrive CHECK (arrived_at IS NULL OR payment <> 'online' OR paid_at IS NOT NULL)
);
CREATE INDEX appointment_patient ON appointment (patient_id, starts_at, id);
CREATE INDEX appointment_doctor ON appointment (doctor_id, starts_at, id);
CREATE INDEX appointment_place ON appointment (place_id, starts_at, id);
CREATE INDEX appointment_to_come ON appointment (starts_at) WHERE state IN ('booked', 'appointment_confirmed');
CREATE UNIQUE INDEX appointment_revisit_once ON appointment (revisit_of, revisit_number) WHERE state <> 'cancelled';

-- A seat more than a slot has: granted by its doctor or a manager, with a reason, and good for one appointment.
CREATE TABLE slot_override (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    slot_id        uuid NOT NULL REFERENCES slot ON DELETE NO ACTION,
    granted_by     uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    granted_at     timestamptz NOT NULL,
    reason         text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 300),
    appointment_id uuid UNIQUE REFERENCES appointment ON DELETE NO ACTION,
    used_at        timestamptz,
    CHECK ((appointment_id IS NULL) = (used_at IS NULL)),
    CONSTRAINT slot_override_as_seats_see_it UNIQUE (id, slot_id, appointment_id)
);
CREATE FUNCTION slot_override_used_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'slot_override_used_once',
        MESSAGE = 'an override is used once and stays as it was granted';
END $$;
CREATE TRIGGER slot_override_used_once BEFORE UPDATE OR DELETE ON slot_override FOR EACH ROW
    WHEN (OLD.appointment_id IS NOT NULL) EXECUTE FUNCTION slot_override_used_once();

-- Who waits for a seat of a doctor, on these days.
CREATE TABLE waitlist (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    account_id uuid NOT NULL REFERENCES account ON DELETE NO ACTION,     -- who put her there
    doctor_id  uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id   uuid REFERENCES place ON DELETE NO ACTION,
    mode       text NOT NULL CHECK (mode IN ('in_person', 'teleconsult')),
    first      date NOT NULL,
    last       date NOT NULL CHECK (last BETWEEN first AND first + 92),
    state      text NOT NULL CHECK (state IN ('waiting', 'offered', 'taken', 'left', 'lapsed')),
    joined_at  timestamptz NOT NULL,
    ended_at   timestamptz,
    CHECK ((state IN ('taken', 'left', 'lapsed')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX waitlist_once ON waitlist (patient_id, doctor_id, place_id, mode) NULLS NOT DISTINCT
    WHERE state IN ('waiting', 'offered');
CREATE INDEX waitlist_line ON waitlist (doctor_id, joined_at, id) WHERE state = 'waiting';
CREATE INDEX waitlist_account ON waitlist (account_id);

-- A seat kept for a while. Past its time it is worth nothing, whoever has noticed.
CREATE TABLE hold (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    slot_id     uuid NOT NULL REFERENCES slot ON DELETE NO ACTION,
    patient_id  uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    account_id  uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    waitlist_id uuid REFERENCES waitlist ON DELETE NO ACTION,            -- the offer to who waited
    state       text NOT NULL CHECK (state IN ('standing', 'booked', 'released', 'expired')),
    made_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL CHECK (expires_at > made_at),
    ended_at    timestamptz,
    CHECK ((state = 'standing') = (ended_at IS NULL))
);
CREATE INDEX hold_account ON hold (account_id) WHERE state = 'standing';
CREATE INDEX hold_patient ON hold (patient_id) WHERE state = 'standing';
CREATE UNIQUE INDEX hold_one_offer ON hold (waitlist_id) WHERE state = 'standing';

-- A taken seat. Regular ones are numbered from 1 to what the slot offers, those by an override downwards from -1.
CREATE TABLE seat (
    slot_id        uuid NOT NULL,
    number         integer NOT NULL,
    capacity       integer NOT NULL,
    doctor_id      uuid NOT NULL,
    patient_id     uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    hold_id        uuid REFERENCES hold ON DELETE NO ACTION,
    appointment_id uuid REFERENCES appointment ON DELETE NO ACTION,
    override_id    uuid,
    CONSTRAINT seat_taken PRIMARY KEY (slot_id, number),
    CONSTRAINT seat_one_of_hold UNIQUE (hold_id),
    CONSTRAINT seat_one_of_appointment UNIQUE (appointment_id),
    CONSTRAINT seat_one_of_override UNIQUE (override_id),
    CHECK (num_nonnulls(hold_id, appointment_id) = 1),
    CONSTRAINT seat_within_capacity CHECK (CASE WHEN override_id IS NULL THEN number BETWEEN 1 AND capacity
                                                ELSE number < 0 AND appointment_id IS NOT NULL END),
    -- What a seat says of its slot is true. A lower capacity than what stands is refused here, by the CHECK above.
    CONSTRAINT seat_slot FOREIGN KEY (slot_id, doctor_id, starts_at, ends_at, capacity)
        REFERENCES slot (id, doctor_id, starts_at, ends_at, capacity) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT seat_override FOREIGN KEY (override_id, slot_id, appointment_id)
        REFERENCES slot_override (id, slot_id, appointment_id) ON DELETE NO ACTION,
    -- Nobody sits twice before the same doctor at the same time.
    CONSTRAINT seat_patient_apart EXCLUDE USING gist (patient_id WITH =, doctor_id WITH =, tstzrange(starts_at, ends_at) WITH &&),
    -- A doctor whose week was changed is not in an old slot and a new one at once.
    CONSTRAINT seat_doctor_apart EXCLUDE USING gist (doctor_id WITH =, slot_id WITH <>, tstzrange(starts_at, ends_at) WITH &&)
);

-- An appointment that stands has its seat in its slot, and one that is over by cancellation has none.
CREATE FUNCTION appointment_has_its_seat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mine record;
    which uuid := CASE WHEN TG_TABLE_NAME = 'appointment' THEN to_jsonb(NEW) ->> 'id'
                       ELSE to_jsonb(coalesce(NEW, OLD)) ->> 'appointment_id' END;
BEGIN
    IF which IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT a.state = 'cancelled' AS over, s.slot_id IS NOT NULL AS sits, s.slot_id = a.slot_id AS here INTO mine
      FROM appointment a LEFT JOIN seat s ON s.appointment_id = a.id WHERE a.id = which;
    IF mine.over = mine.sits OR (mine.sits AND NOT mine.here) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'appointment_has_its_seat',
            MESSAGE = 'an appointment has its seat exactly while it stands';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER appointment_has_its_seat AFTER INSERT OR UPDATE OF state, slot_id ON appointment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION appointment_has_its_seat();
CREATE CONSTRAINT TRIGGER seat_has_its_appointment AFTER INSERT OR UPDATE OR DELETE ON seat
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION appointment_has_its_seat();

-- A hold that stands has its seat, and any other has none.
CREATE FUNCTION hold_has_its_seat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mine record;
BEGIN
    SELECT h.state = 'standing' AS stands, EXISTS (SELECT FROM seat s WHERE s.hold_id = h.id AND s.slot_id = h.slot_id) AS sits
      INTO mine FROM hold h WHERE h.id = NEW.id;
    IF mine.stands <> mine.sits THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_has_its_seat',
            MESSAGE = 'a hold has its seat exactly while it stands';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER hold_has_its_seat AFTER INSERT OR UPDATE ON hold
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold_has_its_seat();

-- Nobody books where the approval was withdrawn (PRODUCT 7). What stands, stands.
CREATE FUNCTION refuse_withdrawn_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted record;
BEGIN
    SELECT doctor_id, place_id INTO wanted FROM slot WHERE id = NEW.slot_id;
    IF approval_withdrawn(wanted.doctor_id, wanted.place_id) THEN
        RAISE EXCEPTION 'the approval was withdrawn' USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'approval_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_approved BEFORE INSERT ON hold FOR EACH ROW EXECUTE FUNCTION refuse_withdrawn_slot();
CREATE TRIGGER appointment_approved BEFORE INSERT OR UPDATE OF slot_id ON appointment
    FOR EACH ROW EXECUTE FUNCTION refuse_withdrawn_slot();

-- The free visits that a paid one opened, as its terms were then.
CREATE TABLE revisit_window (
    appointment_id uuid PRIMARY KEY REFERENCES appointment ON DELETE NO ACTION,
    patient_id     uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    doctor_id      uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id       uuid REFERENCES place ON DELETE NO ACTION,
    until          timestamptz NOT NULL,
    visits         smallint NOT NULL CHECK (visits >= 1)
);
CREATE INDEX revisit_window_of ON revisit_window (patient_id, doctor_id);

-- Every payment that was told, and what was answered: telling it again answers the same.
CREATE TABLE appointment_payment (
    payment_id     uuid PRIMARY KEY,
    appointment_id uuid NOT NULL REFERENCES appointment ON DELETE NO ACTION,
    amount         bigint NOT NULL CHECK (amount >= 0),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    at             timestamptz NOT NULL,
    refund_reason  text CHECK (refund_reason IN ('expired', 'cancelled', 'over', 'paid_already', 'wrong_amount'))
);
CREATE INDEX appointment_payment_of ON appointment_payment (appointment_id);

-- Everything that was done to an appointment, by whom. Rows are only added.
CREATE TABLE appointment_step (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    appointment_id uuid NOT NULL REFERENCES appointment ON DELETE NO ACTION,
    revision       integer NOT NULL,
    at             timestamptz NOT NULL,
    move           text NOT NULL CHECK (char_length(move) BETWEEN 1 AND 40),
    actor_id       uuid,                           -- null: time did it
    from_state     text,
    to_state       text NOT NULL,
    starts_at      timestamptz NOT NULL,
    CONSTRAINT appointment_step_once UNIQUE (appointment_id, revision)
);
