"""The verdict: what went over the sockets against what the database says. Pure; knows no clock and no network."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from tests.faults.client import Client, Op, Said
from tests.faults.truth import Event, State, Truth, apply

LED_TO: Final = {
    "queue.join": "expected",
    "queue.walk_in": "waiting",
    "queue.arrive": "waiting",
    "queue.back": "waiting",
    "queue.call_next": "called",
    "queue.begin": "in_consultation",
    "queue.complete": "completed",
    "queue.skip": "skipped",
    "queue.leave": "cancelled",
}
"""The state a token is in after each command of the line."""


def violations(truth: Truth, clients: list[Client]) -> list[str]:
    """Everything that was promised and did not hold."""
    ops = [op for client in clients for op in client.ops]
    found = [f"{client.name}: {note}" for client in clients for note in client.notes]
    found += check_record(truth)
    found += check_answers(truth, ops)
    found += check_ledger(truth, ops)
    found += check_refused(truth, ops)
    found += check_line(truth, ops)
    for client in clients:
        for topic, log in client.log.items():
            found += [f"{client.name} on {topic}: {problem}" for problem in check_log(truth, topic, log)]
            if topic in client.wanted:
                found += [f"{client.name} on {topic}: {problem}" for problem in check_end(truth, topic, log)]
    return found


# --- the record itself -----------------------------------------------------------------------------------------------
def check_record(truth: Truth) -> Iterator[str]:
    """Offsets without gaps up to the head; base and events lead to what a newcomer is shown."""
    for name, events in truth.events.items():
        if sorted(events) != list(range(1, truth.heads.get(name, 0) + 1)):
            yield f"the record of {name} has a gap or ends beside its head"
    for name, fresh in truth.fresh.items():
        states = truth.states.get(name)
        if states is not None and (last := states[max(states)]) != fresh:
            yield f"{name}: snapshot and events lead to {last}, a newcomer is shown {fresh}"
    for ledger, (value, count) in truth.ledgers.items():
        expected = (0, 0)
        for offset, event in sorted(truth.events.get(f"ledger:{ledger}", {}).items()):
            expected = (expected[0] + event.data["by"], expected[1] + 1)
            if (event.data["value"], event.data["count"]) != expected:
                yield f"ledger {ledger}: event {offset} tells {event.data}, the sum is {expected}"
                break
        marks = Counter({key: n for key, n in truth.marks.items() if key[1] == ledger})
        total = sum(truth.amounts[key] * n for key, n in marks.items())
        if (total, marks.total()) != (value, count):
            yield f"ledger {ledger}: the row says {(value, count)}, its marks {(total, marks.total())}"


# --- operations ------------------------------------------------------------------------------------------------------
def check_answers(truth: Truth, ops: list[Op]) -> Iterator[str]:
    """A final answer for who asked until there was one; the same bytes whenever it was given."""
    for op in ops:
        if op.patient and op.final is None:
            yield f"{op.method} {op.id}: no final answer after {[(t.outcome, t.reason) for t in op.tries[-5:]]}"
        if truth.restored_at is None and len({t.result for t in op.tries if t.outcome == "ok"}) > 1:
            yield f"{op.method} {op.id}: two different results for one key"
        for reason in {t.reason for t in op.tries} & {"internal", "key_conflict", "key_expired", "invalid_params"}:
            yield f"{op.method} {op.id}: answered {reason}"


def check_ledger(truth: Truth, ops: list[Op]) -> Iterator[str]:
    """Acknowledged: once. Refused: never. Unknown: once at most. And nothing that nobody asked for."""
    known = set()
    for op in ops:
        if not op.method.startswith("ledger."):
            continue
        targets = [op.params[k] for k in ("ledger_id", "source", "target") if k in op.params]
        for ledger in targets:
            known.add((str(op.id), ledger))
            times = truth.marks[str(op.id), ledger]
            once = op.params.get("times", 1)
            least, most = (once, once) if op.ok else (0, 0) if op.final else (0, once)
            if op.ok and truth.restored_at is not None and op.ok.at < truth.restored_at:
                least = 0
            if not least <= times <= most or times % once:
                yield f"{op.method} {op.id} ({_fate(op)}) took effect {times / once:g} times on {ledger}"
        if len({truth.marks[str(op.id), ledger] for ledger in targets}) > 1:
            yield f"{op.method} {op.id} took effect on one ledger only"
    for key in truth.marks.keys() - known:
        yield f"a mark of {key} that nobody made"


def check_refused(truth: Truth, ops: list[Op]) -> Iterator[str]:
    """What was refused has no effect, unless an earlier try still lay in a frozen node and ran after the refusal."""
    for op in ops:
        claimed = truth.receipts.get(str(op.id))
        if claimed is None or op.final is None or op.ok:
            continue
        if claimed < op.final.at or not any(t.outcome == "lost" for t in op.tries):
            yield f"{op.method} {op.id}: refused ({op.final.reason}) though it had taken effect"


def check_line(truth: Truth, ops: list[Op]) -> Iterator[str]:
    """The line's own record of who did what holds each acknowledged command once, and no more than was sent."""
    acknowledged: Counter[tuple[str, str, str, str | None]] = Counter()
    open_ends: Counter[tuple[str, str]] = Counter()
    for op in ops:
        if op.method not in LED_TO:
            continue
        if op.ok:
            acknowledged[str(op.account), op.method, op.result["id"], LED_TO[op.method]] += 1
        elif op.final is None or str(op.id) in truth.receipts:
            open_ends[str(op.account), op.method] += 1
    extra: Counter[tuple[str, str]] = Counter()
    moves = {key: n for key, n in truth.moves.items() if LED_TO.get(key[1]) == key[3]}
    for key in acknowledged.keys() | moves.keys():
        more = moves.get(key, 0) - acknowledged[key]
        if more < 0 and truth.restored_at is not None:
            continue
        if more < 0:
            yield f"{key[1]} of {key[2]}: acknowledged {acknowledged[key]} times, done {moves.get(key, 0)} times"
        else:
            extra[key[0], key[1]] += more
    for who, number in extra.items():
        if number > open_ends[who]:
            yield f"{who[1]} of {who[0]}: done {number} times more than acknowledged, {open_ends[who]} unanswered"


