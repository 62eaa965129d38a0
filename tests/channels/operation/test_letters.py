"""How far a text message came: what Twilio reports, and what an administrator hears of it.

Ledger: POST /webhooks/twilio M-056 (signature, once, delivery of SMS; `notifications.is_sent` of M-104 is the letter's
state), integration.twilio M-061 M-383, sms_send H-041 H-093 M-032.
"""

import asyncio
import random
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewire.app import create_app
from carewire.clock import Clock
from carewire.command import Ctx, Peer
from carewire.gateway import server
from carewire.http.webhook import Call, Forged
from carewire.ids import uuid7
from carewire.jobs.house import KeepHouse, keep_house
from carewire.node import Node
from carewire.providers import twilio_reports
from carewire.providers.tracking import KEPT
from carewire.settings import Settings
from carewire.store.db import Database
from channels.operation.letters import SHOWN, LetterFailed
from channels.operation.lifecycle import LETTER, REPORTED, LetterState
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import admin_of, topic
from tests.conftest import SECRET
from tests.patience import PATIENCE_S
from tests.providers.fakes import TOKEN, FakeTwilio
from tests.providers.reports import NUMBER, form_of, report, signed

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
TOKENS = "one token of Twilio's, another token"
HERE = "https://clinic.example/webhooks/twilio"


# --- the signature ---------------------------------------------------------------------------------------------------
def test_the_signature_is_that_of_twilios_own_libraries() -> None:
    """The vectors of their tests (`test_request_validator.py`), the second with a field that comes twice."""
    assert twilio_reports.signature("12345", URL, VECTOR) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    twice = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]
    assert twilio_reports.signature("12345", URL, twice) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


def call(body: bytes, signature: str, url: str = HERE) -> Call:
    return Call(url=url, headers={"x-twilio-signature": signature}, body=body, at=Clock().real_now())


def listening(**more: Any) -> Settings:
    return Settings(secret=SECRET, **{"sms_tokens": TOKENS, **more})


@pytest.mark.parametrize(
    ("settings", "token"),
    [
        (listening(), "one token of Twilio's"),
        (listening(), "another token"),
        (listening(sms_tokens=None, sms_url="twilio://AC:a%2Fb@api.twilio.com/?from=x"), "a/b"),
    ],
)
def test_every_token_that_is_valid_signs_and_no_other(settings: Settings, token: str) -> None:
    form, body = form_of("SM1", "sent"), b"&".join(b"%b=%b" % (n.encode(), v.encode().replace(b"+", b"%2B"))
                                                    for n, v in form_of("SM1", "sent").items())  # fmt: skip
    heard = twilio_reports.read(settings, call(body, signed(HERE, form, token)))
    assert (heard.id, heard.sid, heard.status, heard.letter) == ("SM1:sent", "SM1", "sent", None)
    for wrong in ("", "=", signed(HERE, form, token + "."), signed(HERE + "/", form, token), "ü" * 28):
        with pytest.raises(Forged):
            twilio_reports.read(settings, call(body, wrong))
    with pytest.raises(Forged):
        twilio_reports.read(settings, call(body.replace(b"sent", b"read"), signed(HERE, form, token)))


@pytest.mark.parametrize(
    "signs", ["https://clinic.example:8443", "https://clinic.example", "https://clinic.example:443"]
)
def test_a_port_may_stand_in_what_they_sign_or_not(signs: str) -> None:
    form, path = {"MessageSid": "SM1", "MessageStatus": "sent"}, "/webhooks/twilio?letter=x"
    given_to_them = f"https://clinic.example:8443{path}"
    signature = signed(signs + path, form, "another token")
    with pytest.raises(msgspec.ValidationError):  # it is theirs, and `x` is no letter
        twilio_reports.read(listening(), call(b"MessageSid=SM1&MessageStatus=sent", signature, given_to_them))


@given(body=st.binary(max_size=100), signature=st.text(max_size=30), query=st.text(max_size=20))
def test_whatever_comes_unsigned_is_forged_and_nothing_else(body: bytes, signature: str, query: str) -> None:
    with pytest.raises(Forged):
        twilio_reports.read(listening(), call(body, signature, f"{HERE}?{query}"))


