"""One suite for every payment gateway: the house's own, and Stripe by its own client, offline.

Ledger: payment.service M-070, integration.stripe M-381, STRIPE_SECRET_KEY M-417, STRIPE_WEBHOOK_SECRET M-418; H-046
asks for the same interface for every gateway.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from carewire.clock import Clock
from carewire.command import Ctx
from carewire.ids import uuid7
from carewire.jobs.job import Trip
from carewire.jobs.problems import Permanent, Temporary
from carewire.money import Money
from carewire.providers import house, payments
from carewire.providers.house import House
from carewire.providers.payments import (
    BadSignature,
    GatewayName,
    GatewayRefund,
    Heard,
    Intent,
    IntentState,
    PaymentGateway,
    RefundState,
    Unreadable,
)
from carewire.providers.stripe import Stripe
from carewire.settings import Settings, SettingsError
from carewire.store.db import Database
from tests.providers.fakes import BREAK_OFF
from tests.providers.stripe_fake import KEY, PUBLIC, SECRET, FakeStripe

RUPEES = Money.of(50_000, "INR")
S = IntentState


class Account(NamedTuple):
    """A gateway at work. `play(secret, intent, state)` is the payer and her bank; its answer is the webhook's body."""

    gateway: PaymentGateway
    trip: Callable[..., Trip]
    play: Callable[..., Awaitable[bytes]]
    sign: Callable[..., str]
    fake: Any


EVERY = pytest.mark.parametrize("account", ["house", "stripe"], indirect=True)
STRIPE = pytest.mark.parametrize("account", ["stripe"], indirect=True)
STRIPES = {S.PROCESSING: "processing", S.COMPLETED: "succeeded", S.FAILED: "requires_payment_method"}
KINDS = {S.PROCESSING: "processing", S.COMPLETED: "succeeded", S.FAILED: "payment_failed"}


@pytest_asyncio.fixture
async def account(request: pytest.FixtureRequest, settings: Settings, db: Database) -> AsyncIterator[Account]:
    fake = FakeStripe() if request.param == "stripe" else None
    if fake is not None:
        settings = await fake.start(settings)
    gateway = payments.provider(settings)
    assert isinstance(gateway, House if fake is None else Stripe)

    def trip(**more: Any) -> Trip:
        now = Clock().now()
        return Trip(
            **{"ref": uuid7(), "doubtful": False, "now": now, "real_now": now, "settings": settings, "db": db, **more}
        )

    async def play(secret: str, intent: Intent, state: IntentState, came: Money | None = None) -> bytes:
        if fake is not None:
            more: Any = {"last_payment_error": {"code": "card_declined"}} if state is S.FAILED else {}
            if came is not None:
                more |= {"amount_received": came.amount, "currency": came.currency.lower()}
            return fake.event(f"payment_intent.{KINDS[state]}", fake.play(intent.ref, STRIPES[state], **more))
        async with db.transaction() as tx:
            now = Clock().now()
            ctx = Ctx(tx=tx, now=now, real_now=now, settings=settings)
            problem = "card_declined" if state is S.FAILED else None
            assert await house.play(ctx, secret, state, problem=problem, came=came) is not None
        ((job, _, _),) = ctx.jobs
        assert isinstance(job, house.HouseTells)
        return job.body.encode()

    def sign(body: bytes, *, old_s: float = 0, forged: bool = False) -> str:
        at = Clock().now().timestamp() - old_s
        if fake is not None:
            return fake.signed(body, at=at, secret="whsec_another_secret" if forged else SECRET)
        signer = msgspec.structs.replace(settings, secret="another secret") if forged else settings
        header: str = house.signed(signer, body.decode(), Clock().now().fromtimestamp(at, Clock().now().tzinfo))
        return header

    yield Account(gateway, trip, play, sign, fake)
    if fake is not None:
        await fake.stop()


