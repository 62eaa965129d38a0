"""Everything the product declares, gathered once and sorted: what the contract, its rules and its tests read.

The registries are filled by importing; in a test run they also hold the tests' own toy domains. So declarations are
taken by the package they stand in, and the contract is the same whoever else was imported.
"""

import importlib
from collections.abc import Collection
from typing import Any, Final

from msgspec import Struct

from carewire import command, errors, event, resource, topic
from carewire.command import Command
from carewire.discovery import discover
from carewire.errors import Refusal
from carewire.event import Event
from carewire.gateway import methods
from carewire.gateway.methods import Method
from carewire.jobs import job
from carewire.topic import Topic

PLATFORM: Final = "carewire"
PRODUCT: Final = "channels"


class Declarations(Struct, frozen=True, kw_only=True):
    """The declarations of some packages, each kind in the order of its wire name."""

    commands: list[Command]
    events: list[type[Event]]
    topics: list[Topic]
    refusals: list[type[Refusal]]
    methods: list[Method]
    emits: dict[type[Event], list[str]]
    """Who says an event: names of commands, of jobs as `job:name`, of what HTTP routes do as `http:name`."""

    def topic_of(self, told: type[Event]) -> Topic | None:
        """The declared topic an event goes to; None for the platform's internal ones."""
        return next((t for t in self.topics if t.pattern.text == told.spec.pattern.text), None)

    def events_of(self, declared: Topic) -> list[type[Event]]:
        """What a listener of this topic hears."""
        return [e for e in self.events if e.spec.pattern.text == declared.pattern.text]


def gather(packages: Collection[str] = (PLATFORM, PRODUCT), *, development: bool = True) -> Declarations:
    """What these packages declare. They must have been imported; see `discover_product`.

    Without `development`, what production offers.
    """

    def ours(thing: Any) -> bool:
        return any(f"{thing.__module__}.".startswith(f"{package}.") for package in packages)

    # A catalogue's commands are made by the platform for the domain whose entries they show.
    every = [
        c
        for c in command.REGISTRY.values()
        if (development or not c.development)
        and ours(catalogue.view if (catalogue := resource.REGISTRY.get(c.name.partition(".")[0])) else c.handler)
    ]
    emits: dict[type[Event], list[str]] = {}
    for declared in every:
        for told in declared.emits:
            emits.setdefault(told, []).append(f"http:{declared.name}" if declared.http else declared.name)
    for name, consumer in job.REGISTRY.items():
        if ours(consumer.run):
            for told in consumer.emits:
                emits.setdefault(told, []).append(f"job:{name}")
    # What the platform offers counts only where the product uses it.
    events = [e for e in event.REGISTRY.values() if (ours(e) and not _of_platform(e)) or e in emits]
    spoken = {e.spec.pattern.text for e in events}
    topics = [
        t
        for t in topic.REGISTRY.values()
        if (t.pattern.text in spoken if _of_platform(t.snapshot) else ours(t.snapshot))
    ]
    return Declarations(
        commands=sorted((c for c in every if not c.http), key=lambda c: c.name),
        events=sorted(events, key=lambda e: (e.spec.name, e.spec.pattern.text)),
        topics=sorted(topics, key=lambda t: t.pattern.text),
        refusals=sorted((e for e in errors.REGISTRY.values() if ours(e)), key=lambda e: (e.code, e.reason)),
        methods=sorted((m for m in methods.REGISTRY.values() if ours(m.handler)), key=lambda m: m.name),
        emits={told: sorted(names) for told, names in emits.items()},
    )


def discover_product(*, development: bool = True) -> Declarations:
    """Import the gateway and the whole product, then gather."""
    importlib.import_module("carewire.gateway.socket")
    discover(PRODUCT)
    return gather(development=development)


def _of_platform(thing: Any) -> bool:
    return str(thing.__module__).startswith(f"{PLATFORM}.")