# --- the way of a letter ---------------------------------------------------------------------------------------------
ORDER = list(LetterState)


def after(state: LetterState, statuses: list[str]) -> LetterState:
    for status in statuses:
        if REPORTED[status] in LETTER.legal(state):
            state = LETTER.move(state, REPORTED[status])
    return state


@given(statuses=st.lists(st.sampled_from(sorted(REPORTED)), max_size=8), seed=st.randoms(use_true_random=False))
def test_reports_in_any_order_and_repeated_lead_to_the_same_end(statuses: list[str], seed: random.Random) -> None:
    shuffled = statuses * 2
    seed.shuffle(shuffled)
    furthest = max((LETTER.moves[REPORTED[s]].target for s in statuses), key=ORDER.index, default=LetterState.LEAVING)
    assert after(LetterState.LEAVING, statuses) == after(LetterState.LEAVING, shuffled) == furthest


@pytest.mark.parametrize("state", LetterState)
def test_a_letter_goes_on_and_never_back(state: LetterState) -> None:
    assert {LETTER.moves[move].target for move in LETTER.legal(state)} == set(ORDER[ORDER.index(state) + 1 :])


async def test_the_database_keeps_a_letter_from_going_back(db: Database) -> None:
    async with db.transaction() as tx:
        letter = await leave(tx)
        await tx.execute("UPDATE letter SET state = 'delivered' WHERE id = $1", letter)
    for state in ("leaving", "accepted", "sent"):
        with pytest.raises(asyncpg.CheckViolationError, match="never back"):
            async with db.transaction() as tx:
                await tx.execute("UPDATE letter SET state = $2 WHERE id = $1", letter, state)
    with pytest.raises(asyncpg.CheckViolationError, match="letter_failed"):
        async with db.transaction() as tx:
            await tx.execute("UPDATE letter SET state = 'failed' WHERE id = $1", await leave(tx))


async def leave(tx: Any) -> UUID:
    letter = uuid7()
    await tx.execute("INSERT INTO letter (id, channel, state, at) VALUES ($1, 'sms', 'leaving', now())", letter)
    return letter


async def hear(node: Node, sid: str, status: str, letter: UUID | None = None, problem: int | None = None) -> str:
    """A signed report, as the door hands it on; what became of it."""
    event = {"id": f"{sid}:{status}", "sid": sid, "status": status, "letter": letter, "problem": problem}
    outcome = await node.dispatcher.run(
        "webhook.twilio", msgspec.json.encode({"event": event}), None, Peer(), http=True
    )
    return str(msgspec.json.decode(outcome.result)["outcome"])


async def state_of(node: Node, letter: UUID) -> Any:
    (row,) = await rows(node, "SELECT state, problem, ref FROM letter WHERE id = $1", letter)
    return tuple(row)