@EVERY
async def test_an_intent_is_made_once_for_a_payment_however_often_it_is_asked_for(account: Account) -> None:
    """Also by a job that was killed after it was made."""
    payment_id = uuid4()
    made = await account.gateway.create(account.trip(), payment_id, RUPEES)
    again = await account.gateway.create(account.trip(doubtful=True), payment_id, RUPEES)
    assert (again.intent.ref, again.secret) == (made.intent.ref, made.secret)
    assert (made.intent.payment_id, made.intent.state, made.intent.money) == (payment_id, S.PENDING, RUPEES)
    another = await account.gateway.create(account.trip(), uuid4(), RUPEES)
    assert {another.intent.ref, another.secret}.isdisjoint({made.intent.ref, made.secret})
    with pytest.raises(Permanent):
        await account.gateway.create(account.trip(), payment_id, Money.of(1, "INR"))


@EVERY
@pytest.mark.parametrize("state", list(KINDS))
async def test_what_becomes_of_it_is_told_by_a_webhook_and_to_who_asks(account: Account, state: IntentState) -> None:
    payment_id = uuid4()
    made = await account.gateway.create(account.trip(), payment_id, RUPEES)
    body = await account.play(made.secret, made.intent, state)
    heard = account.gateway.hear(body, account.sign(body))
    asked = await account.gateway.read(account.trip(), made.intent.ref)
    for said in (heard.intent, asked):
        assert said is not None
        assert (said.ref, said.payment_id, said.state, said.money) == (made.intent.ref, payment_id, state, RUPEES)
        assert said.problem == ("card_declined" if state is S.FAILED else None)
    later = await account.play(made.secret, made.intent, S.COMPLETED) if state is not S.COMPLETED else body
    assert account.gateway.hear(later, account.sign(later)).id != heard.id or later is body


@EVERY
async def test_another_amount_is_told_as_it_came(account: Account) -> None:
    made = await account.gateway.create(account.trip(), uuid4(), RUPEES)
    body = await account.play(made.secret, made.intent, S.COMPLETED, Money.of(100, "USD"))
    heard = account.gateway.hear(body, account.sign(body)).intent
    assert heard is not None
    assert heard.money == Money.of(100, "USD")


@EVERY
async def test_a_webhook_that_is_not_the_gateways_or_is_an_old_one_is_not_heard(account: Account) -> None:
    made = await account.gateway.create(account.trip(), uuid4(), RUPEES)
    body = await account.play(made.secret, made.intent, S.COMPLETED)
    good = account.sign(body)
    stamp = good.split(",")[0]
    for forged in (
        account.sign(body, forged=True),
        account.sign(body, old_s=301),
        account.sign(body + b" "),
        good.replace("v1=", "v0="),
        good.replace(stamp, f"t={int(time.time()) + 1_000}"),
        stamp,
        "",
        "nonsense",
        "t=,v1=",
        "é" * 40,
    ):
        with pytest.raises(BadSignature):
            account.gateway.hear(body, forged)
    for other in (body.replace(b"50000", b"50001"), body + b"\n", b"", b"\xff\xfe"):
        with pytest.raises(BadSignature):
            account.gateway.hear(other, good)
    assert account.gateway.hear(body, good).intent is not None
    assert account.gateway.hear(body, account.sign(body, old_s=200)).intent is not None


@EVERY
async def test_what_is_signed_and_cannot_be_read_is_its_own_failure(account: Account) -> None:
    for body in (b"{}", b"[]", b"null", b'{"id": 7}', b'{"id": "e", "type": "payment_intent.x", "data": {}}'):
        with pytest.raises(Unreadable):
            account.gateway.hear(body, account.sign(body))


