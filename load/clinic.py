"""The clinic before the day: staff and patients logged in, screens paired, the sitting planned, bookings entered.

All of it goes over the wire, so that it works against any development server with the demo clinic.
"""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from channels.directory import demo as places
from channels.identity import demo as people
from channels.queue.demo import ZONE
from load.clock import ProductClock, utc
from load.day import Day, Visit
from load.listener import Journal, Listener

DOCTOR: Final = people.VIKRAM
DOCTOR_ID: Final = places.DOCTOR_VIKRAM
ROOM: Final = places.ROOM_3
OVERTIME: Final = timedelta(hours=4)
EARLY: Final = timedelta(minutes=2)
"""The doors open this long before the first patient comes."""
AT_ONCE: Final = 6
"""How many people log in at the same time: unused codes count against the network's cap, used ones do not."""


class Booked(Struct, kw_only=True):
    """One patient of the day with her phone."""

    visit: Visit
    phone: Listener
    patient_id: UUID
    token_id: UUID


class Screen(Struct, kw_only=True):
    """One waiting-room display."""

    display_id: UUID
    secret: str
    client: Listener


class Clinic(Struct, kw_only=True):
    """Everybody on a socket of her own."""

    url: str
    journal: Journal
    clock: ProductClock
    day: Day
    starts_at: datetime
    session_id: UUID
    code: str
    """What the QR on the wall says."""
    desk: Listener
    doctor: Listener
    booked: list[Booked]
    screens: list[Screen]

    @property
    def listeners(self) -> list[Listener]:
        """All of them."""
        return [self.desk, self.doctor, *(b.phone for b in self.booked), *(s.client for s in self.screens)]

    async def close(self) -> None:
        """Everybody hangs up."""
        for listener in self.listeners:
            await listener.close()


def doors(day: Day) -> timedelta:
    """How long before the start the first arrival can be taken."""
    return EARLY + max(-day.first_check_in, timedelta(0))


def when(day: Day, now: datetime, say: Any) -> datetime:
    """As soon as the first patient can come; but a display follows the sittings of its place's today and tomorrow."""
    starts_at = now + doors(day)
    midnight = datetime.combine(starts_at.astimezone(ZONE) + timedelta(days=1), datetime.min.time(), ZONE)
    if starts_at + day.length + OVERTIME < midnight:
        return starts_at
    say(f"the clinic's clock reads {now.astimezone(ZONE):%H:%M}: the day begins after its midnight")
    return midnight.astimezone(UTC) + doors(day)


async def open_listener(url: str, who: str, journal: Journal) -> Listener:
    """A socket of one's own."""
    listener = Listener(url, who, journal)
    await listener.open()
    return listener


async def log_in(listener: Listener, phone: str, name: str | None = None) -> UUID:
    """As a person does: ask for a code, read the message, type it in. Answers the account."""
    await listener.call("auth.otp_send", phone=phone)
    letters = await listener.call("dev.mailbox", to=phone, limit=1)
    code = re.search(r"\b\d{6}\b", letters[0]["body"])
    if code is None:
        raise LookupError("the message holds no code")
    async with listener.noted("auth.otp_verify"):
        login = await listener.login_with_code(phone, code[0], **({"name": name} if name else {}))
    return UUID(login["account"]["id"])


