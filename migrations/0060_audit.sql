-- The audit: who did, read or was refused what. Ids and keyed digests, never a name; so an erasure leaves it standing.
--
-- Rows are written unchained, in the transaction whose act they record, each with a keyed hash of its own content; a
-- chain inside each transaction would make all of them wait for one another. The sealer chains what has committed.

ALTER TABLE deployment
    ADD audit_era integer NOT NULL DEFAULT 0;      -- a restored database begins another: its transaction ids start anew

CREATE TABLE audit (
    id      uuid NOT NULL,                         -- UUIDv7 of the node's wall clock
    month   date NOT NULL CHECK (month = date_trunc('month', month::timestamp)),
    at      timestamptz NOT NULL,                  -- real time
    kind    text NOT NULL CHECK (kind IN ('write', 'read', 'login', 'logout', 'refusal')),
    actor   uuid,                                  -- an account or a display; null: nobody is logged in, or a job
    login   uuid,
    command text NOT NULL CHECK (char_length(command) BETWEEN 1 AND 100),
    noun    text CHECK (char_length(noun) BETWEEN 1 AND 64),
    subject uuid,
    patient uuid,                                  -- whose data it was, where it was somebody's
    why     text CHECK (char_length(why) BETWEEN 1 AND 64),                        -- the right it was done by
    reason  text CHECK (char_length(reason) BETWEEN 1 AND 64),                     -- the refusal's word
    times   integer NOT NULL DEFAULT 1 CHECK (times > 0),                          -- refusals come in numbers
    input   bytea CHECK (octet_length(input) = 32),                                -- keyed digest of the params
    address bytea CHECK (octet_length(address) = 16),                              -- keyed digests of the other end's
    agent   bytea CHECK (octet_length(agent) = 16),                                -- network address and program
    hash    bytea NOT NULL CHECK (octet_length(hash) = 32),
    era     integer NOT NULL,
    xid     xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (era, xid, id, month),             -- the order of the chain
    CHECK ((kind = 'refusal') = (reason IS NOT NULL)),
    CHECK (kind = 'refusal' OR times = 1),
    CHECK (kind <> 'read' OR (noun IS NOT NULL AND subject IS NOT NULL AND why IS NOT NULL)),
    CHECK ((subject IS NULL) OR (noun IS NOT NULL))
) PARTITION BY RANGE (month);
CREATE TABLE audit_default PARTITION OF audit DEFAULT;

-- One link of the chain: so many rows, up to this position. `leaves` lists id and leaf of each, 48 bytes a row.
CREATE TABLE audit_seal (
    n        bigint PRIMARY KEY CHECK (n > 0),
    era      integer NOT NULL,                     -- the position of its last row
    xid      xid8 NOT NULL,
    last     uuid NOT NULL,
    rows     integer NOT NULL CHECK (rows > 0),
    leaves   bytea NOT NULL,
    epoch    text NOT NULL,                        -- the database's, when it was sealed
    key      bytea NOT NULL CHECK (octet_length(key) = 8),     -- which key: a fingerprint
    root     bytea NOT NULL CHECK (octet_length(root) = 32),
    at       timestamptz NOT NULL,
    CHECK (octet_length(leaves) = 48 * rows)
);

-- Nobody changes what is written, by whatever way.
CREATE FUNCTION carewire_audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION carewire_audit_stands();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit EXECUTE FUNCTION carewire_audit_stands();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit_default EXECUTE FUNCTION carewire_audit_stands();
CREATE TRIGGER audit_seal_stands BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW
    EXECUTE FUNCTION carewire_audit_stands();
CREATE TRIGGER audit_seal_not_emptied BEFORE TRUNCATE ON audit_seal EXECUTE FUNCTION carewire_audit_stands();

-- Partitions for this month and those ahead. A month that began in the default partition stays there: nothing is moved,
-- nothing is dropped.
CREATE FUNCTION carewire_audit_partitions(ahead integer DEFAULT 2) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this date := date_trunc('month', now() AT TIME ZONE 'UTC');
    m date;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('carewire_audit_partitions'));
    FOR m IN SELECT this + make_interval(months => n) FROM generate_series(0, ahead) n LOOP
        part := 'audit_' || to_char(m, 'YYYYMM');
        IF to_regclass(part) IS NULL AND NOT EXISTS (SELECT FROM audit_default WHERE month = m) THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF audit FOR VALUES FROM (%L) TO (%L)',
                           part, m, m + interval '1 month');
            EXECUTE format('CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON %I EXECUTE FUNCTION'
                           ' carewire_audit_stands()', part);
        END IF;
    END LOOP;
END $$;
SELECT carewire_audit_partitions();

-- Each entry is the JSON array its hash was made of.
CREATE FUNCTION carewire_audit(entries jsonb[], hashes bytea[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (id, month, at, kind, actor, login, command, noun, subject, patient, why, reason, times,
                       input, address, agent, hash, era)
    SELECT (e->>0)::uuid, (e->>1)::date, (e->>2)::timestamptz, e->>3, (e->>4)::uuid, (e->>5)::uuid, e->>6, e->>7,
           (e->>8)::uuid, (e->>9)::uuid, e->>10, e->>11, (e->>12)::integer,
           decode(e->>13, 'hex'), decode(e->>14, 'hex'), decode(e->>15, 'hex'), given.hash,
           (SELECT audit_era FROM deployment)
      FROM unnest(entries, hashes) AS given (e, hash);
END $$;

-- The last statement before COMMIT, as before, and now with its entries of the audit.
CREATE FUNCTION carewire_leave(
    topics text[], names text[], payloads bytea[], happened timestamptz,
    r_command text, r_accounts uuid[], r_keys uuid[], r_results bytea[], r_doors bytea[],
    a_entries jsonb[], a_hashes bytea[]
) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM carewire_audit(a_entries, a_hashes);
    RETURN QUERY SELECT carewire_leave(topics, names, payloads, happened, r_command, r_accounts, r_keys, r_results,
                                       r_doors);
END $$;
