"""Declarations that no rule of one declaration can refuse, and that the rules of all of them do."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple
from uuid import UUID

import pytest
from msgspec import Struct

from carewire.actor import KNOWN
from carewire.command import Ctx, command, query
from carewire.contract.declarations import Declarations
from carewire.contract.rules import violations
from carewire.event import Event
from carewire.topic import Ask, topic
from tests.contract.conftest import declared_here

pytestmark = pytest.mark.usefixtures("scratch")


async def nobody(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Nobody may listen."""
    return [None for _ in asks]


class Seen(Struct, frozen=True, kw_only=True):
    """A thing as its listeners see it."""

    thing_id: UUID


def declare_topic() -> None:
    @topic("rule_thing:{thing_id}", may=nobody)
    async def thing(ctx: Ctx, thing_id: UUID) -> Seen:
        """A thing."""
        return Seen(thing_id=thing_id)


def declare_event(
    topic: str = "rule_thing:{thing_id}", *, name: str = "rule:moved", durable: bool = True
) -> type[Event]:
    class Moved(Event, name=name, topic=topic, durable=durable):
        """It moved."""

        thing_id: UUID

    return Moved


def declare_command(*told: type[Event], returns: Any = Seen, name: str = "rule.move") -> None:
    async def move(ctx: Ctx, thing_id: UUID) -> Any:
        """Move it."""

    move.__annotations__["return"] = returns
    command(name, allow={KNOWN}, emits=told)(move)


def broken() -> list[str]:
    return violations(declared_here(__name__))


def test_the_product_breaks_no_rule(product: Declarations) -> None:
    assert violations(product) == []
    assert len(product.commands) > 20


def test_a_topic_an_event_and_a_command_that_fit_are_in_order() -> None:
    declare_topic()
    declare_command(declare_event())
    assert broken() == []


def test_an_event_that_nobody_says_is_named() -> None:
    declare_topic()
    declare_event()
    assert broken() == ["event rule:moved on rule_thing:{thing_id}: nothing emits it"]


def test_an_event_without_a_topic_is_named() -> None:
    declare_command(declare_event())
    assert broken() == ["event rule:moved on rule_thing:{thing_id}: nobody declared the topic rule_thing:"]


def test_an_event_that_spells_its_topic_differently_is_named() -> None:
    declare_topic()
    declare_command(declare_event(), declare_event("rule_thing:{thing_id}:part"))
    assert broken() == ["event rule:moved on rule_thing:{thing_id}:part: the topic is spelled rule_thing:{thing_id}"]


def test_a_topic_on_which_nothing_is_said_is_named() -> None:
    declare_topic()
    assert broken() == ["topic rule_thing:{thing_id}: no event goes to it"]


def test_a_topic_with_numbered_and_conflated_events_is_named() -> None:
    declare_topic()
    declare_command(declare_event(), declare_event(name="rule:typed", durable=False))
    assert broken() == ["topic rule_thing:{thing_id}: durable and conflated events on one topic"]


def test_an_event_that_left_the_registry_is_named() -> None:
    from carewire import event

    declare_topic()
    told = declare_event()
    declare_command(told)
    del event.REGISTRY[told.spec.name, told.spec.pattern.text]
    assert any("emits" in line and "not a registered event" in line for line in broken())


@pytest.mark.parametrize("reply", [Any, str, int, dict[str, int], list[Any], list, Seen | None])
def test_a_reply_that_could_not_grow_is_named(reply: Any) -> None:
    declare_command(returns=reply)
    assert [line.partition(":")[0] for line in broken()] == ["rule.move"]


@pytest.mark.parametrize("reply", [None, Seen, list[Seen], list[str]])
def test_structs_lists_and_nothing_are_replies(reply: Any) -> None:
    declare_command(returns=reply)
    assert broken() == []


class Pair(NamedTuple):
    """Two of something."""

    first: int
    second: int


class Flat(Struct, array_like=True, frozen=True):
    """A struct that hides its names."""

    first: int


class HoldsTuple(Struct, frozen=True):
    """Its places mean different things."""

    pair: tuple[int, str]


class HoldsPair(Struct, frozen=True):
    """The same, in a list."""

    pairs: list[Pair]


@pytest.mark.parametrize("reply", [HoldsTuple, list[HoldsPair], list[Flat]])
def test_a_tuple_of_fixed_length_is_named_however_deep(reply: Any) -> None:
    declare_command(returns=reply)
    assert any(line.startswith("rule.move: a tuple of fixed length on the wire") for line in broken())


class Mood(StrEnum):
    GOOD = "good"


class Moody(Struct, frozen=True):
    """Has a mood."""

    mood: Mood
    weather: Literal["sun", "rain"]
    only: Literal["one"] = "one"


class Wordless(Struct, frozen=True):
    value: int


def test_enums_literals_and_structs_without_words_are_named() -> None:
    @query("rule.mood", allow={KNOWN})
    async def mood(ctx: Ctx, tone: Literal["high", "low"], pitch: Literal["a", "b"] = "a") -> list[Moody]:
        """How it is.

        `pitch`: which of the two.
        """
        return []

    @query("rule.word", allow={KNOWN})
    async def word(ctx: Ctx) -> Wordless:
        """Nothing to say."""
        return Wordless(1)

    here = __name__
    assert broken() == sorted(
        [
            f"enum {here}.Mood: no docstring",
            "Moody.weather: a Literal without words; say what its values mean",
            "RuleMoodParams.tone: a Literal without words; say what its values mean",
            f"{here}.Wordless: no docstring",
        ]
    )
