ALTER TABLE consultation ADD CONSTRAINT consultation_appointment
    FOREIGN KEY (appointment_id) REFERENCES appointment ON DELETE NO ACTION;
