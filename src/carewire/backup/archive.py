"""The file: an archive of `pg_dump --format=custom`, behind it a manifest, behind that a footer of fixed size.

`pg_restore` reads the first part and ignores what follows, so a backup can be read without Carewire. The footer comes
last: a file that was torn has none. Digests find damage and accidents, not a forger, who can compute them as well.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from .errors import BackupError

SUFFIX: Final = ".backup"
MAGIC: Final = b"carewire-backup 1"
FOOTER_BYTES: Final = len(MAGIC) + 1 + 10 + 1 + 64 + 1
CHUNK: Final = 1 << 20
MANIFEST_MOST: Final = 1 << 26

Progress = Callable[[str], None]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    deployment: UUID
    epoch: str
    """Of the database when the backup was taken; a restore makes another."""
    migrations: list[str]
    """Names of those that had run: the version of the schema."""
    taken_at: datetime
    """The moment the content is of, by the server's clock."""
    server: int
    """`server_version_num` of PostgreSQL."""
    carewire: str
    secret: str
    """A fingerprint of CAREWIRE_SECRET: sealed jobs open only under the same one."""
    outlives: list[Any] = []
    """What must hold also after an older backup than this one comes back, in the product's words: erasures, by ids."""
    bytes: int
    sha256: str
    """Size and digest of the dump before the manifest."""


def size_of(path: Path) -> int:
    """In bytes."""
    return path.stat().st_size


def digest_of(path: Path, count: int) -> str:
    """SHA-256 of the first `count` bytes, in hex."""
    digest, left = hashlib.sha256(), count
    with path.open("rb") as file:
        while left and (data := file.read(min(CHUNK, left))):
            digest.update(data)
            left -= len(data)
    return digest.hexdigest()


def seal(path: Path, manifest: Manifest) -> None:
    """Put manifest and footer behind the dump, and all of it on the disk."""
    text = msgspec.json.encode(manifest)
    with path.open("ab") as file:
        file.write(text)
        file.write(b"%b %010d %b\n" % (MAGIC, len(text), hashlib.sha256(text).hexdigest().encode()))
        file.flush()
        os.fsync(file.fileno())


def read_manifest(path: Path) -> Manifest:
    """The manifest of a file that is whole as far as its end tells. Raises `BackupError`."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - FOOTER_BYTES))
            footer = file.read()
            length = length_of(footer, path)
            start = size - FOOTER_BYTES - length
            file.seek(max(0, start))
            text = file.read(length)
    except OSError as exc:
        raise BackupError(f"{path} cannot be read: {exc.strerror}", "name a file that `carewire backup` wrote") from exc
    damaged = BackupError(f"{path} was changed after it was written: its manifest is damaged", "take another backup")
    if start < 0 or hashlib.sha256(text).hexdigest().encode() != footer[-65:-1]:
        raise damaged
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as exc:
        raise damaged from exc
    if manifest.bytes != start:
        raise BackupError(
            f"{path} holds {start} bytes of data where its manifest says {manifest.bytes}", "take another backup"
        )
    return manifest


def length_of(footer: bytes, path: Path) -> int:
    """How long the manifest before this footer is."""
    words = footer.rstrip(b"\n").split(b" ")
    if len(footer) == FOOTER_BYTES and footer.startswith(MAGIC + b" ") and len(words) == 4 and words[2].isdigit():
        length = int(words[2])
        if length <= MANIFEST_MOST:
            return length
    raise BackupError(
        f"{path} is no whole backup of Carewire: torn while it was copied, or made by another program",
        "copy it again, or take another backup",
    )


def verify(path: Path, progress: Progress) -> Manifest:
    """The manifest of a file whose every byte is as it was written. Raises `BackupError`."""
    manifest = read_manifest(path)
    progress(f"checking {path} ({size_text(size_of(path))})")
    if digest_of(path, manifest.bytes) != manifest.sha256:
        raise BackupError(f"{path} was changed after it was written: its data is damaged", "take another backup")
    return manifest


def fingerprint_of(secret: str) -> str:
    """Tells two secrets apart and tells nothing about either."""
    return hashlib.blake2b(b"carewire backup", key=hashlib.sha256(secret.encode()).digest(), digest_size=8).hexdigest()


def size_text(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