async def test_a_report_finds_its_letter_and_what_is_late_or_unknown_changes_nothing(clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        letter = await leave(tx)
    assert await hear(clinic, "SM9", "delivered", uuid7()) == "unknown"
    assert await hear(clinic, "SM8", "delivered") == "unknown"
    # Quicker than the answer to our own call: it tells us what they call it.
    assert await hear(clinic, "SM1", "delivered", letter) == "done"
    assert await hear(clinic, "SM1", "sent", letter) == "done"
    assert await hear(clinic, "SM1", "undelivered", letter, 30003) == "done"
    assert await hear(clinic, "SM1", "delivered", letter) == "repeated"
    assert await hear(clinic, "SM1", "receiving") == "done"
    assert await state_of(clinic, letter) == ("delivered", None, "SM1")
    assert await told(clinic, "letters:sms") == []


async def test_an_administrator_hears_of_letters_that_did_not_arrive_and_sees_the_same_anew(clinic: Node) -> None:
    """Snapshot + events = fresh snapshot, with more failures than the topic shows."""
    dice = random.Random(7)
    heard, known = await topic(clinic, "letters:sms"), 0
    for n in range(SHOWN + 8):
        async with clinic.db.transaction() as tx:
            letter = await leave(tx)
        for status in dice.sample(["sent", "failed", "undelivered", "delivered"], 4):
            assert await hear(clinic, f"SM{n}", status, letter, 30005 if "de" in status or "fail" in status else None)
        for name, data in (await told(clinic, "letters:sms"))[known:]:
            assert name == "letter:failed"
            heard, known = LetterFailed.apply(heard, msgspec.convert(data, LetterFailed)), known + 1
        assert heard == await topic(clinic, "letters:sms")
    assert known > SHOWN / 2
    page = await admin_of(clinic).call("letter.list", state="delivered", limit=10)
    assert len(page["rows"]) == 10
    more = await admin_of(clinic).call("letter.list", state="delivered", cursor=page["cursor"])
    assert len(more["rows"]) == SHOWN + 8 - 10


async def test_letters_of_which_nothing_will_be_heard_any_more_are_forgotten(db: Database, settings: Settings) -> None:
    async with db.transaction() as tx:
        await leave(tx)
    for ahead, kept in ((KEPT - timedelta(hours=1), 1), (KEPT + timedelta(hours=1), 0)):
        async with db.transaction() as tx:
            now = Clock().now()
            await keep_house(Ctx(tx=tx, now=now, real_now=now + ahead, settings=settings), KeepHouse())
            assert await tx.fetchval("SELECT count(*) FROM letter") == kept


# --- through the real door -------------------------------------------------------------------------------------------
async def test_a_code_that_does_not_arrive_is_told_without_whose_it_is(seeded: None, settings: Settings) -> None:
    fake = FakeTwilio()
    settings = msgspec.structs.replace(settings, sms_url=await fake.start(), public_url="https://clinic.example")
    app = create_app(settings)
    running = await server.start(app, settings)
    node: Node = app.state.node
    await Caller(node).call("auth.otp_send", phone=NUMBER)
    async with asyncio.timeout(PATIENCE_S):
        while not (left := await rows(node, "SELECT * FROM letter WHERE state = 'accepted'")):
            pass
    (accepted,), (callback,), (letter,) = fake.accepted, fake.callbacks, left
    assert callback
    assert callback.startswith("https://clinic.example/webhooks/twilio?letter=")
    assert parse_qs(urlsplit(callback).query) == {"letter": [str(letter["id"])]}
    assert (letter["kind"], letter["ref"]) == ("otp.send", accepted.name)
    assert NUMBER not in str(dict(letter))
    assert accepted.text[:6] not in str(dict(letter))

    async with httpx.AsyncClient(base_url=running.http_url) as web:

        async def say(status: str, token: str = TOKEN, problem: int | None = None) -> int:
            return await report(web, callback, accepted.name, status, token=token, problem=problem)

        assert await say("delivered", "a guess") == 400
        assert await state_of(node, letter["id"]) == ("accepted", None, accepted.name)
        assert [await say("sent"), await say("undelivered", problem=30006), await say("undelivered")] == [200] * 3
        assert await report(web, f"{HERE}?letter=nobody", "SM0", "sent", token=TOKEN) == 422
        assert await report(web, HERE, "SM0", "sent", token=TOKEN) == 200
    assert await state_of(node, letter["id"]) == ("undelivered", 30006, accepted.name)
    ((name, data),) = await told(node, "letters:sms")
    assert (name, data["failure"]["kind"], data["failure"]["problem"]) == ("letter:failed", "otp.send", 30006)
    kept = await rows(node, "SELECT gateway || event_id AS it FROM webhook_event")
    assert NUMBER not in str([row["it"] for row in kept])
    await running.stop()
    await fake.stop()


async def test_who_cannot_be_reached_from_outside_asks_for_no_reports(seeded: None, settings: Settings) -> None:
    fake = FakeTwilio()
    node = Node(msgspec.structs.replace(settings, sms_url=await fake.start()))
    await node.start()
    await Caller(node).call("auth.otp_send", phone=NUMBER)
    async with asyncio.timeout(PATIENCE_S):
        while not fake.accepted:
            await asyncio.wait_for(rows(node, "SELECT 1"), PATIENCE_S)
    assert fake.callbacks == [None]
    await node.stop()
    await fake.stop()
