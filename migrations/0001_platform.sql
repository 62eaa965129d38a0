-- What the platform itself keeps: the deployment's identity, events and their heads, receipts, jobs.

CREATE TABLE deployment (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    id       uuid NOT NULL DEFAULT uuidv7(),
    restores bigint NOT NULL DEFAULT 0,            -- bumped by `carewire restore`
    born_at  timestamptz NOT NULL DEFAULT now()    -- the product's clock counts from here when it runs at another rate
);
INSERT INTO deployment DEFAULT VALUES;

-- Another epoch means: offsets of before tell nothing about offsets of now.
CREATE FUNCTION carewire_epoch() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT substr(encode(sha256(convert_to(concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        left(pg_walfile_name(pg_current_wal_lsn()), 8),      -- the WAL timeline: a failover changes it
        d.id, d.restores), 'UTF8')), 'hex'), 1, 16)
    FROM deployment d
$$;

-- The last offset given out per topic. Rows are never deleted. The row lock orders the writers of a topic.
CREATE TABLE topic_head (
    topic    text COLLATE "C" PRIMARY KEY,
    "offset" bigint NOT NULL CHECK ("offset" > 0)
) WITH (fillfactor = 70);

-- The record of what was told. (topic, offset) first: it is how gaps are healed; day only names the partition.
CREATE TABLE event (
    day      date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    topic    text COLLATE "C" NOT NULL,
    "offset" bigint NOT NULL CHECK ("offset" > 0),
    name     text NOT NULL,
    at       timestamptz NOT NULL,                 -- product time
    payload  bytea NOT NULL,                       -- the event's data, JSON, as it went out
    xid      xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (topic, "offset", day)
) PARTITION BY RANGE (day);
CREATE INDEX event_xid ON event (xid);
CREATE TABLE event_default PARTITION OF event DEFAULT;

-- Partitions for today and the days ahead; those older than `keep` days go.
CREATE FUNCTION carewire_partitions(ahead integer DEFAULT 3, keep integer DEFAULT 7) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    d date;
    old text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('carewire_partitions'));
    FOR d IN SELECT today + n FROM generate_series(0, ahead) n LOOP
        IF to_regclass(format('event_%s', to_char(d, 'YYYYMMDD'))) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
                           'event_' || to_char(d, 'YYYYMMDD'), d, d + 1);
        END IF;
    END LOOP;
    FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_\d{8}$'
                 AND to_date(substr(c.relname, 7), 'YYYYMMDD') < today - keep LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
END $$;
SELECT carewire_partitions();

-- One row per command that ran with a key. Claimed before any effect; `result` is the reply, byte for byte.
CREATE TABLE receipt (
    account    uuid NOT NULL,
    command    text NOT NULL,
    key        uuid NOT NULL,
    input      bytea NOT NULL,
    result     bytea,
    doors      bytea,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, command, key)
);
CREATE INDEX receipt_claimed_at ON receipt USING brin (claimed_at);

-- Versions of conflated events: drawn before COMMIT, under the root's lock.
CREATE SEQUENCE conflated_version;

CREATE TABLE job (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    name       text NOT NULL,
    key        text UNIQUE,                        -- a later job with the same key replaces the earlier
    payload    bytea,                              -- wiped at the end when the job is secret
    secret     boolean NOT NULL DEFAULT false,
    due_at     timestamptz NOT NULL,               -- product time
    claim      uuid,                               -- whoever runs it now; closing needs the same claim
    attempts   smallint NOT NULL DEFAULT 0,
    retry_at   timestamptz,                        -- real time
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'dead')),
    problem    text,                               -- the class of the last error, never its text
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX job_open ON job (due_at) WHERE state = 'open';

-- The last statement before COMMIT, in one round trip: check what was deferred, store the reply, number the events.
-- Heads are locked in one order by everybody (unsorted, concurrent writers deadlock) and stay locked until COMMIT ends,
-- so offsets are gapless and in commit order. Answers the offsets in the order of the arguments.
CREATE FUNCTION carewire_finish(
    topics text[], names text[], payloads bytea[], happened timestamptz,
    r_account uuid, r_command text, r_key uuid, r_result bytea, r_doors bytea
) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    IF r_key IS NOT NULL THEN
        UPDATE receipt SET result = r_result, doors = r_doors
         WHERE account = r_account AND command = r_command AND key = r_key;
    END IF;
    IF cardinality(topics) = 0 THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH told AS (
        SELECT t.topic COLLATE "C" AS topic, t.name, t.payload, t.n
          FROM unnest(topics, names, payloads) WITH ORDINALITY AS t (topic, name, payload, n)
    ), heads AS (
        INSERT INTO topic_head AS h (topic, "offset")
        SELECT topic, count(*) FROM told GROUP BY topic ORDER BY topic COLLATE "C"
        ON CONFLICT (topic) DO UPDATE SET "offset" = h."offset" + EXCLUDED."offset"
        RETURNING h.topic, h."offset"
    ), numbered AS (
        SELECT told.*, heads."offset" - count(*) OVER (PARTITION BY told.topic)
               + row_number() OVER (PARTITION BY told.topic ORDER BY told.n) AS at_offset
          FROM told JOIN heads USING (topic)
    ), stored AS (
        INSERT INTO event (topic, "offset", name, at, payload)
        SELECT topic, at_offset, name, happened, payload FROM numbered
    )
    SELECT at_offset FROM numbered ORDER BY n;
END $$;
