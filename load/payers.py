"""Patients of a load test who book a visit and pay it online, at the gateway that development plays."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gevent.event import Event as Flag
from locust import between, task

from carewire.client import Snapshot
from channels.directory import demo as places
from load.blocking import Change
from load.users import CLINIC, TOWN, Paid, SocketUser, need

DOCTOR: Final = str(places.DOCTOR_VIKRAM)
DAYS_AHEAD: Final = (2, 80)
"""Far enough from the sittings of today, and within what can be booked."""
PATIENCE_S: Final = 15.0


class Payer(SocketUser):
    """Books a visit, pays it online, sees that it is confirmed, and calls it off, so that others find the seat free."""

    weight = 3
    wait_time = between(1, 3)

    def enter(self) -> None:
        """Log in, follow one's payments; the first has the clinic take money online."""
        super().enter()
        with TOWN.lock:
            if not TOWN.takes_money:
                self.as_owner("appointment_terms.set", payment_modes=["counter", "online"])
                TOWN.takes_money = True
        self.waiting: dict[tuple[str, str], Flag] = {}
        account = need(self.query("profile.get"))["id"]
        self.follow(f"payments:{account}", self._heard)

    def _heard(self, change: Change) -> None:
        if isinstance(change, Snapshot):
            return
        payment = change.data["payment"]
        for word in (payment["state"], *(["ready"] if payment["ready"] else [])):
            self._flag(payment["id"], word).set()

    def _flag(self, payment_id: str, word: str) -> Flag:
        return self.waiting.setdefault((payment_id, word), Flag())

    @task
    def visit(self) -> None:
        """One visit, from booking to calling off."""
        if (visit := self._book()) is None:
            return
        self._pay(visit)
        self.command("appointment.cancel", appointment_id=visit["id"], reason="other")
        self.waiting.clear()

    def _book(self) -> Any:
        day = datetime.now(UTC).date() + timedelta(days=random.randint(*DAYS_AHEAD))
        plan = self.query("doctor.schedule", doctor_id=DOCTOR, first=day.isoformat(), count=1)
        slots = [at for there in plan["occasions"] for at in there["slots"]] if plan else []
        if not slots:
            return None
        return self.command(
            "appointment.book",
            doctor_id=DOCTOR,
            place_id=CLINIC,
            mode="in_person",
            starts_at=random.choice(slots),
            payment="online",
        )

    def _pay(self, visit: Any) -> None:
        payment = self.command("payment.create", about="appointment", about_id=visit["id"], money=visit["fee"])
        if payment is None or not self._heard_of(payment, "ready"):
            return
        status = self.query("payment.status", payment_id=payment["id"])
        if status is None or status["checkout"] is None:
            return
        secret = status["checkout"]["secret"]
        self.call("dev.pay", secret=secret)
        TOWN.paid.append(Paid(secret.partition("_secret_")[0], payment["id"], visit["fee"]))
        self._heard_of(payment, "completed")

    def _heard_of(self, payment: Any, word: str) -> bool:
        def wait() -> bool:
            if not self._flag(payment["id"], word).wait(PATIENCE_S):
                raise TimeoutError(f"not heard within {PATIENCE_S:g} s")
            return True

        return self._timed("payment", word, wait) is True