@EVERY
async def test_money_goes_back_once_for_a_refund_and_never_more_than_came(account: Account) -> None:
    made = await account.gateway.create(account.trip(), uuid4(), RUPEES)
    ref, part, rest = made.intent.ref, uuid4(), uuid4()
    with pytest.raises(Permanent):
        await account.gateway.refund(account.trip(), ref, part, Money.of(1, "INR"))
    account_of = account.gateway
    await account.play(made.secret, made.intent, S.COMPLETED)
    part = uuid4()
    first = await account_of.refund(account.trip(), ref, part, Money.of(20_000, "INR"))
    assert (first.refund_id, first.state) == (part, RefundState.SENT)
    for doubtful in (False, True):
        again = await account_of.refund(account.trip(doubtful=doubtful), ref, part, Money.of(20_000, "INR"))
        assert again == first
    with pytest.raises(Permanent):
        await account_of.refund(account.trip(), ref, uuid4(), Money.of(30_001, "INR"))
    assert (await account_of.refund(account.trip(), ref, rest, Money.of(30_000, "INR"))).ref != first.ref


@EVERY
async def test_what_is_cancelled_is_not_paid_and_what_is_paid_is_not_cancelled(account: Account) -> None:
    left, paid = [await account.gateway.create(account.trip(), uuid4(), RUPEES) for _ in range(2)]
    for _ in range(2):
        assert (await account.gateway.cancel(account.trip(), left.intent.ref)).state is S.CANCELLED
    await account.play(paid.secret, paid.intent, S.COMPLETED)
    assert (await account.gateway.cancel(account.trip(), paid.intent.ref)).state is S.COMPLETED


@EVERY
async def test_what_it_does_not_know_it_says_for_good(account: Account) -> None:
    for ask in (account.gateway.read, account.gateway.cancel):
        with pytest.raises(Permanent):
            await ask(account.trip(), "pi_unknown")


# --- Stripe alone: what can go wrong between two houses ---------------------------------------------------------------
@STRIPE
@pytest.mark.parametrize(
    ("status", "reason", "unclear"),
    [(401, "credentials", False), (403, "credentials", False), (429, "too_many", False), (409, "busy", True),
     (500, "gateway_failed", True), (503, "gateway_failed", True)],
)  # fmt: skip
async def test_a_gateway_in_trouble_is_asked_again_later(
    account: Account, status: int, reason: str, unclear: bool
) -> None:
    account.fake.next.append(status)
    with pytest.raises(Temporary) as no:
        await account.gateway.create(account.trip(), uuid4(), RUPEES)
    assert (no.value.reason, no.value.unclear) == (reason, unclear)


@STRIPE
async def test_a_clear_no_is_a_dead_letter_with_its_code(account: Account) -> None:
    for status in (400, 402):
        account.fake.next.append(status)
        with pytest.raises(Permanent, match="told_so"):
            await account.gateway.create(account.trip(), uuid4(), RUPEES)


@STRIPE
async def test_a_gateway_that_breaks_off_has_made_one_intent_and_one_refund_after_the_next_try(
    account: Account,
) -> None:
    payment_id, refund_id = uuid4(), uuid4()
    account.fake.next.append(BREAK_OFF)
    with pytest.raises(Temporary) as lost:
        await account.gateway.create(account.trip(), payment_id, RUPEES)
    assert lost.value.unclear
    made = await account.gateway.create(account.trip(doubtful=True), payment_id, RUPEES)
    await account.play(made.secret, made.intent, S.COMPLETED)
    account.fake.next.append(BREAK_OFF)
    with pytest.raises(Temporary):
        await account.gateway.refund(account.trip(), made.intent.ref, refund_id, RUPEES)
    account.fake._keys.clear()  # days later: Stripe has forgotten the key, and its list of refunds has not
    back = await account.gateway.refund(account.trip(doubtful=True), made.intent.ref, refund_id, RUPEES)
    assert back.refund_id == refund_id
    assert (len(account.fake.intents), len(account.fake.refunds)) == (1, 1)


@STRIPE
async def test_a_gateway_that_is_not_there_is_unreachable(account: Account) -> None:
    await account.fake.stop()
    with pytest.raises(Temporary, match="unreachable") as away:
        await account.gateway.create(account.trip(), uuid4(), RUPEES)
    assert not away.value.unclear
    await account.fake.start(account.trip().settings)