def _fate(op: Op) -> str:
    return "acknowledged" if op.ok else f"refused: {op.final.reason}" if op.final else "never answered"


# --- what a client heard ---------------------------------------------------------------------------------------------
def check_log(truth: Truth, topic: str, log: list[Said]) -> Iterator[str]:
    """One ordered run without gap or repetition, or an explicit resync whose snapshot is true."""
    hears = False
    epoch: str | None = None
    position: int | None = None
    state: State = None
    for number, said in enumerate(log):
        before = ", ".join(map(brief, log[max(0, number - 4) : number]))
        here = f"at {said.at:.2f} s on socket {said.socket}, after {before or 'nothing'}"
        match said.kind:
            case "lost" | "resync":
                hears = False
            case "ended" | "refused":
                hears, position = False, None
                if topic.startswith("ledger:"):
                    yield f"{here}: {said.kind} ({said.name}) though everybody may hear it"
            case "answer":
                asked_epoch, after = said.data["asked"]
                hears = True
                if "events" in said.data:
                    if after is None or (asked_epoch, said.epoch) != (epoch, epoch) or after != position:
                        yield f"{here}: events behind {asked_epoch}/{after}, the client stood at {epoch}/{position}"
                    position = after
                    for event in said.data["events"]:
                        yield from _one(truth, topic, here, said.epoch, position, event["offset"], event)
                        position = event["offset"]
                        state = apply(topic, state, Event(event["name"], event["data"]))
                    if position != said.offset:
                        yield f"{here}: told to stand at {said.offset}, the events end at {position}"
                else:
                    if after is not None and not said.resync:
                        yield f"{here}: a snapshot for {after} without saying resync"
                    state = said.data.get("snapshot")
                    known = truth.states.get(topic, {}) if said.epoch == truth.epoch else {}
                    expected = known.get(said.offset or 0, state)
                    if state != expected:
                        yield f"{here}: the snapshot of {said.offset} shows {state}, the truth is {expected}"
                epoch, position = said.epoch, said.offset
            case "event":
                if not hears:
                    yield f"{here}: event {said.offset} where nothing was to come"
                told = {"name": said.name, "data": said.data}
                yield from _one(truth, topic, here, epoch, position, said.offset, told)
                position = said.offset
                state = apply(topic, state, Event(said.name or "", said.data))
    if hears and epoch == truth.epoch and position == truth.heads.get(topic, 0):
        fresh = truth.fresh.get(topic, state)
        if state != fresh:
            yield f"snapshot and events lead to {state}, the truth is {fresh}"


def _one(
    truth: Truth,
    topic: str,
    here: str,
    epoch: str | None,
    position: int | None,
    offset: int | None,
    told: dict[str, Any],
) -> Iterator[str]:
    if position is None or offset != position + 1:
        yield f"{here}: event {offset} after {position}"
    if epoch == truth.epoch:
        stored = truth.events.get(topic, {}).get(offset or 0)
        if stored is None or (stored.name, stored.data) != (told["name"], told["data"]):
            yield f"{here}: event {offset} tells {told}, the record has {stored}"


def brief(said: Said) -> str:
    """A line of a log in few words."""
    asked = f" to {said.data['asked'][1]}" if said.kind == "answer" else ""
    return f"{said.kind} {said.name or ''}{'' if said.offset is None else said.offset}{asked} ({said.socket})"


def check_end(truth: Truth, topic: str, log: list[Said]) -> Iterator[str]:
    """When all is quiet, who listens has everything."""
    hears, epoch, position = False, None, None
    for said in log:
        if said.kind == "answer":
            hears, epoch, position = True, said.epoch, said.offset
        elif said.kind == "event":
            position = said.offset
        else:
            hears = False
    head = truth.heads.get(topic, 0)
    if not hears:
        yield "not on it in the end"
    elif (epoch, position) != (truth.epoch, head):
        yield f"stands at {epoch}/{position} in the end, the head is {truth.epoch}/{head}"


def by_kind(found: list[str]) -> dict[str, int]:
    """How many violations of each kind, for a table."""
    kinds: defaultdict[str, int] = defaultdict(int)
    for text in found:
        kinds[text.split(":", 1)[-1].strip()[:40]] += 1
    return dict(kinds)
