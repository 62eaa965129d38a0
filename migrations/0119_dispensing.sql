-- What is sold on prescription, and the laboratory's tests, on orders and bills.

ALTER TABLE request ADD CONSTRAINT request_prescription FOREIGN KEY (prescription_id) REFERENCES prescription ON DELETE NO ACTION;
ALTER TABLE request_line ADD CONSTRAINT request_line_prescribed
    FOREIGN KEY (prescription_line_id) REFERENCES prescription_line ON DELETE NO ACTION;
ALTER TABLE bill_line ADD COLUMN pack_size integer NOT NULL DEFAULT 1 CHECK (pack_size BETWEEN 1 AND 10000);
ALTER TABLE orders ADD CONSTRAINT orders_prescription FOREIGN KEY (prescription_id) REFERENCES prescription ON DELETE NO ACTION;
ALTER TABLE orders ADD COLUMN spend_ref uuid;            -- under what its units were taken out of the prescription
ALTER TABLE order_line
    ADD COLUMN pack_size integer NOT NULL DEFAULT 1 CHECK (pack_size BETWEEN 1 AND 10000),   -- units in one
    ADD COLUMN paper_line_id uuid REFERENCES request_line ON DELETE NO ACTION,   -- what a pharmacist read from a photo
    ADD CONSTRAINT order_line_prescribed
        FOREIGN KEY (prescription_line_id) REFERENCES prescription_line ON DELETE NO ACTION,
    ADD CONSTRAINT order_line_test FOREIGN KEY (lab_test_id) REFERENCES lab_test ON DELETE NO ACTION,
    -- Whatever the code believes: what is not sold freely names the line that prescribes it.
    ADD CONSTRAINT order_line_on_prescription
        CHECK (coalesce(schedule, 'otc') = 'otc' OR num_nonnulls(prescription_line_id, paper_line_id) = 1);
