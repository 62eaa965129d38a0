-- What is still open when its day is over, whatever its state, is looked for every quarter of an hour.

CREATE INDEX appointment_open ON appointment (starts_at) WHERE ended_at IS NULL;
DROP INDEX appointment_to_come;
