-- A receipt is looked up by its key, whatever the planner believes. A plan is made for the table as it was then and kept
-- by its connection: on a table that was analysed while it was small, a reading of the whole. With 300,000 receipts a
-- batch of 64 took a second, until the next ANALYZE. These functions know no other way than the index.
CREATE OR REPLACE FUNCTION carewire_remembered(r_command text, numbers bigint[], r_accounts uuid[], r_keys uuid[])
RETURNS bigint[] LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    -- A subquery by one key for each and no join: a join could be made by reading all of the index.
    RETURN ARRAY(
        SELECT asked.n FROM unnest(numbers, r_accounts, r_keys) AS asked (n, account, key)
         WHERE (SELECT r.key FROM receipt r
                 WHERE r.account = asked.account AND r.command = r_command AND r.key = asked.key) IS NOT NULL);
END $$;

-- The receipts of these keys; who has none is not among them.
CREATE FUNCTION carewire_receipts(r_command text, r_accounts uuid[], r_keys uuid[])
RETURNS SETOF receipt LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    FOR i IN 1 .. cardinality(r_keys) LOOP
        RETURN QUERY SELECT * FROM receipt WHERE account = r_accounts[i] AND command = r_command AND key = r_keys[i];
    END LOOP;
END $$;

ALTER FUNCTION carewire_release(text, uuid[], uuid[]) SET enable_seqscan = off;
ALTER FUNCTION carewire_conclude(
    text[], text[], bytea[], timestamptz, text, uuid[], uuid[], bytea[], bytea[], jsonb[], bytea[]
) SET enable_seqscan = off;
