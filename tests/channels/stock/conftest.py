"""An empty pharmacy with its owner, and orders that hold, buy and bring back what stands there."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from carewire.command import Ctx
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.store import constraints, outbox
from channels.identity import Capacity
from channels.identity import demo as people
from channels.identity.demo import Person
from channels.stock import access as stock
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import ProductClock, admin_of, as_person
from tests.patience import PATIENCE_S

T = TypeVar("T")
INR = "INR"
OWNER = Person(uuid4(), "+919900020001", "Olga Owner", "en", (Capacity.PHARMACY,))


class Shop:
    """A pharmacy on a clock that is turned by hand: what its people do, and what an order does."""

    def __init__(self, node: Node, pharmacist: Caller, clock: ProductClock, place_id: UUID) -> None:
        self.node, self.pharmacist, self.clock, self.id = node, pharmacist, clock, place_id
        self.topic = f"stock:{place_id}"

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def day(self, ahead: int) -> str:
        """A day on the pharmacy's calendar: 0 is today."""
        local = self.now + timedelta(hours=5, minutes=30)
        return (local.date() + timedelta(days=ahead)).isoformat()

    async def article(self, name: str, *batches: tuple[int, int], **more: Any) -> UUID:
        """An article with batches, each (days until it expires, packs)."""
        price = {"amount": 2_500, "currency": INR}
        given = {"name": name, "form": "tablet", "price": price, "schedule": "otc"} | more
        made = await self.pharmacist.call("medicine.create", **given)
        for number, (days, packs) in enumerate(batches, 1):
            await self.receive(made["id"], f"B{number}", days, packs)
        return UUID(made["id"])

    async def receive(self, medicine_id: UUID | str, number: str, days: int, packs: int) -> Any:
        return await self.pharmacist.call(
            "stock.receive", medicine_id=medicine_id, number=number, expires_on=self.day(days), quantity=packs
        )

    async def run(self, what: Callable[[Ctx], Awaitable[T]]) -> T:
        """What a command of another domain does: one transaction, its refusals, and what it leaves is told."""
        try:
            async with self.node.db.transaction() as tx:
                ctx = Ctx(tx=tx, now=self.now, real_now=self.now, settings=self.node.settings)
                answer = await what(ctx)
                left = await outbox.finish([ctx], Vault(self.node.settings.secret))
        except asyncpg.PostgresError as error:
            raise constraints.translate(error) or error from error
        self.node.publish(left)
        return answer

    async def hold(self, *lines: tuple[UUID, int], minutes: float = 10, about: UUID | None = None) -> stock.Hold:
        wanted = [stock.Line(medicine_id=one, quantity=packs) for one, packs in lines]
        until = self.now + timedelta(minutes=minutes)
        return await self.run(lambda ctx: stock.hold(ctx, self.id, wanted, until, about or uuid4()))

    async def release(self, hold_id: UUID, *lines: tuple[UUID, int]) -> stock.Hold:
        back = [stock.Line(medicine_id=one, quantity=packs) for one, packs in lines] or None
        return await self.run(lambda ctx: stock.release(ctx, hold_id, back))

    async def sell(self, hold_id: UUID, *lines: tuple[UUID, int]) -> stock.Hold:
        given = [stock.Line(medicine_id=one, quantity=packs) for one, packs in lines] or None
        return await self.run(lambda ctx: stock.sell(ctx, hold_id, given))

    async def extend(self, hold_id: UUID, minutes: float, **more: bool) -> stock.Hold:
        until = self.now + timedelta(minutes=minutes)
        return await self.run(lambda ctx: stock.extend(ctx, hold_id, until, **more))

    async def returned(self, hold_id: UUID, *lines: tuple[UUID, int], sellable: bool = True) -> stock.Hold:
        given = [stock.Line(medicine_id=one, quantity=packs) for one, packs in lines]
        return await self.run(lambda ctx: stock.returned(ctx, hold_id, given, sellable=sellable))

    async def facts(self) -> list[tuple[str, str]]:
        """What the pharmacist was told, in English: fact and body, oldest first."""
        open_ = "SELECT 1 FROM job WHERE state = 'open' AND name = 'notification.new' AND due_at <= now()"
        async with asyncio.timeout(PATIENCE_S):
            while await rows(self.node, open_):
                pass  # each look is a round trip
        told = "SELECT fact, body FROM notification WHERE account_id = $1 ORDER BY id"
        return [(row["fact"], row["body"]) for row in await rows(self.node, told, OWNER.account_id)]

    async def stands(self, medicine_id: UUID) -> tuple[int, int]:
        """How many packs are there, and how many of them are held."""
        (row,) = await rows(self.node, "SELECT physical, held FROM stock WHERE medicine_id = $1", medicine_id)
        return row["physical"], row["held"]


async def open_shop(node: Node, owner: Person, *, name: str = "Corner Pharmacy", **columns: Any) -> UUID:
    """Another pharmacy that everybody may find, with its owner."""
    now = datetime.now(UTC)
    values = {"kind": "pharmacy", "name": name, "zone": "Asia/Kolkata", "city": "Pune", "approval": "approved"}
    columns = {**values, "created_at": now, **columns}
    async with node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, $3, $4)",
            owner.account_id,
            owner.phone,
            owner.name,
            now,
        )
        place_id: UUID = await tx.fetchval(
            f"INSERT INTO place ({', '.join(columns)}) VALUES"
            f" ({', '.join(f'${n}' for n in range(1, len(columns) + 1))}) RETURNING id",
            *columns.values(),
        )
        await tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, 'owner', $3)",
            owner.account_id,
            place_id,
            now,
        )
    return place_id


@pytest_asyncio.fixture
async def shop(clinic: Node) -> Shop:
    """An empty one. Test databases are clones: their allowances are told apart here."""
    clinic.limits.deployment = str(uuid4())
    clock = ProductClock()
    clinic.dispatcher.clock = clock
    return Shop(clinic, as_person(clinic, OWNER, Capacity.STAFF), clock, await open_shop(clinic, OWNER))


@pytest.fixture
def admin(clinic: Node) -> Caller:
    return admin_of(clinic)


@pytest.fixture
def anon(clinic: Node) -> Caller:
    return Caller(clinic)


@pytest.fixture
def priya(clinic: Node) -> Caller:
    return as_person(clinic, people.PRIYA)


@pytest.fixture
def technician(clinic: Node) -> Caller:
    """Owner of the laboratory: staff, and nobody here."""
    return as_person(clinic, people.TECHNICIAN, Capacity.STAFF)
