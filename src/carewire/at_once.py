"""Callers of a command that is one statement (`statement.py`): what is sent, and what comes back for each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from carewire.audit.trail import Trail
from carewire.batch import Member
from carewire.bus.frame import Stored
from carewire.command import Command
from carewire.statement import Statement, compose_many, compose_one, fill, names_topic
from carewire.store import outbox, receipts


class Spoken:
    """A caller whose handler has spoken: all that the statement takes of her. `error`: it failed instead."""

    __slots__ = ("acts", "claim", "error", "events", "member", "row")

    def __init__(self, claim: receipts.Claim | None, member: Member[Any, Any]) -> None:
        self.claim, self.member = claim, member
        self.error: Exception | None = None
        self.row: tuple[Any, ...] = ()
        self.events: list[tuple[str, str, bytes]] = []
        self.acts: list[tuple[str, bytes]] = []

    def write(self, command: Command, statement: Statement, trail: Trail) -> None:
        """Put down what she said."""
        claim, member = self.claim, self.member
        if member.jobs:
            raise RuntimeError(f"{command.name} leaves a job; a command that is one statement cannot")
        self.events = [(names_topic(event), event.spec.name, event.encode()) for event in member.events]
        self.row = (
            member.actor.id if not member.anonymous else None,
            claim.key if claim else None,
            claim.input if claim else None,
            member.result.decode(),
            receipts.encode_doors(member),
            *(getattr(member.params, name) for name in statement.takes),
        )
        self.acts = list(zip(*trail.sheet([(member, claim.input if claim else None)]), strict=True))


class Opened(NamedTuple):
    """What became of it: the events to publish, and who had her reply before."""

    left: outbox.Left
    ran_before: list[Spoken]


def pack(command: Command, statement: Statement, sent: Sequence[Spoken]) -> tuple[str, list[Any]]:
    """The statement for these callers and its values. Its moment is that of the last."""
    now = sent[-1].member.now
    told = [(n, event) for n, spoken in enumerate(sent, 1) for event in spoken.events]
    acts = [(n, act) for n, spoken in enumerate(sent, 1) for act in spoken.acts]
    if len(sent) == len(acts) == 1 and len(told) <= 1:
        row = sent[0].row
        event = (told[0][1][0], told[0][1][1], told[0][1][2].decode()) if told else (None, None, None)
        return compose_one(command.name, statement), [*row[:5], now, *event, *acts[0][1], *row[5:]]
    columns = [list(column) for column in zip(*(spoken.row for spoken in sent), strict=True)]
    events = (
        [n for n, _ in told],
        [topic for _, (topic, _, _) in told],
        [name for _, (_, name, _) in told],
        [payload.decode() for _, (_, _, payload) in told],
    )
    audits = ([n for n, _ in acts], [form for _, (form, _) in acts], [digest for _, (_, digest) in acts])
    return compose_many(command.name, statement), [*columns[:5], now, *events, *audits, *columns[5:]]


def open_answer(statement: Statement, sent: Sequence[Spoken], row: Any) -> Opened:
    """Give each caller her reply or refusal; those who ran before, or a twin meanwhile, have neither yet."""
    row = row or {"ran": (), "done": (), "met": (), "offsets": ()}
    turned_away, now = set(row["ran"]).difference(row["met"] or ()), sent[-1].member.now
    given = {n: {name: row[name][i] for name in statement.gives} for i, n in enumerate(row["done"])}
    offsets = iter(row["offsets"] or ())
    stored: list[Stored] = []
    ran_before: list[Spoken] = []
    for n, spoken in enumerate(sent, 1):
        member = spoken.member
        if n in given:
            for topic, name, payload in spoken.events:
                stored.append(Stored(topic, next(offsets), name, now, fill(payload, given[n])))
            member.result = fill(member.result, given[n])
        elif n in turned_away:
            member.refuse(statement.otherwise())
        else:
            ran_before.append(spoken)
    return Opened(outbox.Left(stored, [], False), ran_before)
