-- Many members in one transaction: their receipts and events in one last statement, as `carewire_finish` does for one.
-- That one stays for nodes of the version before, while a deployment is rolled over.
--
-- Heads are locked in one order by everybody and stay locked until COMMIT ends, so offsets are gapless and in commit
-- order. Answers the offsets in the order of the arguments.
CREATE FUNCTION carewire_leave(
    topics text[], names text[], payloads bytea[], happened timestamptz,
    r_command text, r_accounts uuid[], r_keys uuid[], r_results bytea[], r_doors bytea[]
) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    IF cardinality(r_keys) > 0 THEN
        UPDATE receipt r SET result = done.result, doors = done.doors
          FROM unnest(r_accounts, r_keys, r_results, r_doors) AS done (account, key, result, doors)
         WHERE r.account = done.account AND r.command = r_command AND r.key = done.key;
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
