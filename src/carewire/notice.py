"""Telling a person something in the app: `ctx.notify(account_id, TURN_NEAR, ref=token_id, before=2)`.

A fact is declared where it happens; what is done about it is another domain's: it consumes `Notify`. So a domain tells
without knowing who listens, and a person is told each fact once.
"""

import string
from collections.abc import Mapping
from uuid import UUID

import msgspec

from carewire.jobs.job import Job

Texts = Mapping[str, tuple[str, str]]
"""Title and body by language; `{words}` are filled in. English is always there: other languages fall back to it."""

REGISTRY: dict[str, "Fact"] = {}


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person may be told. `about` is the kind of thing its `ref` names, for the client to open."""

    name: str
    about: str | None
    texts: dict[str, tuple[str, str]]

    def say(self, locale: str, words: Mapping[str, str]) -> tuple[str, str]:
        """Title and body in the reader's language."""
        title, body = self.texts.get(locale.split("-", 1)[0]) or self.texts["en"]
        return title.format(**words), body.format(**words)


class Notify(Job, name="notification.new", personal=True):
    """A person is to be told a fact."""

    account_id: UUID
    fact: str
    ref: UUID | None
    words: dict[str, str]


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
