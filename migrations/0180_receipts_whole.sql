-- Which of these keys have a receipt by now. A statement sees the receipts that were there when it began; this function,
-- called by it, also those that others have committed meanwhile. Answers the numbers of those who have one.
--
-- `carewire_release` stays for nodes of the version before, while a deployment is rolled over.
CREATE FUNCTION carewire_remembered(r_command text, numbers bigint[], r_accounts uuid[], r_keys uuid[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    found_now bigint[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(r_keys) LOOP
        IF EXISTS (SELECT FROM receipt WHERE account = r_accounts[i] AND command = r_command AND key = r_keys[i]) THEN
            found_now := found_now || numbers[i];
        END IF;
    END LOOP;
    RETURN found_now;
END $$;
