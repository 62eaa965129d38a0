-- A till sells what needs a prescription also on a line of one that was written here: its units are counted with the sale.

CREATE INDEX dispensing_by_ref ON dispensing (ref);

CREATE OR REPLACE FUNCTION stock_sold_by_schedule(movement stock_movement) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    article medicine;
BEGIN
    SELECT * INTO article FROM medicine WHERE id = movement.medicine_id;
    IF article.schedule IN ('x', 'narcotic') THEN
        RAISE EXCEPTION '% is never sold here', article.schedule
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movement_restricted';
    END IF;
    IF article.schedule IN ('h', 'h1') AND NOT EXISTS (
        SELECT FROM stock_hold_part p JOIN stock_hold h ON h.id = p.hold_id WHERE p.id = movement.part_id
           AND (EXISTS (SELECT FROM stock_paper WHERE hold_id = h.id) OR EXISTS (SELECT FROM dispensing WHERE ref = h.id)
                OR EXISTS (SELECT FROM orders WHERE id = h.about_id) OR EXISTS (SELECT FROM bill_part WHERE id = h.about_id))) THEN
        RAISE EXCEPTION 'what needs a prescription is not sold without one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_movement_prescribed';
    END IF;
END $$;
