"""The demo clinic: each domain's `demo.seed`, in the order the domains stand in, in one transaction."""

import importlib
import importlib.util
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from carewire.settings import Settings
from carewire.store.db import Database
from carewire.up import client_command
from channels import ORDER
from channels.appointment import demo as appointment
from channels.directory import demo as places
from channels.identity import demo
from channels.queue import demo as queue

Step = tuple[str, dict[str, object]]
"""A command to type: method and params."""
Steps = list[Step]


class NotInProduction(RuntimeError):
    """The demo clinic has known phone numbers and a known password."""


async def seed(database_url: str, settings: Settings) -> str:
    """Put the demo clinic into a migrated database; answers what to type first. Running it again changes nothing."""
    if settings.mode == "production":
        raise NotInProduction("the demo clinic is for development: it holds logins that everybody knows")
    database = Database(database_url, pool_max=2)
    await database.open()
    try:
        async with database.transaction() as tx:
            now = datetime.now(UTC)
            for domain in ORDER:
                name = f"channels.{domain}.demo"
                if importlib.util.find_spec(f"channels.{domain}") and importlib.util.find_spec(name):
                    await importlib.import_module(name).seed(tx, now)
            steps = await queue.steps(tx, now)
            booking = await appointment.steps(tx, now)
            paying = await appointment.counter(tx)
    finally:
        await database.close()
    return hint(settings, steps, booking, paying)


def hint(settings: Settings, steps: Steps, booking: Sequence[Step] = (), paying: Sequence[Step] = ()) -> str:
    """Who lives in the demo clinic, and line by line how to see its queue move on a screen, and to book and pay."""
    people = "\n".join(f"        {person.phone}  {person.name}" for person in demo.PEOPLE)
    phone = demo.DESK.phone
    log_in: Steps = [
        ("auth.otp_send", {"phone": phone}),
        ("dev.mailbox", {"to": phone, "limit": 1}),
        ("auth.otp_verify", {"phone": phone, "code": "OTP"}),
    ]
    scope = {"place_id": str(places.CLINIC), "label": "Entrance", "room_ids": [str(r) for r, _ in places.ROOMS]}
    approve: Steps = [("display.approve", {"code": "CODE", **scope})]
    last = len(log_in) + len(approve)
    moves = _typed(steps, last) or f"        today's demo sittings are over; remove {settings.data} to begin anew"
    return f"""  demo  numbers to log in with (their codes are read with dev.mailbox):
{people}
        {demo.ADMIN_EMAIL}  {demo.ADMIN_PASSWORD}

  See the queue move, in two minutes:
  1     open {settings.public_http}/display: it shows a pairing code
  2     type {client_command(settings)}
        and there, one line after the other:
  3     log in as the front desk; put the six digits that the second line shows into the third, for OTP
{_typed(log_in, 0)}
  4     let the screen in; put the code it shows in for CODE
{_typed(approve, len(log_in))}
  5     watch the screen and call
{moves}{_booking(settings, booking, paying)}"""


def _booking(settings: Settings, steps: Sequence[Step], paying: Sequence[Step]) -> str:
    """How somebody of the family books, on a console of her own, and pays at the desk's."""
    if not steps:
        return ""
    phone = demo.PRIYA.phone
    log_in: Steps = [
        ("auth.otp_send", {"phone": phone}),
        ("dev.mailbox", {"to": phone, "limit": 1}),
        ("auth.otp_verify", {"phone": phone, "code": "OTP"}),
    ]
    return f"""

  Book an appointment, in two minutes:
  1     type {client_command(settings)} once more, and log in as Priya
{_typed(log_in, 0)}
  2     see what is free, and hear it become less while you hold a seat and book it; put the id that the hold answers in
        for HOLD
{_typed(steps, len(log_in))}
{_paying(paying)}"""


def _paying(steps: Sequence[Step]) -> str:
    if not steps:
        return ""
    return f"""  3     pay at the counter, on the front desk's console; put the id of the booking in for APPOINTMENT
{_typed(steps, 100)}"""


def _typed(steps: Sequence[Step], after: int) -> str:
    """The steps as frames to type, numbered on after the last one."""
    frames = [
        json.dumps(
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for number, (method, params) in enumerate(steps, after + 1)
    ]
    return "\n".join(f"        {frame}" for frame in frames)
