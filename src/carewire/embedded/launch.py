"""Becomes another program that dies with its starter: `launch.py STARTER SIGNAL UID GID PROGRAM ARGS…`.

Run as a script by `process.spawn`. A hook between fork and exec would do the same, but Python code there can
deadlock in a process with threads; a fresh interpreter runs this and turns into the program, same pid.
"""

import ctypes  # before setuid: a system user may not be able to read the standard library
import os
import sys

PR_SET_PDEATHSIG = 1


def die_with(starter: int, signal_number: int) -> None:
    """Ask the kernel for a signal on the starter's death. Without Linux the next start finds the orphan."""
    if not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != starter:
        sys.exit(1)  # it died before we could ask


def main(argv: list[str]) -> None:
    starter, signal_number, uid, gid = (int(word) for word in argv[:4])
    if os.getuid() != uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    die_with(starter, signal_number)  # after setuid, which would clear the request
    os.umask(0o077)
    os.execv(argv[4], argv[4:])  # noqa: S606 - our starter's own words


if __name__ == "__main__":
    main(sys.argv[1:])