@STRIPE
@pytest.mark.parametrize(("currency", "theirs"), [("INR", 500), ("JPY", 500), ("ISK", 50_000), ("KWD", 500)])
async def test_amounts_are_written_as_stripe_counts_them(account: Account, currency: str, theirs: int) -> None:
    """Of two currencies without a smaller unit it wants two digits all the same."""
    money = Money.of(500, currency)
    made = await account.gateway.create(account.trip(), uuid4(), money)
    assert account.fake.intents[made.intent.ref]["amount"] == theirs
    assert made.intent.money == money


@STRIPE
async def test_events_that_are_not_about_us_are_known_as_such(account: Account) -> None:
    hear = account.gateway.hear
    for kind, about in (("customer.created", {"id": "cus_1"}), ("charge.refunded", {"id": "ch_1"})):
        body = account.fake.event(kind, about)
        assert hear(body, account.sign(body)) == Heard(id=msgspec.json.decode(body)["id"], kind=kind)
    intent = {"id": "pi_x", "amount": 5, "currency": "usd", "status": "succeeded", "created": 1, "amount_received": 5}
    for metadata in ({}, {"payment_id": "not ours"}):
        body = account.fake.event("payment_intent.succeeded", intent | {"metadata": metadata})
        heard = hear(body, account.sign(body)).intent
        assert heard is not None
        assert heard.payment_id is None


@STRIPE
async def test_a_refund_that_her_bank_did_not_take_is_told(account: Account) -> None:
    refund_id = uuid4()
    for status, state in (
        ("failed", RefundState.FAILED),
        ("succeeded", RefundState.SENT),
        ("pending", RefundState.SENT),
    ):
        body = account.fake.event(
            "refund.updated", {"id": "re_1", "status": status, "metadata": {"refund_id": str(refund_id)}}
        )
        heard = account.gateway.hear(body, account.sign(body)).refund
        assert heard == GatewayRefund(ref="re_1", refund_id=refund_id, state=state)


# --- which one -----------------------------------------------------------------------------------------------------
async def test_production_without_keys_takes_no_money_and_never_plays(settings: Settings) -> None:
    production = msgspec.structs.replace(settings, mode="production")
    assert payments.provider(production) is None
    assert payments.named(production, GatewayName.HOUSE) is None
    assert payments.named(settings, GatewayName.STRIPE) is None


def test_the_keys_go_together_and_are_shown_to_nobody() -> None:
    keys = {
        "CAREWIRE_SECRET": "x" * 40,
        "CAREWIRE_STRIPE_SECRET_KEY": KEY,
        "CAREWIRE_STRIPE_PUBLIC_KEY": PUBLIC,
        "CAREWIRE_STRIPE_WEBHOOK_SECRET": SECRET,
    }
    for variable in list(keys)[1:]:
        with pytest.raises(SettingsError, match="go together") as missing:
            Settings.from_env({name: value for name, value in keys.items() if name != variable})
        assert missing.value.variable == variable
        with pytest.raises(SettingsError) as wrong:
            Settings.from_env(keys | {variable: "hunter2 hunter2"})
        assert ("hunter2" in str(wrong.value)) is (variable == "CAREWIRE_STRIPE_PUBLIC_KEY")
    settings = Settings.from_env(keys)
    assert KEY not in repr(settings)
    assert SECRET not in repr(settings)
    strong = keys | {"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": "9fK2mQx7Lp4Rt8Wv3Zy6Bc1Nd5Hg0Js_aEuIo"}
    with pytest.raises(SettingsError, match="STRIPE_URL"):
        Settings.from_env(strong | {"CAREWIRE_STRIPE_URL": "http://127.0.0.1:1/"})
    assert isinstance(payments.provider(Settings.from_env(strong)), Stripe)
