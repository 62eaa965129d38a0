"""What notifications keep of a person; see `carewire.personal`."""

from carewire.personal import harmless, holds

holds("notification", whose="account_id = ANY($1)", personal={"title": None, "body": None})

harmless("notification", "fact", "about", "occasion", "zone", why="names from the code, and of a clock")
