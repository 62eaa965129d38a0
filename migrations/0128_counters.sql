-- What dashboards count live, and what the platform's own counts when it is asked too often to count each time.

-- Whoever moves a laboratory's test leaves a look for its counters; the job recounts. Nothing waits for it.
CREATE FUNCTION counters_follow(place_id uuid, kind text, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO job (name, payload, due_at)
    SELECT 'insight.count', convert_to(json_build_object('place_id', place_id, 'kind', kind)::text, 'UTF8'), at
     WHERE place_id IS NOT NULL
$$;
CREATE FUNCTION lab_test_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.laboratory_id IS DISTINCT FROM NEW.laboratory_id THEN
        PERFORM counters_follow(OLD.laboratory_id, 'tests', NEW.changed_at);
    END IF;
    PERFORM counters_follow(NEW.laboratory_id, 'tests', NEW.changed_at);
    RETURN NULL;
END $$;
CREATE TRIGGER lab_test_counted AFTER INSERT ON lab_test FOR EACH ROW EXECUTE FUNCTION lab_test_counted();
CREATE TRIGGER lab_test_moved_is_counted AFTER UPDATE ON lab_test FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.laboratory_id IS DISTINCT FROM NEW.laboratory_id)
    EXECUTE FUNCTION lab_test_counted();

-- The platform in numbers, counted every five minutes.
CREATE TABLE platform_count (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    at    timestamptz NOT NULL,
    value jsonb NOT NULL
);
