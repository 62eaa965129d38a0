"""Telling a person something in the app: `ctx.notify(account_id, TURN_NEAR, ref=token_id, before=2)`.

A fact is declared where it happens; what is done about it is another domain's: it consumes `Notify`. So a domain tells
without knowing who listens, and a person is told each fact once: once per `ref`, or once per `ref` and `occasion` where
the same may happen again. A word may be a `Moment`: it is said in the reader's language.

A fact that waits may become untrue meanwhile. Its domain is asked once more, in the transaction that tells it:

    @still(REMINDER)
    async def stands(ctx: Ctx, asked: Sequence[Notify]) -> list[bool]: ...
"""

import string
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.dates import Moment
from carewire.jobs.job import Job

if TYPE_CHECKING:
    from carewire.command import Ctx

Texts = Mapping[str, tuple[str, str]]
"""Title and body by language; `{words}` are filled in. English is always there: other languages fall back to it."""

REGISTRY: dict[str, "Fact"] = {}
STILL: dict[str, "Still"] = {}
TOLD_AT_ONCE: int = 500
"""How many facts one `NotifyMany` holds at most."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person may be told. `about` is the kind of thing its `ref` names, for the client to open."""

    name: str
    about: str | None
    texts: dict[str, tuple[str, str]]

    def say(self, locale: str, words: Mapping[str, str], moments: Mapping[str, Moment] = {}) -> tuple[str, str]:
        """Title and body in the reader's language."""
        language = locale.split("-", 1)[0]
        if language not in self.texts:
            language = "en"
        title, body = self.texts[language]
        said = {**words, **{name: moment.say(language) for name, moment in moments.items()}}
        return title.format(**said), body.format(**said)


class Notify(Job, name="notification.new", personal=True):
    """A person is to be told a fact."""

    account_id: UUID
    fact: str
    ref: UUID | None
    words: dict[str, str]
    moments: dict[str, Moment] = {}
    occasion: Annotated[str, Meta(max_length=64)] = ""


class NotifyMany(Job, name="notification.new_many", personal=True):
    """Many are to be told something, each her own: in one transaction."""

    tellings: Annotated[list[Notify], Meta(max_length=TOLD_AT_ONCE)]


Still = Callable[["Ctx", Sequence[Notify]], Awaitable[list[bool]]]
"""Which of these are still true, in their order. It locks what they are about until the transaction ends, and in an
order; the people who are told are locked already."""


def telling(person: UUID, fact: Fact, ref: UUID | None, *, occasion: str = "", **words: object) -> Notify:
    """One fact for one account. A missing word is a mistake of who tells, not of who is told."""
    moments = {name: word for name, word in words.items() if isinstance(word, Moment)}
    told = {name: str(word) for name, word in words.items() if name not in moments}
    fact.say("en", told, moments)
    return Notify(account_id=person, fact=fact.name, ref=ref, words=told, moments=moments, occasion=occasion)


def still(fact: Fact) -> Callable[[Still], Still]:
    """Declare who knows whether a fact that waited is still true."""
    if fact.name in STILL:
        raise TypeError(f"two answer whether {fact.name!r} is still true")

    def declare(stands: Still) -> Still:
        STILL[fact.name] = stands
        return stands

    return declare


def fact(name: str, *, texts: Texts, about: str | None = None) -> Fact:
    """Declare a fact. Every language says the same words."""
    if name in REGISTRY:
        raise TypeError(f"fact {name!r} is declared twice")
    if "en" not in texts:
        raise TypeError(f"fact {name!r} has no English")
    spoken = {language: frozenset(_words(pair)) for language, pair in texts.items()}
    if strange := [language for language, words in spoken.items() if words != spoken["en"]]:
        raise TypeError(f"fact {name!r}: {strange[0]} says other words than English")
    REGISTRY[name] = Fact(name=name, about=about, texts=dict(texts))
    return REGISTRY[name]


def _words(pair: tuple[str, str]) -> list[str]:
    return [field for text in pair for _, field, _, _ in string.Formatter().parse(text) if field]
