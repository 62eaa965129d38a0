"""One gateway of the checker: `carewire serve` with the ledger domain, points to die at, and parts to switch off.

Standard input is its leash: each line arms a point (`kill before`, `stop after`, …), its end ends the process.
`claim` is behind the claim of a receipt, `before` between the last statement of a transaction and COMMIT, `after`
between COMMIT and publishing, `reply` before a reply is written.
"""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from carewire.bus.channel import Channel
from carewire.bus.healing import Healing
from carewire.bus.hub import Hub
from carewire.bus.join import Joiner
from carewire.bus.sweep import Sweep
from carewire.bus.watch import Watch
from carewire.gateway import drain, reception, server
from carewire.gateway.connection import Socket
from carewire.gateway.services import Rules
from carewire.jobs import rows
from carewire.node import Node
from carewire.settings import Settings
from carewire.store import outbox, receipts
from carewire.store.db import Tx
from tests.faults import ledger
from tests.faults.leash import die_with_parent

POINTS: dict[str, tuple[int, float]] = {}
"""By point: the signal, and until when (monotonic) it is to be sent."""
LOCK = re.compile(r" FOR UPDATE( OF \w+)?")
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def strike(point: str) -> None:
    """Die or freeze here, when told to; an order that has become old is none."""
    number, until = POINTS.pop(point, (0, 0.0))
    if number and time.monotonic() < until:
        os.kill(os.getpid(), number)


def follow_leash() -> None:
    for line in sys.stdin:
        what, point, until = line.split()
        POINTS[point] = SIGNALS[what], float(until)
    os._exit(3)


def install_points() -> None:
    finish, publish = outbox.finish, Node.publish

    async def finish_or_die(*args: Any) -> outbox.Left:
        left = await finish(*args)
        if left.events:
            strike("before")
        return left

    def publish_or_die(self: Node, left: outbox.Left) -> None:
        if left.events:
            strike("after")
        publish(self, left)

    take, write = receipts.take, Socket._write

    async def take_or_die(*args: Any) -> Any:
        row = await take(*args)
        strike("claim")
        return row

    def write_or_die(self: Socket, reply: Any) -> None:
        strike("reply")
        write(self, reply)

    receipts.take = take_or_die
    Socket._write = write_or_die  # type: ignore[method-assign]
    outbox.finish = finish_or_die
    Node.publish = publish_or_die  # type: ignore[method-assign]


# --- what a checker must notice when it is missing -------------------------------------------------------------------
def without_gap_healing() -> None:
    Healing.heal = lambda self, channel: None  # type: ignore[method-assign]


def without_receipt_claim() -> None:
    async def take(tx: Tx, claims: Sequence[receipts.Claim]) -> list[None]:
        return [None] * len(claims)

    receipts.take = take


def without_ordering() -> None:
    Channel.accept = lambda self, offset, text: self._forward(offset, text)  # type: ignore[method-assign]


def without_sweep() -> None:
    async def sweep(self: Sweep) -> None:
        pass

    Sweep.sweep = sweep  # type: ignore[method-assign]


def without_root_lock() -> None:
    fetch, fetchrow = Tx.fetch, Tx.fetchrow

    async def fetch_unlocked(self: Tx, sql: str, *values: Any) -> Any:
        return await fetch(self, LOCK.sub("", sql), *values)

    async def fetchrow_unlocked(self: Tx, sql: str, *values: Any) -> Any:
        return await fetchrow(self, LOCK.sub("", sql), *values)

    Tx.fetch, Tx.fetchrow = fetch_unlocked, fetchrow_unlocked  # type: ignore[method-assign]


def without_epoch_check() -> None:
    ailment = Joiner._ailment

    def ailment_but_for_the_epoch(ask: Any, head: int, epoch: str) -> str | None:
        return ailment(msgspec.structs.replace(ask, epoch=epoch), head, epoch)

    Joiner._ailment = staticmethod(ailment_but_for_the_epoch)  # type: ignore[method-assign]
    Hub._new_epoch = lambda self, epoch: None  # type: ignore[method-assign]


def without_rights_watch() -> None:
    Watch.changed = lambda self, actor_id: None  # type: ignore[method-assign]
    Watch.swept = lambda self, actor_id, offset: None  # type: ignore[method-assign]


SWITCHES = {
    "gap_healing": without_gap_healing,
    "receipt_claim": without_receipt_claim,
    "ordering": without_ordering,
    "sweep": without_sweep,
    "root_lock": without_root_lock,
    "epoch_check": without_epoch_check,
    "rights_watch": without_rights_watch,
}


def main() -> None:
    die_with_parent(signal.SIGKILL)
    threading.Thread(target=follow_leash, daemon=True).start()
    assert ledger.TABLES
    for name in os.environ.get("FAULTS_WITHOUT", "").split():
        SWITCHES[name]()
    install_points()
    # A trial is short: a job of a node that was killed is taken up again, and a stopping node closes, sooner.
    # And so that a reader who stops for seconds, not minutes, is one who reads too slowly.
    server.KERNEL_BYTES = 4096  # type: ignore[misc]
    impatient = Rules(queue_bytes=16 * 1024, slow_s=2.0)
    reception.Front.__init__.__defaults__ = (impatient,)
    rows.VISIBILITY = timedelta(seconds=3)  # type: ignore[misc]
    assert drain.drain.__kwdefaults__ is not None
    drain.drain.__kwdefaults__.update(notice_s=0.2, grace_s=1.0)
    server.run(Settings.from_env())


if __name__ == "__main__":
    main()
