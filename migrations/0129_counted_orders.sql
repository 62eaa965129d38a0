-- A pharmacy's and a laboratory's orders are counted live as its tests are.
CREATE FUNCTION order_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.place_id <> NEW.place_id THEN
        PERFORM counters_follow(OLD.place_id, 'orders', NEW.changed_at);
    END IF;
    PERFORM counters_follow(NEW.place_id, 'orders', NEW.changed_at);
    RETURN NULL;
END $$;
CREATE TRIGGER order_made_is_counted AFTER INSERT ON orders FOR EACH ROW
    WHEN (NEW.offered_at IS NOT NULL) EXECUTE FUNCTION order_counted();
CREATE TRIGGER order_moved_is_counted AFTER UPDATE ON orders FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.place_id <> NEW.place_id OR OLD.ended_at IS DISTINCT FROM NEW.ended_at
          OR (OLD.offered_at IS NULL) <> (NEW.offered_at IS NULL))
    EXECUTE FUNCTION order_counted();
