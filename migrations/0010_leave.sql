-- The last statement before COMMIT, cheaper for those who leave little, which is nearly everybody: one reply, one event.
-- Single rows by their keys cost a tenth of a set-based statement, and their plan stays right while a table grows.
-- A plan is made once per connection: for lists of one to nine elements the planner would make a new one each time.
-- `carewire_leave` stays for nodes of the version before, while a deployment is rolled over.
--
-- Heads are locked in one order by everybody and stay locked until COMMIT ends, so offsets are gapless and in commit
-- order. Answers the offsets in the order of the arguments.

CREATE FUNCTION carewire_conclude(
    topics text[], names text[], payloads bytea[], happened timestamptz,
    r_command text, r_accounts uuid[], r_keys uuid[], r_results bytea[], r_doors bytea[],
    a_entries jsonb[], a_hashes bytea[]
) RETURNS SETOF bigint LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    last bigint;
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM carewire_audit(a_entries, a_hashes);
    FOR i IN 1 .. cardinality(r_keys) LOOP
        UPDATE receipt SET result = r_results[i], doors = r_doors[i]
         WHERE account = r_accounts[i] AND command = r_command AND key = r_keys[i];
    END LOOP;
    IF cardinality(topics) = 0 THEN
        RETURN;
    END IF;
    IF cardinality(topics) = 1 THEN
        INSERT INTO topic_head AS h (topic, "offset") VALUES (topics[1], 1)
        ON CONFLICT (topic) DO UPDATE SET "offset" = h."offset" + 1 RETURNING h."offset" INTO last;
        INSERT INTO event (topic, "offset", name, at, payload)
        VALUES (topics[1], last, names[1], happened, payloads[1]);
        RETURN NEXT last;
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

-- Take claims of this transaction back: a refusal leaves no receipt. For commands that are one statement; a statement
-- does not see its own claims, a function called by it does.
CREATE FUNCTION carewire_release(r_command text, r_accounts uuid[], r_keys uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(r_keys) LOOP
        DELETE FROM receipt WHERE account = r_accounts[i] AND command = r_command AND key = r_keys[i];
    END LOOP;
END $$;
