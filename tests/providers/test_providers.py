"""One suite for every way out of the house: the mailbox, Twilio's protocol, SMTP.

Ledger: sms_send H-093 M-032, email_send H-094 M-031; TWILIO_ACCOUNT_SID M-412, TWILIO_AUTH_TOKEN M-413,
TWILIO_PHONE_NUMBER M-414 (one URL); SENDGRID_API_KEY M-415, SENDGRID_FROM_EMAIL M-416 (its SMTP, one URL).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
import pytest
import pytest_asyncio

from carewire.clock import Clock
from carewire.ids import uuid7
from carewire.jobs.job import Trip
from carewire.jobs.problems import Permanent, Problem, Temporary
from carewire.providers import email, sms
from carewire.settings import Settings, SettingsError
from carewire.store.db import Database
from tests.providers.fakes import BREAK_OFF, Accepted, FakeMailServer, FakeTwilio

NUMBER, ADDRESS = "+919900000001", "someone@example.test"
TEXT = "123456 आपका कोड है। Ça va?"
Send = Callable[..., Awaitable[Any]]


class Way(NamedTuple):
    """A provider at work: `send(text, trip)`, what arrived, and how to make the other side misbehave."""

    name: str
    send: Send
    arrived: Callable[[], Awaitable[list[Accepted]]]
    fake: Any


def trip(settings: Settings, db: Database, **more: Any) -> Trip:
    now = Clock().now()
    return Trip(
        **{"ref": uuid7(), "doubtful": False, "now": now, "real_now": now, "settings": settings, "db": db, **more}
    )


EVERY = pytest.mark.parametrize("way", ["mailbox sms", "mailbox email", "twilio", "smtp"], indirect=True)
OUTSIDE = pytest.mark.parametrize("way", ["twilio", "smtp"], indirect=True)


@pytest_asyncio.fixture
async def way(request: pytest.FixtureRequest, settings: Settings, db: Database) -> AsyncIterator[Way]:
    fake: Any = {"twilio": FakeTwilio, "smtp": FakeMailServer}.get(request.param, lambda: None)()
    if fake is not None:
        url = await fake.start()
        settings = msgspec.structs.replace(settings, **{"sms_url" if request.param == "twilio" else "email_url": url})
    by_mail = request.param in ("mailbox email", "smtp")

    async def send(text: str = TEXT, **more: Any) -> Any:
        on = trip(settings, db, **more)
        if by_mail:
            return await email.provider(settings).send_email(on, ADDRESS, "Grüße", text)
        return await sms.provider(settings).send_sms(on, NUMBER, text)

    async def arrived() -> list[Accepted]:
        if fake is not None:
            return list(fake.accepted)
        async with db.snapshot() as tx:
            rows = await tx.fetch("SELECT address, subject, body, job FROM mailbox ORDER BY id")
        return [Accepted(r["address"], r["subject"], r["body"], str(r["job"])) for r in rows]

    yield Way(request.param, send, arrived, fake)
    if fake is not None:
        await fake.stop()


@EVERY
async def test_a_letter_arrives_as_it_was_written(way: Way) -> None:
    proof = await way.send()
    (letter,) = await way.arrived()
    by_mail = way.name in ("mailbox email", "smtp")
    assert letter.to == (ADDRESS if by_mail else NUMBER)
    assert letter.text == TEXT
    assert letter.subject == ("Grüße" if by_mail else None)
    assert proof == (letter.name if way.fake else None)


@EVERY
async def test_a_letter_whose_first_try_nobody_saw_the_end_of(way: Way) -> None:
    """Once where the other side can be asked; by mail twice, with one name that the reader's server compares."""
    ref = uuid7()
    if way.fake is not None:
        way.fake.next.append(BREAK_OFF)
        with pytest.raises(Temporary) as lost:
            await way.send(ref=ref)
        assert lost.value.unclear
    else:
        await way.send(ref=ref)
    await way.send(ref=ref, doubtful=True)
    letters = await way.arrived()
    assert len(letters) == (2 if way.name == "smtp" else 1)
    assert len({letter.name for letter in letters}) == 1


@EVERY
async def test_a_doubt_about_a_letter_that_never_arrived_is_settled_by_sending_it(way: Way) -> None:
    await way.send("another text", ref=uuid7(1_000.0))
    await way.send(doubtful=True)
    assert [letter.text for letter in await way.arrived()] == ["another text", TEXT]


@pytest.mark.parametrize("way", ["mailbox sms", "mailbox email", "smtp"], indirect=True)
async def test_the_same_text_for_another_fact_is_not_taken_for_this_one(way: Way) -> None:
    await way.send()
    await way.send(doubtful=True)
    assert len(await way.arrived()) == 2


@pytest.mark.parametrize(
    ("way", "code"),
    [*(("twilio", c) for c in (21211, 21614, 21610, 20_999)), ("smtp", 550), ("smtp", 553)],
    indirect=["way"],
)
async def test_a_lasting_no_is_told_from_a_passing_one(way: Way, code: int) -> None:
    way.fake.next.append(code)
    with pytest.raises(Permanent) as refused:
        await way.send()
    says_nothing_of_people(refused.value)
    assert await way.arrived() == []


