"""Events: what the server tells. Declaring the class is all there is to adding one.

    class LineUpdated(Event, name="queue:updated", topic="line:{session_id}"):
        '''The line moved: somebody joined, was called, left.'''
        session_id: UUID
        ...

An event is known by (name, topic pattern): the same name on two patterns carries two different projections of one
fact. A durable event is a numbered row of the transaction that caused it. A conflated one (`durable=False`) is the
whole present value of its `key`, sent after commit; an older value never overwrites a newer one.
"""

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, dataclass_transform

import msgspec

from carewire.declared import Declared
from carewire.topic import Pattern

if TYPE_CHECKING:
    from carewire.store.db import Tx

REGISTRY: dict[tuple[str, str], type["Event"]] = {}
_TOO: list[tuple[frozenset[type["Event"]], frozenset[type["Event"]]]] = []


class EventSpec(NamedTuple):
    """What the class line of an event says."""

    name: str
    pattern: Pattern
    durable: bool
    key: str | None


RESERVED = frozenset({"spec", "topic", "encode", "is_late", "completed", "declare", "keywords"})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Event(Declared, frozen=True, kw_only=True):
    """Base of all events. The placeholders of `topic` must be fields of the class."""

    keywords: ClassVar[frozenset[str]] = frozenset({"name", "topic", "durable", "key"})
    spec: ClassVar[EventSpec]

    @classmethod
    def declare(
        cls, *, name: str = "", topic: str = "", durable: bool = True, key: str | None = None, **given: Any
    ) -> None:
        """`key` names the field whose value separates conflated values on one topic (default: one value a topic)."""
        where = cls.__qualname__
        if not name or not topic:
            raise TypeError(f"{where}: an event needs name= and topic=")
        if not (cls.__doc__ or "").strip():
            raise TypeError(f"{where}: an event needs a docstring; clients read it")
        if taken := RESERVED.intersection(cls.__struct_fields__):
            raise TypeError(f"{where}: {sorted(taken)[0]!r} cannot be the name of a field")
        cls.spec = EventSpec(name, Pattern(topic), durable, key)
        needed = [*cls.spec.pattern.parameters, *([key] if key else [])]
        if missing := [field for field in needed if field not in cls.__struct_fields__]:
            raise TypeError(f"{where}: {missing[0]!r} stands in its declaration but is not a field")
        if (name, topic) in REGISTRY:
            raise TypeError(f"event {name!r} on {topic!r} is declared twice")
        REGISTRY[name, topic] = cls

    def topic(self) -> str:
        """The topic this event goes to, e.g. `line:0199…`."""
        pattern = self.spec.pattern
        return pattern.format(**{p: getattr(self, p) for p in pattern.parameters})

    def encode(self) -> bytes:
        """The event's `data` as JSON."""
        return msgspec.json.encode(self)

    def is_late(self) -> bool:
        """Does it tell what can only be read once nobody else tells its topic anything before it? Then it is
        `completed` as the last thing before COMMIT."""
        return False

    async def completed(self, tx: "Tx", times: int) -> Self:
        """The event with what it could not know before. Its topic's head is locked; `times` late ones of this topic
        are told by this transaction, and this is the last of them (the others go out as they are)."""
        raise NotImplementedError


def tells_too(told: frozenset[type[Event]], more: frozenset[type[Event]]) -> None:
    """Whatever emits all of `told` emits `more` besides: another domain follows it in the same transaction.

    Declared once by who follows; it does not matter whether the commands were declared before.
    """
    _TOO.append((told, more))


def told_by(emits: frozenset[type[Event]]) -> frozenset[type[Event]]:
    """What is emitted in the end where this was declared: with what those emit who follow it."""
    for told, more in _TOO:
        if told <= emits:
            emits |= more
    return emits