async def prepare(url: str, day: Day, seed: int, journal: Journal, say: Any) -> Clinic:
    """Bring everybody to where they are before the doors open."""
    desk = await open_listener(url, "desk", journal)
    await log_in(desk, people.DESK.phone)
    doctor = await open_listener(url, "doctor", journal)
    await log_in(doctor, DOCTOR.phone)
    clock = await ProductClock.read(desk)
    screens = [await pair_screen(url, desk, number, journal) for number in range(1, 4)]
    say(f"{len(screens)} displays are paired and approved")
    phones = await log_in_patients(url, day, seed, journal)
    say(f"{len(phones)} patients are logged in")
    # A booking may be entered for a patient of this place only: everybody held a place in an earlier sitting.
    earlier = await make_patients_of_the_place(doctor, phones, clock)
    say(f"{len(phones)} patients were in an earlier sitting ({earlier}), which was called off")
    starts_at = when(day, clock.now(), say)
    sitting = await doctor.command(
        "session.create",
        place_id=str(places.CLINIC),
        room_id=str(ROOM),
        starts_at=utc(starts_at),
        ends_at=utc(starts_at + day.length),
        opens_at=utc(starts_at - doors(day)),
        average_minutes=day.slot / timedelta(minutes=1),
    )
    session_id = UUID(sitting["id"])
    code = (await desk.call("queue.arrival_code", place_id=str(places.CLINIC)))["code"]
    booked = [
        await book(desk, session_id, starts_at, visit, phone, patient_id)
        for visit, (phone, patient_id) in zip(day.visits, phones, strict=True)
    ]
    await desk.follow(f"queue:{session_id}")
    await doctor.follow(f"queue:{session_id}")
    for screen in screens:
        board = screen.client.follows[f"board:{screen.display_id}"]
        await board.until(lambda b: any(s.session_id == session_id for s in b.sessions))
        await screen.client.follow(f"line:{session_id}")
    for patient in booked:
        await patient.phone.follow(f"token:{patient.token_id}")
        await patient.phone.follow(f"line:{session_id}")
    say(f"{len(booked)} bookings are entered, everybody listens")
    return Clinic(
        url=url,
        journal=journal,
        clock=clock,
        day=day,
        starts_at=starts_at,
        session_id=session_id,
        code=code,
        desk=desk,
        doctor=doctor,
        booked=booked,
        screens=screens,
    )


async def pair_screen(url: str, desk: Listener, number: int, journal: Journal) -> Screen:
    """A screen shows its code, the desk approves it: one for the room, the others for the doctor."""
    client = await open_listener(url, f"display {number}", journal)
    pairing = await client.call("display.pair")
    async with client.noted("auth.authenticate"):
        await client.authenticate(pairing["secret"])
    board = await client.follow(f"board:{pairing['display_id']}")
    scope = {"room_ids": [str(ROOM)]} if number == 1 else {"doctor_ids": [str(DOCTOR_ID)]}
    label = f"Screen {number} of the replay"
    await desk.command("display.approve", place_id=str(places.CLINIC), code=pairing["code"], label=label, **scope)
    await board.until(lambda b: b.state == "approved")
    return Screen(display_id=UUID(pairing["display_id"]), secret=pairing["secret"], client=client)


async def log_in_patients(url: str, day: Day, seed: int, journal: Journal) -> list[tuple[Listener, UUID]]:
    """Each on a socket and a number of her own."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, visit: Visit) -> tuple[Listener, UUID]:
        async with gate:
            phone = await open_listener(url, f"patient {number}", journal)
            await log_in(phone, f"+9198{seed % 10_000:04d}{number:04d}", visit.name)
            return phone, UUID((await phone.query("patient.list"))["rows"][0]["id"])

    return await asyncio.gather(*(one(number, visit) for number, visit in enumerate(day.visits, 1)))


async def make_patients_of_the_place(doctor: Listener, phones: list[tuple[Listener, UUID]], clock: ProductClock) -> str:
    """Everybody joins an earlier sitting from afar, and it is called off."""
    now = clock.now()
    sitting = await doctor.command(
        "session.create",
        place_id=str(places.CLINIC),
        room_id=str(ROOM),
        starts_at=utc(now + timedelta(hours=8)),
        ends_at=utc(now + timedelta(hours=9)),
        opens_at=utc(now - timedelta(hours=1)),
        remote_join=True,
    )
    for phone, _ in phones:
        await phone.command("queue.join", session_id=sitting["id"])
    await doctor.command("session.cancel", session_id=sitting["id"])
    return str(sitting["id"])


async def book(
    desk: Listener, session_id: UUID, starts_at: datetime, visit: Visit, phone: Listener, patient_id: UUID
) -> Booked:
    """The desk enters the booking; the patient's phone finds its token."""
    entered = await desk.command(
        "queue.expect", session_id=str(session_id), due_at=utc(starts_at + visit.due), patient_id=str(patient_id)
    )
    mine = (await phone.query("queue.get", session_id=str(session_id)))["mine"]
    if [token["id"] for token in mine] != [entered["id"]]:
        raise LookupError(f"{phone.who} does not see her booking")
    return Booked(visit=visit, phone=phone, patient_id=patient_id, token_id=UUID(entered["id"]))
