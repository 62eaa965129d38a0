"""`carewire backup` and `carewire restore`: one file, taken of one moment, and back again all or not at all.

A backup is a plain `pg_dump` archive with a manifest behind it (`archive.py`). A restore fills a database beside the
living one and takes its place by a rename (`restore.py`); every client then starts over, because the epoch is another.
"""

from .errors import BackupError

__all__ = ["BackupError"]
