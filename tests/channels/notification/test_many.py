"""Many told at once: each her own, in her language, once; and nobody what is no longer true."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire import notice
from carewire.command import Ctx
from carewire.dates import Moment
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.notice import Notify, NotifyMany, fact, telling
from carewire.store import outbox
from channels.identity import demo as people
from channels.notification.events import NotificationNew, Notifications
from tests.channels.callers import rows, told
from tests.channels.queue.conftest import as_person, topic
from tests.patience import PATIENCE_S

VISIT = fact(
    "test.visit",
    about="visit",
    texts={"en": ("A visit", "On {when}, {name}."), "hi": ("मुलाक़ात", "{when}, {name}।")},
)
PRIYA, DESK = people.PRIYA.account_id, people.DESK.account_id
AT = Moment(datetime(2026, 3, 2, 4, 30, tzinfo=UTC), "Asia/Kolkata")


async def tell(node: Node, *tellings: Notify) -> None:
    """One job with all of them, and done: each look is a round trip."""
    async with node.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=node.clock.now(), real_now=node.clock.real_now(), settings=node.settings)
        ctx.enqueue(NotifyMany(tellings=list(tellings)))
        left = await outbox.finish([ctx], Vault(node.settings.secret))
    node.publish(left)
    async with asyncio.timeout(PATIENCE_S):
        while await rows(node, "SELECT FROM job WHERE name = 'notification.new_many' AND state = 'open'"):
            pass


async def seen(node: Node) -> list[Any]:
    return await rows(node, "SELECT account_id, ref_id, occasion, body, happens_at, zone FROM notification ORDER BY id")


async def test_each_is_told_her_own_in_her_language_and_hears_it_in_order(clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET locale = 'hi-IN' WHERE id = $1", DESK)
    before = await topic(clinic, f"notifications:{PRIYA}")
    refs = [uuid4() for _ in range(3)]
    stranger = uuid4()
    await tell(
        clinic,
        telling(PRIYA, VISIT, refs[0], when=AT, name="Asha"),
        telling(DESK, VISIT, refs[0], when=AT, name="Asha"),
        telling(stranger, VISIT, refs[0], when=AT, name="Asha"),
        telling(PRIYA, VISIT, refs[1], when=AT, name="Asha"),
        telling(PRIYA, VISIT, refs[1], when=AT, name="Asha"),
        telling(PRIYA, VISIT, refs[1], occasion="moved", when=AT, name="Vikram"),
    )
    found = await seen(clinic)
    assert sorted((row["account_id"] == PRIYA, row["occasion"]) for row in found) == [
        (False, ""), (True, ""), (True, ""), (True, "moved"),
    ]  # fmt: skip
    assert {row["body"] for row in found if row["account_id"] == DESK} == {
        "सोम 2 मार्च 2026, 10:00 (Asia/Kolkata), Asha।"
    }
    assert {(row["happens_at"], row["zone"]) for row in found} == {(AT.at, AT.zone)}
    heard: Notifications = before
    for _, data in await told(clinic, f"notifications:{PRIYA}"):
        heard = NotificationNew.apply(heard, msgspec.convert(data, NotificationNew))
    assert heard == await topic(clinic, f"notifications:{PRIYA}")
    assert heard.unread == 3


async def test_telling_it_all_again_tells_nobody(clinic: Node) -> None:
    ref = uuid4()
    for _ in range(2):
        await tell(clinic, *(telling(person, VISIT, ref, when=AT, name="Asha") for person in (PRIYA, DESK)))
    assert len(await seen(clinic)) == 2
    assert len(await told(clinic, f"notifications:{PRIYA}")) == 1


@pytest.fixture
def standing() -> Iterator[set[UUID]]:
    """What still stands; asked for the fact of this test while it lasts."""
    stands: set[UUID] = set()

    async def ask(ctx: Ctx, asked: Sequence[Notify]) -> list[bool]:
        return [one.ref in stands for one in asked]

    notice.still(VISIT)(ask)
    yield stands
    del notice.STILL[VISIT.name]


async def test_what_is_no_longer_true_when_its_time_comes_is_told_to_nobody(clinic: Node, standing: set[UUID]) -> None:
    stands, cancelled = uuid4(), uuid4()
    standing.add(stands)
    await tell(
        clinic,
        telling(PRIYA, VISIT, cancelled, when=AT, name="Asha"),
        telling(PRIYA, VISIT, stands, when=AT, name="Asha"),
        telling(DESK, VISIT, cancelled, when=AT, name="Asha"),
    )
    assert [row["ref_id"] for row in await seen(clinic)] == [stands]
    assert await told(clinic, f"notifications:{DESK}") == []


def test_a_word_that_is_missing_is_a_mistake_of_who_tells() -> None:
    with pytest.raises(KeyError):
        telling(PRIYA, VISIT, None, when=AT)


async def test_an_app_shows_the_moment_on_any_clock(clinic: Node) -> None:
    await tell(clinic, telling(PRIYA, VISIT, uuid4(), when=AT, name="Asha"))
    (shown,) = (await as_person(clinic, people.PRIYA).call("notification.list"))["rows"]
    assert (shown["happens_at"], shown["zone"]) == ("2026-03-02T04:30:00Z", "Asia/Kolkata")
