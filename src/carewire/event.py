"""Events: what the server tells. Declaring the class is all there is to adding one.

    class LineUpdated(Event, name="queue:updated", topic="line:{session_id}"):
        '''The line moved: somebody joined, was called, left.'''
        session_id: UUID
        ...

An event is known by (name, topic pattern): the same name on two patterns carries two different projections of one
fact. A durable event is a numbered row of the transaction that caused it. A conflated one (`durable=False`) is the
whole present value of its `key`, sent after commit; an older value never overwrites a newer one.
"""

from typing import Any, ClassVar, dataclass_transform

import msgspec

from carewire.topic import Pattern

REGISTRY: dict[tuple[str, str], type["Event"]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events. The placeholders of `topic` must be fields of the class."""

    name: ClassVar[str] = ""
    pattern: ClassVar[Pattern]
    durable: ClassVar[bool] = True
    key: ClassVar[str | None] = None

    def __init_subclass__(
        cls, *, name: str = "", topic: str = "", durable: bool = True, key: str | None = None, **kwargs: Any
    ) -> None:
        """`key` names the field whose value separates conflated values on one topic (default: one value a topic)."""
        super().__init_subclass__(**kwargs)
        if not name or not topic:
            raise TypeError(f"{cls.__qualname__}: an event needs name= and topic=")
        if not (cls.__doc__ or "").strip():
            raise TypeError(f"{cls.__qualname__}: an event needs a docstring; clients read it")
        cls.name, cls.pattern, cls.durable, cls.key = name, Pattern(topic), durable, key
        missing = [p for p in cls.pattern.parameters if p not in cls.__annotations__]
        if missing:
            raise TypeError(f"{cls.__qualname__}: topic placeholder {missing[0]!r} is not a field")
        if (name, topic) in REGISTRY:
            raise TypeError(f"event {name!r} on {topic!r} is declared twice")
        REGISTRY[name, topic] = cls

    def topic(self) -> str:
        """The topic this event goes to, e.g. `line:0199…`."""
        return self.pattern.format(**{p: getattr(self, p) for p in self.pattern.parameters})

    def encode(self) -> bytes:
        """The event's `data` as JSON."""
        return msgspec.json.encode(self)
