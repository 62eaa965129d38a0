"""What files keep of a person; see `carewire.personal`. The bytes go in the night after (`media.sweep`)."""

from carewire.personal import harmless, holds
from channels.identity import MEDICAL

holds(
    "media",
    whose="account_id = ANY($1) AND about_noun IS NULL",
    personal={"name": "'deleted'", "deleted_at": "coalesce(deleted_at, now())"},
    secret={"sha256", "path"},
)
# A file that a record refers to is the record's: it goes when that does.
holds(
    "media",
    whose="account_id = ANY($1) AND about_noun IS NOT NULL",
    personal={"name": "'file'"},
    secret={"sha256", "path"},
    kept=MEDICAL,
)
holds("upload", whose="account_id = ANY($1)", personal={"reason": None})

harmless("media", "path", "about_noun", why="ids and digests")
