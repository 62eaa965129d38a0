-- Partitions that mend themselves. A node that was away for days (or kept no house) writes the day's events into
-- event_default; a partition for that day was then refused for ever, and with it all later ones and all pruning.

CREATE OR REPLACE FUNCTION carewire_partitions(ahead integer DEFAULT 3, keep integer DEFAULT 7) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    d date;
    old text;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('carewire_partitions'));
    FOR d IN SELECT today + n FROM generate_series(0, ahead) n LOOP
        part := 'event_' || to_char(d, 'YYYYMMDD');
        IF to_regclass(part) IS NULL THEN
            IF NOT EXISTS (SELECT FROM event_default WHERE day = d) THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)', part, d, d + 1);
            ELSE
                -- Nobody may add to them meanwhile; readers of other days go on.
                LOCK TABLE event_default IN ACCESS EXCLUSIVE MODE;
                EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING ALL)', part);
                EXECUTE format('WITH moved AS (DELETE FROM event_default WHERE day = %L RETURNING *)'
                               ' INSERT INTO %I SELECT * FROM moved', d, part);
                EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, d, d + 1);
            END IF;
        END IF;
    END LOOP;
    FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_\d{8}$'
                 AND to_date(substr(c.relname, 7), 'YYYYMMDD') < today - keep LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
    DELETE FROM event_default WHERE day < today - keep;
END $$;
