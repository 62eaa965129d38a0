-- A photo is read anew after a bill was withdrawn: what that bill names stays as it was read, and stands no longer.

ALTER TABLE request_line
    ADD COLUMN replaced_at timestamptz,
    DROP CONSTRAINT request_line_once,
    ADD CONSTRAINT request_line_read_anew CHECK (replaced_at IS NULL OR source = 'read');
CREATE UNIQUE INDEX request_line_once ON request_line (request_id, n) WHERE replaced_at IS NULL;
CREATE INDEX bill_line_of_request_line ON bill_line (request_line_id) WHERE request_line_id IS NOT NULL;
