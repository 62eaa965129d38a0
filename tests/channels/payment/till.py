"""Who pays online, with Stripe on the other side: the demo's patient, a node whose jobs are done by hand."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from carewire.command import Peer
from carewire.http import webhook as door
from carewire.http.webhook import Call, Heard
from carewire.jobs.execution import Executor
from carewire.node import Node
from channels.identity import demo as people
from channels.payment.attempts import SHOWN, Payments, PaymentUpdated
from tests.channels.appointment.conftest import Doctor
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import topic
from tests.providers.stripe_fake import FakeStripe

HER = {"patient_id": people.PRIYA_PATIENT}
FIVE_HUNDRED = {"amount": 50_000, "currency": "INR"}
TOPIC = f"payments:{people.PRIYA.account_id}"


class Till:
    """Her payments. `fake` is Stripe, `node` does no jobs but those of `settle`."""

    def __init__(self, node: Node, fake: FakeStripe, priya: Caller, vikram: Doctor) -> None:
        self.node, self.fake, self.priya, self.vikram = node, fake, priya, vikram
        self._hours = iter(range(9, 19))

    async def booked(self, **more: Any) -> Any:
        """A visit for five hundred rupees that she chose to pay online."""
        slot = self.vikram.slot(next(self._hours))
        return await self.priya.call("appointment.book", **slot, **HER, **{"payment": "online", **more})

    async def begin(self, about: Any, money: Any = FIVE_HUNDRED, noun: str = "appointment", **more: Any) -> Any:
        """A payment for it, which waits for its intent."""
        return await self.priya.call("payment.create", about=noun, about_id=about["id"], money=money, **more)

    async def ready(self, about: Any, **more: Any) -> Any:
        """The same with its intent."""
        payment = await self.begin(about, **more)
        await self.settle()
        return await self.see(payment)

    async def see(self, payment: Any) -> Any:
        """As she sees it now."""
        return (await self.priya.call("payment.status", payment_id=payment["id"]))["payment"]

    async def intent(self, payment: Any) -> str:
        """What Stripe calls it."""
        ((ref,),) = await rows(self.node, "SELECT intent FROM online_payment WHERE id = $1", UUID(payment["id"]))
        return str(ref)

    # --- Stripe's side ------------------------------------------------------------------------------------------------
    async def event(self, payment: Any, kind: str, status: str, **more: Any) -> bytes:
        """The webhook of what she and her bank came to."""
        shown = self.fake.play(await self.intent(payment), status, **more)
        return self.fake.event(f"payment_intent.{kind}", shown)

    async def hear(self, body: bytes, node: Node | None = None) -> str:
        """What becomes of a webhook with a good signature, on this node."""
        node = node or self.node
        call = Call(url="", headers={"stripe-signature": self.fake.signed(body)}, body=body, at=node.clock.real_now())
        event = door.REGISTRY["stripe"].read(node.settings, call)
        if event is None:
            return "ignored"
        params = msgspec.json.encode({"event": event})
        ran = await node.dispatcher.run("webhook.stripe", params, None, Peer(address="203.0.113.9"), http=True)
        return str(msgspec.json.decode(ran.result, type=Heard).outcome)

    async def paid(self, payment: Any, **more: Any) -> str:
        """Her money came, and Stripe tells it."""
        return await self.hear(await self.event(payment, "succeeded", "succeeded", **more))

    # --- work and time ------------------------------------------------------------------------------------------------
    def executor(self) -> Executor:
        """What does the jobs, by the clock that is turned."""
        node = self.node
        return Executor(db=node.db, clock=node.dispatcher.clock, settings=node.settings, publisher=node)

    async def settle(self, only: Callable[[str], bool] = lambda name: True) -> None:
        """Everything of payments that is due is done, whatever pause it has earned."""
        executor = self.executor()
        tried: set[tuple[UUID, int]] = set()
        while True:
            now = self.node.dispatcher.clock.now()
            due = await rows(
                self.node,
                "SELECT id, name, attempts FROM job WHERE state = 'open' AND due_at <= $1"
                " AND (name LIKE 'payment.%' OR name LIKE 'appointment.%' OR name LIKE 'order.%') ORDER BY id",
                now,
            )
            left = [row for row in due if only(row["name"]) and row["id"] not in {one for one, _ in tried}]
            if not left:
                return
            for row in left:
                tried.add((row["id"], row["attempts"]))
                await self.at_once()
                await executor.run_one(row["id"])

    async def at_once(self) -> None:
        """Pauses are over, and claims of the dead have run out."""
        async with self.node.db.transaction() as tx:
            await tx.execute("UPDATE job SET retry_at = NULL WHERE state = 'open'")

    async def later(self, **span: float) -> None:
        """Time passes, and what was due by then is done."""
        clock: Any = self.node.dispatcher.clock
        clock.turn(**span)
        await self.settle()

    # --- what must hold -----------------------------------------------------------------------------------------------
    async def check(self) -> None:
        """What was told from the beginning is what a newcomer is shown; and of no money more goes back than came."""
        snapshot = Payments(account_id=people.PRIYA.account_id, most=SHOWN, payments=[])
        for _, data in await told(self.node, TOPIC):
            snapshot = PaymentUpdated.apply(snapshot, msgspec.convert(data, PaymentUpdated))
        assert snapshot == await topic(self.node, TOPIC)
        for one in self.fake.intents.values():
            gone = sum(back["amount"] for back in self.fake.refunds.values() if back["payment_intent"] == one["id"])
            assert gone <= one["amount_received"]
        told_twice = await rows(
            self.node, "SELECT payment_id FROM appointment_payment GROUP BY payment_id HAVING count(*) > 1"
        )
        assert told_twice == []

    async def refunds(self) -> list[tuple[int, str, str]]:
        """What goes back, or went: (amount, reason, state)."""
        found = await rows(self.node, "SELECT amount, reason, state FROM gateway_refund ORDER BY due_at, id")
        return [tuple(row) for row in found]