@pytest.mark.parametrize(
    ("way", "code"), [("twilio", 429), ("twilio", 503), ("smtp", 450), ("smtp", 421)], indirect=["way"]
)
async def test_a_passing_no_is_tried_again(way: Way, code: int) -> None:
    way.fake.next.append(code)
    with pytest.raises(Temporary) as refused:
        await way.send()
    says_nothing_of_people(refused.value)
    assert refused.value.unclear == (code == 503)
    await way.send()
    assert len(await way.arrived()) == 1


@OUTSIDE
async def test_a_server_that_is_not_there_is_a_clear_no(way: Way) -> None:
    await way.fake.stop()
    with pytest.raises(Temporary) as away:
        await way.send()
    assert (away.value.reason, away.value.unclear) == ("unreachable", False)
    await way.fake.start()  # for the fixture to stop


async def test_the_same_text_within_a_minute_is_one_text_message_where_the_company_knows_no_names(
    settings: Settings, db: Database
) -> None:
    """What docs/guide/jobs.md says of Twilio: a doubt can swallow a twin, so texts name their fact."""
    fake = FakeTwilio()
    out = sms.provider(msgspec.structs.replace(settings, sms_url=await fake.start()))
    await out.send_sms(trip(settings, db), NUMBER, TEXT)
    await out.send_sms(trip(settings, db), NUMBER, TEXT)
    assert len(fake.accepted) == 2, "without a doubt nobody looks"
    await out.send_sms(trip(settings, db, doubtful=True), NUMBER, TEXT)
    assert len(fake.accepted) == 2
    await fake.stop()


async def test_an_address_for_reports_that_twilio_refuses_keeps_no_letter_from_leaving(
    settings: Settings, db: Database
) -> None:
    """Ledger: POST /webhooks/twilio M-056."""
    fake = FakeTwilio()
    settings = msgspec.structs.replace(settings, sms_url=await fake.start(), public_url="http://clinic.internal")
    fake.next.append(21609)
    await sms.provider(settings).send_sms(trip(settings, db), NUMBER, TEXT)
    await sms.provider(settings).send_sms(trip(settings, db), NUMBER, TEXT)
    assert [bool(callback) for callback in fake.callbacks] == [False, True]
    await fake.stop()


async def test_a_sender_on_whatsapp_writes_to_readers_on_whatsapp(settings: Settings, db: Database) -> None:
    """Ledger: config.twilio M-019, Twilio WhatsApp M-384."""
    fake = FakeTwilio()
    settings = msgspec.structs.replace(settings, sms_url=(await fake.start()).replace("from=", "from=whatsapp%3A"))
    ref = uuid7()
    sid = await sms.provider(settings).send_sms(trip(settings, db, ref=ref), NUMBER, TEXT)
    assert await sms.provider(settings).send_sms(trip(settings, db, ref=ref, doubtful=True), NUMBER, TEXT) == sid
    assert [letter.to for letter in fake.accepted] == [f"whatsapp:{NUMBER}"]
    await fake.stop()


async def test_wrong_credentials_wait_for_somebody_to_mend_them(settings: Settings, db: Database) -> None:
    fake = FakeTwilio()
    url = (await fake.start()).replace("token", "guess")
    with pytest.raises(Temporary, match="credentials"):
        await sms.provider(msgspec.structs.replace(settings, sms_url=url)).send_sms(trip(settings, db), NUMBER, TEXT)
    await fake.stop()


async def test_an_address_that_would_write_headers_is_refused_here(settings: Settings, db: Database) -> None:
    way_out = email.provider(msgspec.structs.replace(settings, email_url="smtp://127.0.0.1:1/?from=a%40b.test"))
    for address in ("a@b.test\r\nBcc: c@d.test", "nobody", "a@b.test, c@d.test", ""):
        with pytest.raises(Permanent, match="bad_address"):
            await way_out.send_email(trip(settings, db), address, "Hello", "Text")


async def test_production_without_a_gateway_lets_letters_wait(settings: Settings) -> None:
    production = msgspec.structs.replace(settings, mode="production")
    for provider in (sms.provider, email.provider):
        with pytest.raises(Temporary, match="no_gateway"):
            provider(production)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CAREWIRE_SMS_URL", "https://api.twilio.com/?from=x"),
        ("CAREWIRE_SMS_URL", "twilio://sid:token@api.twilio.com/"),
        ("CAREWIRE_EMAIL_URL", "smtp://mail.example.com/"),
        ("CAREWIRE_SMS_URL", "twilio+http://sid:token@api.twilio.com/?from=x"),
    ],
)
def test_an_address_of_a_gateway_that_cannot_work_is_refused_at_start(variable: str, value: str) -> None:
    env = {"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": "n3ZbqgC0vS7kX1yTtW8dLrP5mHfJ2aEu", variable: value}
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(env)
    assert refused.value.variable == variable
    assert "token" not in str(refused.value)


def says_nothing_of_people(problem: Problem) -> None:
    assert NUMBER not in str(problem)
    assert ADDRESS not in str(problem)
