"""Callers of the product without sockets: what the gateway does with an outcome, and nothing else."""

import asyncio
import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from carewire.actor import Actor
from carewire.clock import Clock
from carewire.command import Peer
from carewire.node import Node
from carewire.store.outbox import read
from tests.patience import PATIENCE_S

_networks = itertools.count(1)


def fresh_network(host: int | None = None) -> str:
    """A /24 nobody has called from yet: its first three numbers and a dot, or the address of one of its hosts."""
    n = next(_networks)
    return f"10.{n // 250}.{n % 250}." + ("" if host is None else str(host))


class TurnableClock(Clock):
    """The wall clock, moved forward by hand. Product time stays, or letters would fall due in the runner's future."""

    ahead = timedelta(0)

    def turn(self, **span: float) -> None:
        self.ahead += timedelta(**span)

    def real_now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def now(self) -> datetime:
        return datetime.now(UTC)


class Caller:
    """One socket's identity: anonymous until a command binds it."""

    def __init__(self, node: Node, address: str = "203.0.113.7") -> None:
        self.node = node
        self.peer = Peer(address=address)
        self.actor: Actor | None = None

    async def call(self, method: str, /, **params: Any) -> Any:
        """Run a command or query; the binding changes as it would on a socket."""
        outcome = await self.node.dispatcher.run(method, msgspec.json.encode(params), self.actor, self.peer)
        if outcome.binding is not None:
            self.actor = outcome.binding
        if outcome.unbinding:
            self.actor = None
        return msgspec.json.decode(outcome.result)

    async def log_in(self, phone: str, **more: Any) -> Any:
        """The whole way of an honest phone."""
        code = await self.ask_code(phone)
        return await self.call("auth.otp_verify", phone=phone, code=code, **more)

    async def ask_code(self, phone: str, **more: Any) -> str:
        """The code of the letter that comes for the asking; those that others asked for are there before."""
        await all_codes_sent(self.node)
        before = await letters(self.node, phone)
        await self.call("auth.otp_send", phone=phone, **more)
        return await next_code(self.node, phone, len(before))

    async def reload(self) -> Actor | None:
        """The actor as the hub would find it now; None when the login is gone."""
        assert self.actor is not None
        async with self.node.db.snapshot() as tx:
            now = self.node.clock.real_now()
            return (await self.node.identity.reload(tx, [self.actor], now)).get(self.actor.login_id)


async def letters(node: Node, to: str) -> list[Any]:
    """What the number was sent, newest first, as the mailbox holds it."""
    return await rows(node, "SELECT channel, body FROM mailbox WHERE address = $1 ORDER BY id DESC", to)


async def all_codes_sent(node: Node) -> None:
    """Whatever code was asked for has become a letter."""
    async with asyncio.timeout(PATIENCE_S):
        while await rows(node, "SELECT FROM job WHERE name = 'otp.send' AND state = 'open'"):
            pass


async def next_code(node: Node, phone: str, known: int) -> str:
    """The code of the first letter after the known ones. The mailbox is asked until it comes, never slept for."""
    async with asyncio.timeout(PATIENCE_S):
        while len(found := await letters(node, phone)) <= known:
            pass
    return code_in(found[0]["body"])


def code_in(body: str) -> str:
    match = re.search(r"\b\d{6}\b", body)
    assert match is not None
    return match[0]


def another(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def told(node: Node, topic: str) -> list[tuple[str, Any]]:
    """All events of a topic: name and data."""
    async with node.db.snapshot() as tx:
        return [(event.name, msgspec.json.decode(event.payload)) for event in await read(tx, topic, 0, 1000)]


async def rows(node: Node, sql: str, *values: Any) -> list[Any]:
    async with node.db.snapshot() as tx:
        return await tx.fetch(sql, *values)


async def hire(head: Caller, phone: str, duty: str, **where: str) -> Any:
    """Offer a duty, and accept it as the owner of the number; the membership."""
    offer = await head.call("place.invite_member", phone=phone, duty=duty, **where)
    hired = Caller(head.node, fresh_network(7))
    await hired.log_in(phone)
    return await hired.call("member.accept", invitation_id=offer["id"])
