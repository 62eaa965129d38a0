"""Where backups lie: names, files that are not whole yet, and what is there."""

import contextlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from carewire.embedded.process import is_running
from carewire.settings import Settings

from .archive import SUFFIX, size_text
from .errors import BackupError


def choose(settings: Settings, target: str | None, moment: datetime) -> Path:
    """The file to be; its folder is made, and writable."""
    name = f"carewire-{moment:%Y%m%dT%H%M%SZ}{SUFFIX}"
    wanted = settings.backup_folder if target is None else Path(target)
    is_folder = target is None or wanted.is_dir() or target.endswith(os.sep)
    path = (wanted / name if is_folder else wanted).absolute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise BackupError(f"{path.parent} cannot be made: {exc.strerror}", "name another folder") from exc
    if path.exists():
        raise BackupError(f"{path} exists already", "name another file, or a folder")
    return path


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """An empty private file beside `path`, gone afterwards unless it was renamed. Files of killed runs go too."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        for left in path.parent.glob(f".*{SUFFIX}.*.part"):
            if (owner := re.search(r"\.(\d+)\.part$", left.name)) and not is_running(int(owner[1])):
                left.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as exc:
        raise BackupError(
            f"{path.parent} cannot be written: {exc.strerror}", "name another folder, or change its rights"
        ) from exc
    try:
        yield part
    except OSError as exc:
        raise BackupError(
            f"{path} cannot be written: {exc.strerror}", "free some disk, or name another folder"
        ) from exc
    finally:
        part.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """The new name is on the disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def kept(folder: Path) -> list[Path]:
    """Backups in a folder, newest first; empty when it cannot be read."""
    with contextlib.suppress(OSError):
        return sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    return []


def age_of(path: Path) -> timedelta:
    """How long ago a backup was written."""
    return datetime.now(UTC) - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def advice(path: Path, settings: Settings) -> list[str]:
    """What the operator should know now."""
    there = kept(path.parent)
    total = size_text(sum(one.stat().st_size for one in there))
    lines = [
        f"{len(there)} backups in {path.parent}, {total} in all; nothing is removed by itself."
        " Keep 7 daily and 4 weekly, one of them on another machine"
    ]
    if (settings.data / "secret").exists():
        lines.append(f"it opens fully only under the same secret: keep a copy of {settings.data / 'secret'}, elsewhere")
    else:
        lines.append("it opens fully only under the same CAREWIRE_SECRET: keep that, elsewhere")
    return lines
