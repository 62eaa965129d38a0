"""Paying from beginning to end over a real socket, with the gateway that development plays; and its door by HTTP.

H-081, H-082, M-054, M-273, M-362, M-363, M-364.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from carewire.app import App, create_app
from carewire.client import Event, Refused, Snapshot
from carewire.clock import Clock
from carewire.gateway import server
from carewire.node import Node
from carewire.providers import house
from carewire.settings import Settings
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, ProductClock
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in
from tests.ports import free_port
from tests.providers.stripe_fake import KEY, PUBLIC, SECRET, FakeStripe

FIVE_HUNDRED = {"amount": 50_000, "currency": "INR"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def app(seeded: None, settings: Settings) -> App:
    """The product at an address it knows, so that its own gateway finds it."""
    return create_app(msgspec.structs.replace(settings, port=free_port()))


@pytest_asyncio.fixture
async def gateway(app: App) -> AsyncIterator[server.Running]:
    """The same, running."""
    settings = app.state.node.settings
    running = await server.start(app, settings, port=settings.port)
    yield running
    await running.stop()


async def heard(topic: Any, state: str, *, ready: bool) -> Any:
    """The payment, as soon as this is told of it."""
    async with asyncio.timeout(PATIENCE_S):
        async for told in topic:
            if isinstance(told, Event):
                payment = told.data["payment"]
                if (payment["state"], payment["ready"]) == (state, ready):
                    return payment
    raise AssertionError(state)


async def test_she_pays_and_hears_of_it_while_her_visit_is_confirmed(
    app: App, gateway: server.Running, connect: Connect
) -> None:
    priya = await connect()
    await log_in(priya, people.PRIYA.phone)
    visit = await book(app.state.node, priya)
    topic = await priya.subscribe(f"payments:{people.PRIYA.account_id}")
    assert isinstance(await anext(topic), Snapshot)
    begun = await priya.command("payment.create", about="appointment", about_id=visit["id"], money=FIVE_HUNDRED)
    await heard(topic, "pending", ready=True)
    checkout = (await priya.query("payment.status", payment_id=begun["id"]))["checkout"]
    with pytest.raises(Refused, match="not_found"):
        await priya.call("dev.pay", secret=checkout["secret"] + "x")
    for word in ("failed", "processing", "completed"):
        await priya.call("dev.pay", secret=checkout["secret"], becomes=word)
        payment = await heard(topic, word, ready=word != "completed")
    assert payment["refund_reason"] is None
    assert (await priya.query("appointment.get", appointment_id=visit["id"]))["state"] == "appointment_confirmed"
    with pytest.raises(Refused, match="not_found"):
        await priya.call("dev.pay", secret=checkout["secret"])


async def test_the_door_hears_nobody_else_at_either_of_its_addresses(
    gateway: server.Running, settings: Settings
) -> None:
    body = b'{"id": "he_1", "kind": "intent.completed", "intent": null}'
    now = Clock().now()
    good = house.signed(settings, body.decode(), now)
    old = house.signed(settings, body.decode(), now.replace(year=now.year - 1, day=1))
    async with httpx.AsyncClient(base_url=gateway.http_url, trust_env=False) as http:

        async def post(path: str, signature: str | None, content: bytes = body, **headers: str) -> int:
            signed = {} if signature is None else {house.HEADER: signature}
            return (await http.post(path, content=content, headers=JSON | signed | headers)).status_code

        for path in ("/webhooks/house", "/api/v1/payments/webhook"):
            for forged in (None, "", "t=1,v1=00", old, good.replace("v1=", "v1=0")):
                assert await post(path, forged) == 400
            assert await post(path, good, body + b" ") == 400
            assert await post(path, good) == 200
            assert await post(path, good, b"x" * 70_000) == 413
        assert await post("/webhooks/stripe", good) == 404, "there is no Stripe account here"
        assert await post("/webhooks/house", house.signed(settings, "[]", now), b"[]") == 422


async def test_at_the_common_address_the_signatures_header_says_whose_call_it_is(settings: Settings) -> None:
    both = msgspec.structs.replace(
        settings, stripe_secret_key=KEY, stripe_public_key=PUBLIC, stripe_webhook_secret=SECRET
    )
    running = await server.start(create_app(both), both)
    try:
        theirs = FakeStripe().event("customer.created", {"id": "cus_1"})
        ours = b'{"id": "he_1", "kind": "x"}'
        signatures = (
            {"stripe-signature": FakeStripe.signed(theirs)},
            {house.HEADER: house.signed(both, ours.decode(), Clock().now())},
        )
        async with httpx.AsyncClient(base_url=running.http_url, trust_env=False) as http:
            for content, headers, wrong in ((theirs, *signatures), (ours, *reversed(signatures))):
                answer = await http.post("/api/v1/payments/webhook", content=content, headers=JSON | headers)
                assert answer.status_code == 200
                answer = await http.post("/api/v1/payments/webhook", content=content, headers=JSON | wrong)
                assert answer.status_code == 400
    finally:
        await running.stop()


async def book(node: Node, priya: Any) -> Any:
    """A visit in the days to come, to be paid online."""
    vikram = Doctor(node, ProductClock())
    await vikram.sees()
    slot = {name: str(value) for name, value in vikram.slot(14, days=5).items()}
    return await priya.command("appointment.book", **slot, patient_id=str(people.PRIYA_PATIENT), payment="online")
