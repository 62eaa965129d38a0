"""Callers of a command that is one statement (`statement.py`): what is sent, and what comes back for each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from carewire.audit.trail import Trail
from carewire.batch import Member
from carewire.bus.frame import Stored
from carewire.command import Command
from carewire.statement import Statement, compose_many, compose_one, fill, names_topic
from carewire.store import outbox, receipts

Sent = Sequence[tuple[receipts.Claim | None, Member[Any, Any]]]


class Opened(NamedTuple):
    """What became of it: the events to publish, and who had her reply before."""

    left: outbox.Left
    ran_before: list[tuple[receipts.Claim, Member[Any, Any]]]


def pack(command: Command, statement: Statement, sent: Sent, trail: Trail) -> tuple[str, list[Any]]:
    """The statement for these callers, whose handler has spoken, and its values."""
    if any(member.jobs for _, member in sent):
        raise RuntimeError(f"{command.name} leaves a job; a command that is one statement cannot")
    told = [(n, event) for n, (_, member) in enumerate(sent, 1) for event in member.events]
    if any(event.is_late() for _, event in told):
        raise TypeError(f"{command.name} is one statement; what has to be read last it cannot tell")
    topics = [names_topic(event) for _, event in told]
    names = [event.spec.name for _, event in told]
    payloads = [event.encode().decode() for _, event in told]
    rows = [
        (
            member.actor.id if not member.anonymous else None,
            claim.key if claim else None,
            claim.input if claim else None,
            member.result.decode(),
            receipts.encode_doors(member),
            *(getattr(member.params, name) for name in statement.takes),
        )
        for claim, member in sent
    ]
    acts = [(n, act) for n, (claim, member) in enumerate(sent, 1) for act in _acts(trail, claim, member)]
    now = sent[0][1].now
    if len(rows) == len(acts) == 1 and len(told) <= 1:
        event = (topics[0], names[0], payloads[0]) if told else (None, None, None)
        return compose_one(command.name, statement), [*rows[0][:5], now, *event, *acts[0][1], *rows[0][5:]]
    columns = [list(column) for column in zip(*rows, strict=True)]
    events = ([n for n, _ in told], topics, names, payloads)
    audits = ([n for n, _ in acts], [form for _, (form, _) in acts], [digest for _, (_, digest) in acts])
    return compose_many(command.name, statement), [*columns[:5], now, *events, *audits, *columns[5:]]


def _acts(trail: Trail, claim: receipts.Claim | None, member: Member[Any, Any]) -> list[tuple[str, bytes]]:
    return list(zip(*trail.sheet([(member, claim.input if claim else None)]), strict=True))


def open_answer(statement: Statement, sent: Sent, row: Any) -> Opened:
    """Give each caller her reply or refusal; those who ran before have neither yet."""
    row = row or {"ran": (), "done": (), "offsets": ()}
    ran = set(row["ran"])
    given = {n: {name: row[name][i] for name in statement.gives} for i, n in enumerate(row["done"])}
    offsets = iter(row["offsets"] or ())
    stored: list[Stored] = []
    ran_before: list[tuple[receipts.Claim, Member[Any, Any]]] = []
    for n, (claim, member) in enumerate(sent, 1):
        if n in given:
            for event in member.events:
                payload = fill(event.encode(), given[n])
                stored.append(Stored(event.topic(), next(offsets), event.spec.name, member.now, payload))
            member.result = fill(member.result, given[n])
        elif n in ran:
            member.refuse(statement.otherwise())
        else:
            assert claim is not None
            ran_before.append((claim, member))
    return Opened(outbox.Left(stored, [], False), ran_before)
