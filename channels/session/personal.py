"""What sessions keep of a person: nothing but which doctor sits; see `carewire.personal`."""

from carewire.personal import harmless, holds

holds("session", whose="doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))", personal={})

harmless("session", "zone", why="a time zone")
