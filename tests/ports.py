"""Ports for servers that are told theirs before they start, or come back on it."""

import itertools
import os
import socket

FIRST, COUNT = 12_000, 20_000
"""Below those that the kernel deals out by itself (from 32768 on): nobody gets one of these by chance meanwhile."""
_next = itertools.count(os.getpid() * 211)


def free_port() -> int:
    """One that is free, and that nobody of this process was given before."""
    while True:
        port = FIRST + next(_next) % COUNT
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
