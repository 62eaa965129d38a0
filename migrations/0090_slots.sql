-- What a doctor's hours are cut into: visits of so many minutes with a pause behind each, for so many patients at once,
-- in person or by video. Slots follow from this and are stored nowhere.

ALTER TABLE doctor_window
    ADD COLUMN mode           text CHECK (mode IN ('in_person', 'teleconsult')),
    ADD COLUMN slot_minutes   smallint NOT NULL DEFAULT 15 CHECK (slot_minutes BETWEEN 5 AND 480),
    ADD COLUMN buffer_minutes smallint NOT NULL DEFAULT 0 CHECK (buffer_minutes BETWEEN 0 AND 120),
    ADD COLUMN capacity       smallint NOT NULL DEFAULT 1 CHECK (capacity BETWEEN 1 AND 50),
    ADD CONSTRAINT doctor_window_somewhere CHECK (place_id IS NOT NULL OR mode = 'teleconsult');
ALTER TABLE doctor_extra
    ADD COLUMN mode           text CHECK (mode IN ('in_person', 'teleconsult')),
    ADD COLUMN slot_minutes   smallint NOT NULL DEFAULT 15 CHECK (slot_minutes BETWEEN 5 AND 480),
    ADD COLUMN buffer_minutes smallint NOT NULL DEFAULT 0 CHECK (buffer_minutes BETWEEN 0 AND 120),
    ADD COLUMN capacity       smallint NOT NULL DEFAULT 1 CHECK (capacity BETWEEN 1 AND 50),
    ADD CONSTRAINT doctor_extra_somewhere CHECK (place_id IS NOT NULL OR mode = 'teleconsult');

-- Until now a window without a place was by video and one with a place was not.
UPDATE doctor_window SET mode = CASE WHEN place_id IS NULL THEN 'teleconsult' ELSE 'in_person' END;
UPDATE doctor_extra SET mode = CASE WHEN place_id IS NULL THEN 'teleconsult' ELSE 'in_person' END;
ALTER TABLE doctor_window ALTER COLUMN mode SET NOT NULL;
ALTER TABLE doctor_extra ALTER COLUMN mode SET NOT NULL;

-- Who said when she is there by video says that she is.
UPDATE doctor SET teleconsult = true WHERE NOT teleconsult AND id IN (
    SELECT doctor_id FROM doctor_window WHERE mode = 'teleconsult'
    UNION SELECT doctor_id FROM doctor_extra WHERE mode = 'teleconsult');
