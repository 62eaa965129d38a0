"""Where the servers live and as whom: system user, readable binaries, private socket folders, lock."""

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .errors import EmbeddedError

# PostgreSQL refuses to run as root. The first of these that the system has lends its name.
SYSTEM_USERS = ("postgres", "daemon", "nobody")
# A socket path has 107 bytes on Linux and 103 on macOS; the longest name inside the folder needs 20.
MAX_FOLDER_BYTES = 80

# Root's, so that nobody can put other programs there.
CACHE = Path("/var/cache/carewire")

Owner = tuple[int, int]


def server_owner(folder: Path) -> Owner:
    """User and group of a server: ourselves or, for root, the folder's owner or else a system user."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    if folder.exists() and (info := folder.stat()).st_uid != 0:
        return info.st_uid, info.st_gid
    for name in SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and none of the users {', '.join(SYSTEM_USERS)} exists",
        "useradd --system postgres, or run as an ordinary user",
    )


def can_reach(folder: Path, owner: Owner) -> bool:
    """Whether that user may enter the folder and every folder above it."""
    uid, gid = owner
    for part in (folder, *folder.parents):
        info = part.stat()
        if uid == info.st_uid:
            allowed = info.st_mode & stat.S_IXUSR
        elif gid == info.st_gid:
            allowed = info.st_mode & stat.S_IXGRP
        else:
            allowed = info.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def reachable_copy(source: Path, parts: Sequence[str], name: str, owner: Owner) -> Path:
    """`source`, or a copy of its `parts` in a folder the owner can reach (think of a venv below /root)."""
    if os.getuid() == owner[0] or can_reach(source, owner):
        return source
    target = CACHE / name
    try:
        if not target.exists():
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
            for part in parts:
                shutil.copytree(source / part, aside / part, symlinks=True)
            aside.chmod(0o755)
            try:
                aside.rename(target)
            except OSError:  # another start was quicker
                shutil.rmtree(aside)
    except OSError as exc:
        raise EmbeddedError(
            f"{source} is closed to the server's user, and no copy could be made: {exc}",
            "put the checkout where other users may enter, for example below /srv",
        ) from exc
    if target.stat().st_uid != 0 or not can_reach(target, owner):
        raise EmbeddedError(f"{target} is not root's or not open to the server's user", f"rm -r {target}")
    return target


def socket_folder(kind: str, data_dir: Path, owner: Owner) -> Path:
    """A private folder with a short path, the same at every start of a data folder: nothing piles up."""
    name = socket_folder_name(kind, data_dir)
    for base in socket_bases():
        if not base.is_dir() or len(os.fsencode(base / name)) > MAX_FOLDER_BYTES or not can_reach(base, owner):
            continue
        folder = base / name
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            # The name can be guessed: use what is there only if it is ours and closed to everybody else.
            info = folder.lstat()
            ours = info.st_uid in (os.getuid(), owner[0]) and stat.S_ISDIR(info.st_mode)
            if not ours or stat.S_IMODE(info.st_mode) != 0o700:
                raise EmbeddedError(f"{folder} is not a private folder of ours", f"rm -r {folder}") from None
        if os.getuid() != owner[0]:
            os.chown(folder, *owner)
        return folder
    raise EmbeddedError("no folder for sockets with a short path", "TMPDIR=/tmp")


def find_socket_folder(kind: str, data_dir: Path) -> Path | None:
    """The socket folder of a data folder's running server, if there is one."""
    folders = [base / socket_folder_name(kind, data_dir) for base in socket_bases()]
    return next((folder for folder in folders if folder.is_dir()), None)


def socket_folder_name(kind: str, data_dir: Path) -> str:
    return f"carewire-{kind}-{hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]}"


def socket_bases() -> list[Path]:
    return [Path(tempfile.gettempdir()), Path("/tmp"), Path("/dev/shm")]  # noqa: S108 - made private there


class Lock:
    """One running owner for each data folder. The kernel drops it with the process: it is never stale."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        if self._handle is not None:
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise EmbeddedError(
                f"{self._path.parent} is in use by another run (pid {holder})",
                f"stop it (kill {holder}), or choose another folder with CAREWIRE_DATA",
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle

    def drop(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
