-- Orders are paid at their provider's counter, too.

ALTER TABLE payment DROP CONSTRAINT payment_about_noun_check,
    ADD CONSTRAINT payment_about_noun_check CHECK (about_noun IN ('appointment', 'order'));
