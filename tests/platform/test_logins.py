"""A crowd at the door: tokens are looked up together, and one bad token is nobody else's trouble."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from carewire import logins, metrics
from carewire.actor import Actor
from carewire.clock import Clock
from carewire.errors import Overloaded, Refusal, Unauthenticated, Unavailable
from carewire.logins import Logins
from carewire.store.db import Database, Tx


class Keeper:
    """An identity that reads the database as the real one does; `broken` is a token that PostgreSQL refuses to read."""

    async def authenticate(self, tx: Tx, tokens: Sequence[str], real_now: datetime) -> Sequence[Actor | Refusal]:
        asked = ["\0" if token == "broken" else token for token in tokens]
        rows = await tx.fetch("SELECT unnest($1::text[]) AS name", asked)
        return [Unauthenticated() if row["name"] == "unknown" else somebody(UUID(row["name"])) for row in rows]

    async def reload(self, tx: Tx, actors: Sequence[Actor], real_now: datetime) -> Mapping[UUID, Actor]:
        return {actor.login_id: actor for actor in actors}


def somebody(account_id: UUID) -> Actor:
    ends = datetime.now(UTC) + timedelta(hours=1)
    return Actor(id=account_id, login_id=uuid4(), capacities=frozenset(), expires_at=ends, version=0, locale="en")


@pytest.fixture
def door(db: Database) -> Logins:
    return Logins(db=db, identity=Keeper(), clock=Clock(1.0))


def statements() -> float:
    return float(metrics.STATEMENTS.labels("login")._value.get())


async def test_one_token_that_the_database_chokes_on_and_one_that_is_unknown_cost_the_others_nothing(
    door: Logins,
) -> None:
    tokens = [str(uuid4()) for _ in range(20)]
    tokens[7:7] = ["broken"]
    tokens[13:13] = ["unknown"]
    answers = await asyncio.gather(*(door.authenticate(token) for token in tokens), return_exceptions=True)
    for token, answer in zip(tokens, answers, strict=True):
        if token == "broken":
            assert isinstance(answer, Exception)
        elif token == "unknown":
            assert isinstance(answer, Unauthenticated)
        else:
            assert isinstance(answer, Actor)
            assert str(answer.id) == token


async def test_a_hundred_at_once_share_their_transactions(door: Logins) -> None:
    before = statements()
    await asyncio.gather(*(door.authenticate(str(uuid4())) for _ in range(100)))
    assert statements() - before <= 12


async def test_who_comes_when_the_door_is_full_is_told_when_to_come_back(
    door: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "WAITING_MAX", 3)
    answers = await asyncio.gather(*(door.authenticate(str(uuid4())) for _ in range(5)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    assert len(refused) == 2
    assert refused[0].to_wire()["data"]["retry"] == {"after_ms": logins.FULL_AFTER_MS}


async def test_without_the_database_everybody_hears_that_it_is_away(db: Database) -> None:
    door = Logins(db=db, identity=Keeper(), clock=Clock(1.0))
    await db.close()
    answers = await asyncio.gather(*(door.authenticate(str(uuid4())) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
