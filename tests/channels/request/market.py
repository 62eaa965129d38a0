"""A market to ask on: two pharmacies with articles on their shelves, a clock that is turned by hand, and its jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from carewire.jobs.execution import Executor
from carewire.money import Money
from carewire.node import Node
from carewire.paid import Outcome, Paid
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM, LABORATORY, PHARMACY, ROOM_2
from channels.identity import Capacity, demo
from channels.identity.demo import PRIYA_PATIENT, Person
from channels.order import access as orders
from channels.request import access as requests
from tests.channels.callers import Caller, rows
from tests.channels.consultation.visits import begun
from tests.channels.lab.laboratory import POTASSIUM
from tests.channels.prescription.papers import issued, line
from tests.channels.queue.conftest import ProductClock, as_person
from tests.channels.request.conftest import HOME
from tests.channels.stock.conftest import Shop

FEE: Any = {"amount": 3_000, "currency": "INR"}
POSTAL = HOME["postal_code"]


class Market:
    """The demo's pharmacy and another one, both serving her postal code."""

    def __init__(self, node: Node, clock: ProductClock, priya: Caller, admin: Caller, shop: Shop) -> None:
        self.node, self.clock, self.priya, self.admin, self.shop = node, clock, priya, admin, shop
        self.here: Shop = shop
        self.there: Shop = shop
        self.more: dict[str, UUID] = {}
        self.paracetamol = self.metformin = self.tramadol = self.other_paracetamol = UUID(int=0)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def soon(self, **span: float) -> str:
        return (self.now + timedelta(**span)).isoformat()

    async def open(self) -> None:
        """Shelves filled; both houses of the demo are open, whatever the hour at which the tests run."""
        async with self.node.db.transaction() as tx:
            await tx.execute("DELETE FROM place_opening WHERE place_id = ANY ($1)", [PHARMACY, LABORATORY])
        await self.here.pharmacist.call(
            "pharmacy.update", pharmacy_id=str(PHARMACY), served_postal_codes=[POSTAL], delivery_fee=FEE
        )
        self.paracetamol = await self.here.article(
            "Paracetamol 500", (400, 10), generic="paracetamol", strength="500 mg"
        )
        self.metformin = await self.here.article("Metformin 500", (400, 10), schedule="h")
        self.tramadol = await self.here.article("Tramadol", (400, 10), schedule="x")
        self.there = await another_pharmacy(self.node, self.clock)
        self.other_paracetamol = await self.there.article(
            "Paracip 500", (400, 3), generic="Paracetamol", strength="500mg"
        )

    async def stop_jobs(self) -> None:
        """From now on jobs are done by `settle` alone."""
        await self.node.stop()
        self.be(Node(self.node.settings, work="none"))
        await self.node.start()

    def be(self, node: Node) -> None:
        """Everybody calls this node now."""
        node.dispatcher.clock = self.clock
        node.limits.deployment = self.node.limits.deployment
        self.node = node
        for caller in (self.priya, self.admin, self.here.pharmacist, self.there.pharmacist):
            caller.node = node
        for shop in (self.here, self.there):
            shop.node = node

    async def prescribe(self, **words: Any) -> Any:
        """Twenty tablets of metformin, issued for her in these words; packs of ten stand on both shelves."""
        desk, doctor = as_person(self.node, demo.DESK, Capacity.STAFF), as_person(self.node, demo.VIKRAM)
        plan = {"place_id": str(CLINIC), "doctor_id": str(DOCTOR_VIKRAM), "room_id": str(ROOM_2), "remote_join": True}
        times = {"starts_at": self.soon(minutes=-1), "ends_at": self.soon(hours=4)}
        session = await desk.call("session.create", **plan, **times)
        await desk.call("session.start", session_id=session["id"])
        visit = await begun(desk, doctor, self.priya, session["id"])
        same = {"generic": "Metformin", "strength": "500mg", "schedule": "h", "pack_size": 10}
        self.metformin = await self.here.article("Glycomet 500", (400, 10), **same)
        self.more["there"] = await self.there.article("Obimet", (400, 10), **same)
        return await issued(doctor, visit, line(**({"generic": "Metformin"} | words)))

    async def examine(self) -> tuple[Caller, str]:
        """The demo's laboratory, and an entry of its catalogue."""
        technician = as_person(self.node, demo.TECHNICIAN, Capacity.STAFF)
        entry = await technician.call("lab_catalog.create", laboratory_id=str(LABORATORY), **POTASSIUM)
        return technician, str(entry["id"])

    # --- requests -------------------------------------------------------------------------------------------------
    async def ask(self, **more: Any) -> Any:
        """A request of hers, in hand."""
        lines = [{"name": "Paracetamol 500 mg", "quantity": 2}]
        given = {**HOME, "patient_id": str(PRIYA_PATIENT), "lines": lines, **more}
        made = await self.priya.call("request.create", **given)
        return await self.admin.call("request.accept", request_id=made["id"])

    def quote(self, *, packs: int = 2, item: UUID | None = None, place: UUID | None = None, **more: Any) -> Any:
        line = {"item_id": str(item or self.paracetamol), "quantity": packs, **more}
        return {"place_id": str(place or self.here.id), "lines": [line]}

    async def respond(self, asked: Any, *quotes: Any, hours: float = 2) -> Any:
        given = list(quotes) or [self.quote()]
        return await self.admin.call(
            "request.respond", request_id=asked["id"], quotes=given, valid_until=self.soon(hours=hours)
        )

    async def confirm(self, answered: Any, mode: str = "counter", **more: Any) -> Any:
        return await self.priya.call(
            "request.confirm", request_id=answered["id"], bill_id=answered["bill"]["id"], payment_mode=mode, **more
        )

    async def answered(self, **more: Any) -> Any:
        return await self.respond(await self.ask(), **more)

    # --- orders ---------------------------------------------------------------------------------------------------
    async def order(self, packs: int = 2, **more: Any) -> Any:
        """A direct order of hers."""
        items = [{"item_id": str(self.paracetamol), "quantity": packs}]
        given = {
            "place_id": str(self.here.id), "items": items, "postal_code": POSTAL, "address": "7 Lake Road",
            "patient_id": str(PRIYA_PATIENT), **more,
        }  # fmt: skip
        return await self.priya.call("order.create", **given)

    async def see(self, order_id: str) -> Any:
        """An order as her side sees it."""
        return await self.priya.call("order.get", order_id=order_id)

    async def move(self, order_id: str, *states: str, **more: Any) -> Any:
        """What the pharmacy does with it, one after the other; the digits are hers."""
        answer: Any = None
        for state in states:
            given = dict(more)
            if state in ("delivered", "collected"):
                given["code"] = (await self.see(order_id))["handover_code"]
            answer = await self.here.pharmacist.call("order.set_status", order_id=order_id, status=state, **given)
        return answer

    # --- money and time -------------------------------------------------------------------------------------------
    async def pay(self, kind: Any, thing_id: str, amount: int, payment_id: UUID | None = None) -> Outcome:
        """Money came for it."""
        fact = Paid(
            payment_id=payment_id or uuid4(),
            about_id=UUID(thing_id),
            money=Money(amount=amount, currency="INR", exponent=2),
            at=self.now,
        )
        outcome: Outcome = await self.shop.run(lambda ctx: kind.mark_paid(ctx, fact))
        return outcome

    async def pay_order(self, order_id: str, amount: int, payment_id: UUID | None = None) -> Outcome:
        return await self.pay(orders, order_id, amount, payment_id)

    async def pay_request(self, request_id: str, amount: int, payment_id: UUID | None = None) -> Outcome:
        return await self.pay(requests, request_id, amount, payment_id)

    async def later(self, **span: float) -> None:
        """Time passes, and what was due by then is done."""
        self.clock.turn(**span)
        await self.settle()

    async def settle(self) -> None:
        """Everything that is due is done, by the product's clock."""
        executor = Executor(db=self.node.db, clock=self.clock, settings=self.node.settings, publisher=self.node)
        while taken := await executor.claim_due(50):
            for row, claim in taken:
                await executor.run(row, claim)
        open_ = (
            "SELECT 1 FROM job WHERE state = 'open' AND due_at <= $1 AND name LIKE ANY (ARRAY['order.%','request.%'])"
        )
        while await rows(self.node, open_, self.now):
            pass  # the node's own runner has it in hand; each look is a round trip

    async def stock(self) -> dict[str, tuple[int, int]]:
        """(physical, held) of each article."""
        found = await rows(
            self.node, "SELECT m.name, s.physical, s.held FROM stock s JOIN medicine m ON m.id = s.medicine_id"
        )
        return {row["name"]: (row["physical"], row["held"]) for row in found}

    async def facts(self, name: str) -> list[str]:
        """What her side was told by this fact, each time."""
        account = demo.PRIYA.account_id
        found = await rows(self.node, "SELECT key FROM job WHERE key LIKE $1", f"notify:{account}:{name}:%")
        told = await rows(self.node, "SELECT fact FROM notification WHERE account_id = $1 AND fact = $2", account, name)
        return [row["key"] for row in found] or [row["fact"] for row in told]

    async def check(self) -> None:
        """What must hold at every moment: stock + holds = physical, no refund beyond what was paid, no lost order."""
        held = await rows(
            self.node,
            "SELECT s.medicine_id FROM stock s WHERE s.held <> (SELECT coalesce(sum(p.quantity), 0)"
            " FROM stock_hold_part p WHERE p.medicine_id = s.medicine_id AND p.state = 'held')"
            " OR s.physical <> (SELECT coalesce(sum(v.quantity), 0) FROM stock_movement v"
            " WHERE v.medicine_id = s.medicine_id)",
        )
        assert held == []
        assert await rows(self.node, "SELECT 1 FROM orders WHERE refunded > coalesce(paid, 0)") == []
        split = await rows(
            self.node,
            "SELECT r.id FROM request r WHERE r.confirmed_at IS NOT NULL AND (SELECT count(*) FROM bill_part p"
            " WHERE p.bill_id = r.bill_id) <> (SELECT count(*) FROM orders o WHERE o.request_id = r.id)",
        )
        assert split == []
        kept = await rows(
            self.node,
            "SELECT o.number, l.item_id FROM orders o JOIN order_line l ON l.order_id = o.id"
            " JOIN stock_hold h ON h.id = o.hold_id AND h.state = 'held' AND h.until > $1"
            " WHERE o.ended_at IS NULL AND l.item_id IS NOT NULL GROUP BY o.id, l.item_id, h.id"
            " HAVING sum(l.quantity - l.cancelled) <> (SELECT coalesce(sum(p.quantity), 0) FROM stock_hold_part p"
            " WHERE p.hold_id = h.id AND p.medicine_id = l.item_id AND p.state = 'held')",
            self.now,
        )
        assert kept == [], "an order keeps what is on it, no less and no more"


async def another_pharmacy(node: Node, clock: ProductClock) -> Shop:
    """A second one, with a pharmacist of its own."""
    person = Person(uuid4(), "+919900000077", "Rehana", "en", (Capacity.PATIENT, Capacity.PHARMACY))
    now = datetime.now(UTC)
    async with node.db.transaction() as tx:
        place_id: UUID = await tx.fetchval(
            "INSERT INTO place (kind, name, zone, city, created_at, approval, served_postal_codes)"
            " VALUES ('pharmacy', 'Second Pharmacy', 'Asia/Kolkata', 'Bengaluru', $1, 'approved', $2) RETURNING id",
            now,
            [POSTAL],
        )
        await tx.execute(
            "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, $3, $4)",
            person.account_id,
            person.phone,
            person.name,
            now,
        )
        await tx.executemany(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, $3, $4)",
            [(person.account_id, place_id, duty, now) for duty in ("owner", "pharmacist")],
        )
    return Shop(node, as_person(node, person, Capacity.STAFF), clock, place_id)
