-- Names of medicines have a soft c where other scripts write s: paracetamol, पैरासिटामोल. They are found by both.

CREATE OR REPLACE FUNCTION fold_medicine() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    called text := concat_ws(' ', NEW.name, NEW.brand);
    soft text := regexp_replace(lower(called), 'c([eiy])', 's\1', 'g');
    made_of text := regexp_replace(lower(NEW.generic), 'c([eiy])', 's\1', 'g');
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM place WHERE id = NEW.pharmacy_id AND kind = 'pharmacy') THEN
        RAISE EXCEPTION 'only a pharmacy has medicines' USING ERRCODE = 'foreign_key_violation';
    END IF;
    NEW.folded := search_names(called) || CASE WHEN soft <> lower(called) THEN ' ' || search_fold(soft) ELSE '' END;
    NEW.folded_more := search_fold(concat_ws(' ', NEW.generic,
        CASE WHEN made_of <> lower(NEW.generic) THEN made_of END, NEW.strength));
    RETURN NEW;
END $$;

UPDATE medicine SET name = name;
