-- A whole bill is paid online, too: it becomes orders when the money came.

ALTER TABLE online_payment DROP CONSTRAINT online_payment_about_noun_check,
    ADD CONSTRAINT online_payment_about_noun_check CHECK (about_noun = ANY (ARRAY['appointment', 'order', 'request']));
