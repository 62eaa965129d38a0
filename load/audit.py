"""Was every listener told the truth? Each log gapless and ordered, each state equal to what a newcomer is shown."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from carewire.client import Snapshot
from load.clinic import Clinic, open_listener
from load.listener import Follow, Journal, Receipt, after

SETTLE_S = 5.0
AUDITED_AT_ONCE = 100
"""Topics one auditor follows; a socket has room for twice as many."""


class Audit(Struct, frozen=True, kw_only=True):
    """What was checked, and everything that was wrong."""

    logs: int
    events: int
    resyncs: int
    reconnects: int
    compared_fresh: int
    """Logs whose last state was compared with a fresh snapshot at the same offset."""
    compared_reference: int
    """Logs that ended earlier: their last state was compared with another listener's at the same offset."""
    problems: list[str]


async def audit(clinic: Clinic) -> Audit:
    """Check every log of every socket. Call it when the day is over and everybody still listens."""
    follows = [follow for listener in clinic.listeners for follow in listener.follows.values()]
    problems = [problem for follow in follows for problem in check_order(follow)]
    problems += check_receipts(clinic.journal.receipts, follows)
    fresh = await fresh_snapshots(clinic, follows)
    line = f"line:{clinic.session_id}"
    reference = states_by_offset(next(f for f in follows if f.topic == line and f.who.startswith("display")))
    compared_fresh = compared_reference = 0
    for follow in follows:
        seen = fresh.get((follow.who if follow.topic.startswith("board:") else "", follow.topic))
        if follow.ended is None and seen is not None:
            problems += await compare_fresh(follow, seen)
            compared_fresh += 1
        elif follow.ended == "not_found" and follow.topic == line:
            compared_reference += 1
            if reference.get(follow.offset) != msgspec.json.encode(follow.state):
                problems.append(f"{follow.who}: state of {follow.topic} at {follow.offset} differs from a display's")
        else:
            problems.append(f"{follow.who}: {follow.topic} ended: {follow.ended}")
    return Audit(
        logs=len(follows),
        events=sum(not isinstance(change, Snapshot) for follow in follows for change in follow.log),
        resyncs=sum(isinstance(change, Snapshot) for follow in follows for change in follow.log[1:]),
        reconnects=sum(listener.reconnects for listener in clinic.listeners),
        compared_fresh=compared_fresh,
        compared_reference=compared_reference,
        problems=problems,
    )


def check_order(follow: Follow) -> list[str]:
    """First a snapshot, then events whose offsets grow by one, all of one epoch."""
    problems = []
    where = f"{follow.who}: {follow.topic}"
    if not follow.log or not isinstance(follow.log[0], Snapshot):
        problems.append(f"{where} does not begin with a snapshot")
    if len(follow.epochs) != 1 or None in follow.epochs:
        problems.append(f"{where} was told in epochs {follow.epochs}")
    for last, change in zip(follow.log, follow.log[1:], strict=False):
        if isinstance(change, Snapshot):
            if not change.resync:
                problems.append(f"{where} was begun again at {change.offset} without a word")
        elif change.offset != last.offset + 1:
            problems.append(f"{where} jumps from {last.offset} to {change.offset}")
    return problems


def check_receipts(receipts: Iterable[Receipt], follows: list[Follow]) -> list[str]:
    """On the wire itself, before the client drops anything: as many frames as events, none twice."""
    heard = sum(1 for _ in receipts)
    logged = sum(not isinstance(change, Snapshot) for follow in follows for change in follow.log)
    return [] if heard == logged else [f"{heard} frames came in, but {logged} events are in the logs"]


def states_by_offset(follow: Follow) -> dict[int, bytes]:
    """The state after each change."""
    states, state = {}, None
    for change in follow.log:
        state = after(follow.topic, state, change)
        states[change.offset] = msgspec.json.encode(state)
    return states


async def fresh_snapshots(clinic: Clinic, follows: list[Follow]) -> dict[tuple[str, str], Snapshot]:
    """What a newcomer is shown now: the staff's socket for lines and tokens, each display's own for its board."""
    told: dict[tuple[str, str], Snapshot] = {}
    topics = sorted({f.topic for f in follows if not f.topic.startswith("board:")})
    for start in range(0, len(topics), AUDITED_AT_ONCE):
        auditor = await open_listener(clinic.url, "auditor", Journal())
        assert clinic.desk.access_token is not None
        await auditor.authenticate(clinic.desk.access_token)
        for topic in topics[start : start + AUDITED_AT_ONCE]:
            told["", topic] = await first(auditor, topic)
        await auditor.close()
    for screen in clinic.screens:
        auditor = await open_listener(clinic.url, "auditor", Journal())
        await auditor.authenticate(screen.secret)
        topic = f"board:{screen.display_id}"
        told[screen.client.who, topic] = await first(auditor, topic)
        await auditor.close()
    return told


async def first(auditor: Any, topic: str) -> Snapshot:
    """The snapshot a subscribe answers."""
    follow = await auditor.follow(topic)
    await follow.until(lambda _: True)
    snapshot = follow.log[0]
    assert isinstance(snapshot, Snapshot)
    return snapshot


async def compare_fresh(follow: Follow, fresh: Snapshot) -> list[str]:
    """Snapshot and events put together are what a newcomer sees, at the same offset."""
    try:
        async with asyncio.timeout(SETTLE_S):
            await follow.until(lambda _: follow.offset >= fresh.offset)
    except TimeoutError:
        return [f"{follow.who}: {follow.topic} stands at {follow.offset}, a newcomer starts at {fresh.offset}"]
    wanted = after(follow.topic, None, fresh)
    if states_by_offset(follow).get(fresh.offset) != msgspec.json.encode(wanted):
        return [f"{follow.who}: state of {follow.topic} at {fresh.offset} differs from a fresh snapshot"]
    return []
