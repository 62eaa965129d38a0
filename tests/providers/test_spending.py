"""A day's letters are counted for the whole deployment, and stop at the cap whoever asks (ledger: sms_send M-032)."""

import asyncio

import msgspec
import pytest

from carewire import metrics
from carewire.errors import RateLimited
from carewire.jobs.problems import Temporary
from carewire.providers import sms, spending
from carewire.settings import Settings
from carewire.store.db import Database
from tests.providers.test_providers import NUMBER, TEXT, trip


async def test_many_at_once_never_send_more_than_the_days_cap(settings: Settings, db: Database) -> None:
    settings = msgspec.structs.replace(settings, sms_day=5)
    on = trip(settings, db)
    answers = await asyncio.gather(
        *(sms.provider(settings).send_sms(trip(settings, db), NUMBER, TEXT) for _ in range(12)), return_exceptions=True
    )
    assert sum(answer is None for answer in answers) == 5
    assert all(answer is None or (isinstance(answer, Temporary) and answer.reason == "spend_cap") for answer in answers)
    with pytest.raises(Temporary, match="spend_cap"):
        await sms.provider(settings).send_sms(on, NUMBER, TEXT)
    async with db.snapshot() as tx:
        assert await tx.fetchval("SELECT count(*) FROM mailbox") == 5
        await spending.measure(tx, settings, on.real_now)
    assert metrics.LETTERS_TODAY.labels("sms")._value.get() >= 5
    assert metrics.LETTERS_CAP.labels("sms")._value.get() == 5


async def test_who_asks_for_a_code_is_told_so_and_tomorrow_there_is_room(settings: Settings, db: Database) -> None:
    settings = msgspec.structs.replace(settings, sms_day=1)
    on = trip(settings, db)
    await sms.provider(settings).send_sms(on, NUMBER, TEXT)
    async with db.snapshot() as tx:
        with pytest.raises(RateLimited) as refused:
            await spending.require_room(tx, settings, "sms", on.real_now)
        assert refused.value.after_ms is not None
        assert 0 < refused.value.after_ms <= 86_400_000
        await spending.require_room(tx, settings, "email", on.real_now)
