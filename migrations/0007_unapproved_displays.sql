-- Screens that nobody approved are forgotten, oldest first.
CREATE INDEX display_waiting ON display (code_expires_at) WHERE state = 'pending';
