"""The people a request passes through: her family, two coordinators, and the demo's pharmacy and laboratory."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from carewire.node import Node
from channels.directory.demo import PHARMACY
from channels.identity import Capacity, demo
from channels.identity.demo import Person
from tests.channels.callers import Caller
from tests.channels.queue.conftest import ProductClock, admin_of, as_person
from tests.channels.stock.conftest import Shop

if TYPE_CHECKING:
    from tests.channels.request.market import Market

HOME: Any = {"kind": "medicine", "postal_code": "560001", "address": "7 Lake Road"}
LINES: Any = [{"name": "Paracetamol 500 mg", "quantity": 2}, {"name": "ORS", "note": "orange"}]


@pytest.fixture
def priya(clinic: Node) -> Caller:
    """A patient with a family of three. Test databases are clones, so the shared allowances are told apart here."""
    clinic.limits.deployment = str(uuid4())
    return as_person(clinic, demo.PRIYA)


@pytest.fixture
def admin(clinic: Node) -> Caller:
    """The demo's administrator, who may everything."""
    return admin_of(clinic)


@pytest.fixture
def pharmacist(clinic: Node) -> Caller:
    """Owner and pharmacist of the demo's pharmacy."""
    return as_person(clinic, demo.PHARMACIST, Capacity.STAFF)


@pytest.fixture
def technician(clinic: Node) -> Caller:
    """Owner and technician of the demo's laboratory."""
    return as_person(clinic, demo.TECHNICIAN, Capacity.STAFF)


@pytest.fixture
def stranger(clinic: Node) -> Caller:
    """A patient and member of staff who has nothing to do with it."""
    return as_person(clinic, demo.DESK, Capacity.STAFF)


async def administrator(node: Node, scope: str, number: int = 1) -> Caller:
    """One more administrator, with this scope alone."""
    person = Person(
        uuid4(), f"+91990000{number:02d}{scope[:2].encode().hex()[:3]}"[:13], scope, "en", (Capacity.ADMIN,)
    )
    now = datetime.now(UTC)
    async with node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO account (id, email, email_verified_at, name, created_at) VALUES ($1, $2, $4, $3, $4)",
            person.account_id,
            f"{person.account_id.hex}@example.org",
            scope,
            now,
        )
        await tx.execute(
            "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, 'admin', 'active', $2)",
            person.account_id,
            now,
        )
        await tx.execute(
            "INSERT INTO admin_scope (account_id, scope, since) VALUES ($1, $2, $3)", person.account_id, scope, now
        )
    return as_person(node, person)


async def photo(node: Node, owner: UUID) -> str:
    """A loose upload of this account: a paper prescription."""
    media_id = uuid4()
    async with node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO media (id, account_id, kind, name, mime, size, sha256, path, created_at)"
            " VALUES ($1, $2, 'medical_record', 'paper.jpg', 'image/jpeg', 9, sha256(''), $3, now())",
            media_id,
            owner,
            f"x/{media_id.hex}",
        )
    return str(media_id)


@pytest_asyncio.fixture
async def market(clinic: Node, priya: Caller, admin: Caller, pharmacist: Caller) -> "AsyncIterator[Market]":
    """Two pharmacies with filled shelves."""
    from tests.channels.request.market import Market

    clock = ProductClock()
    clinic.dispatcher.clock = clock
    made = Market(clinic, clock, priya, admin, Shop(clinic, pharmacist, clock, PHARMACY))
    await made.open()
    yield made
    if made.node is not clinic:
        await made.node.stop()
