"""Canaries in everything people are and say, through the real commands, and none of them where it does not belong.

A real gateway in a process of its own, with all its output; the database server's log; the metrics; every error; what
others hear. What goes well, what is refused, what is no frame at all, and what breaks inside.

Ledger: error.handler H-052 M-047 (a typed error, no stack, no value).
"""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
import structlog
import websockets

from carewire.command import REGISTRY
from carewire.embedded import Postgres
from carewire.personal import HARMLESS, HOLDINGS
from carewire.settings import Settings
from channels.directory import demo as places
from channels.identity import demo as people
from channels.seed import seed
from tests.conftest import EAR, SECRET
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.privacy.canaries import Nest, Wire, errors_of, params_of

ROOT = Path(__file__).parents[2]
LEAST = 500
# They end logins, accounts or the canaries' own mailbox, or belong to the tests' other domains.
LEFT_OUT = {"auth.logout", "user.delete", "user.deactivate", "user.update", "profile.change_password", "user.erase"}
TOYS = ("toy.", "bench.", "ledger.", "leaky.", "dev.")
# Personal columns that hold no canary of this run, and why.
EXCUSED = {
    "account.password_hash": "a hash",
    "registration.password_hash": "a hash",
    "account.state": "a closed list",
    "account.zone": "one of the world's time zones",
    "background.blood_group": "a closed list",
    "mailbox.subject": "written by the code",
    "mailbox.body": "written by the code",
    "receipt.result": "a reply, searched below like everything that is not the platform's own word",
    "receipt.doors": "ids",
    "refresh_token.digest": "a digest",
    "relationship_code.digest": "a digest",
    "slip.digest": "a digest",
    "export_part.sealed": "sealed",
    "upload.reason": "a word from the code",
    "verification.reason": "an administrator's word about papers: its commands are tried, nothing waits for one",
    "verification_step.reason": "as above",
    "verification_step.facts": "as above",
    "review.state": "a closed list",
    "doctor_extra.day": "a day in a calendar",
    "doctor_leave.first": "a day in a calendar",
    "doctor_leave.last": "a day in a calendar",
    "lab_test.postal_code": "a district's",
    "stock_paper.written_on": "a day in a calendar",
    "consultation.follow_up_date": "a day in a calendar",
    "consultation.registration": "the doctor's, copied from her row",
    "prescription.registration": "as above",
    "prescription.doctor": "as above",
    "lab_report_version.results": "figures, and words out of a catalogue",
    "request.postal_code": "a district's",
    "orders.postal_code": "as above",
    "login_otp.phone": "gone when the code is used",
}
# Columns in which only the code speaks: here a canary is a leak inside of the house.
OURS = [
    ("audit", "command"), ("audit", "noun"), ("audit", "why"), ("audit", "reason"), ("event", "topic"),
    ("event", "name"), ("job", "name"), ("job", "key"), ("job", "problem"), ("job", "payload"), ("topic_head", "topic"),
    ("receipt", "command"), ("schedule", "name"), ("token_move", "what"), ("throttle", "subject"),
    ("login_otp", "code_digest"), ("erasure_remains", "what"),
]  # fmt: skip


class House:
    """The gateway's process, all it said, and the way in."""

    def __init__(self, process: Process, port: int) -> None:
        self.process, self.port = process, port
        self.said: list[str] = []
        self.started = asyncio.Event()
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(line.decode(errors="replace"))
            if "node_started" in self.said[-1]:
                self.started.set()

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()
        await self.reader


@pytest_asyncio.fixture
async def house(settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    assert settings.database_url
    assert settings.redis_url
    await seed(settings.database_url, settings)
    port = free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("CAREWIRE_")} | {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "PYTHONWARNINGS": "default",
        "CAREWIRE_DATABASE_URL": settings.database_url,
        "CAREWIRE_REDIS_URL": settings.redis_url,
        "CAREWIRE_DATA": str(tmp_path),
        "CAREWIRE_SECRET": SECRET,
        "CAREWIRE_PORT": str(port),
        "CAREWIRE_LOG": "debug",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.privacy.gateway", env=env, cwd=ROOT, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    running = House(process, port)
    try:
        async with asyncio.timeout(60):
            await running.started.wait()
            async with httpx.AsyncClient() as web:
                while True:
                    try:
                        assert (await web.get(f"{running.http}/api/v1/health/ready")).status_code == 200
                        break
                    except httpx.TransportError:
                        continue
        yield running
    finally:
        await running.stop()


async def live_through(house: House, nest: Nest) -> tuple[list[Wire], dict[str, Any]]:
    """Somebody's life in the product: every personal column is written by the command that writes it."""
    ada, desk, doctor, admin, owner = [await Wire.open(house.ws, **{"User-Agent": nest.text()}) for _ in range(5)]
    await desk.log_in(people.DESK.phone)
    await doctor.log_in(people.VIKRAM.phone)
    await owner.log_in(people.PHARMACIST.phone)
    await admin.call("auth.login", email=people.ADMIN_EMAIL, password=people.ADMIN_PASSWORD)
    phone, second = nest.phone(), nest.phone()
    asked = await ada.call(
        "auth.register", user_type="doctor", name=nest.text(), phone=phone, email=nest.email(), password=nest.text() * 2
    )
    await ada.call("auth.register", user_type="patient", name=nest.text(), phone=nest.phone(), email=nest.email())
    login = await ada.log_in(phone, device=f"{nest.text()} {nest.text()}", registration=asked["result"]["registration"])
    account_id = login["account"]["id"]
    (own,) = (await ada.call("patient.list"))["result"]["rows"]
    answers = [
        await ada.call("patient.update", patient_id=own["id"], birth_date=nest.day(), name=nest.text()),
        await ada.call("patient.create", name=nest.text(), kind="parent", birth_date=nest.day()),
        await ada.call(
            "background.update", patient_id=own["id"], emergency_name=nest.text(), emergency_phone=nest.phone()
        ),
        await ada.call("summary.note", patient_id=own["id"], kind="allergy", label=nest.text(), detail=nest.text()),
        await ada.call("profile.change_email", email=nest.email()),
        await ada.call("profile.change_phone", phone=second, code=await ada.code(second, 0)),
        await owner.call("place.invite_member", place_id=str(places.PHARMACY), phone=nest.phone(), duty="pharmacist"),
        await admin.call("notification.create", account_id=account_id, title=nest.text(), message=nest.text()),
        await ada.call("user.export"),
    ]
    children = [one for one in (await ada.call("patient.list"))["result"]["rows"] if one["kind"] == "parent"]
    answers.append(
        await ada.call("patient.invite_guardian", patient_id=children[0]["id"], phone=nest.phone(), kind="other")
    )
    now = datetime.now(UTC)
    sitting = {
        "place_id": str(places.CLINIC),
        "doctor_id": str(places.DOCTOR_VIKRAM),
        "room_id": str(places.ROOM_2),
        "starts_at": (now - timedelta(minutes=1)).isoformat(),
        "ends_at": (now + timedelta(hours=4)).isoformat(),
        "remote_join": True,
    }
    session_id = (await desk.call("session.create", **sitting))["result"]["id"]
    answers.append(await desk.call("session.start", session_id=session_id))
    token = await desk.call("queue.walk_in", session_id=session_id, name=nest.text(), phone=nest.phone())
    reason = f"{nest.text()} {nest.text()}"
    seen = {"place_id": str(places.CLINIC), "patient_id": token["result"]["patient_id"]}
    opened = await doctor.call("break_glass.open", reason=reason, **seen)
    answers += [
        opened,
        await admin.call("break_glass.review", break_glass_id=opened["result"]["id"], justified=True, note=nest.text()),
    ]
    answers += await at_the_laboratory(house, nest, ada, own["id"])
    answers += await at_the_pharmacy(owner, admin, ada, nest, own["id"])
    words = {"name": nest.text(), "notes": nest.text()}
    answers.append(await doctor.call("lab_test.create", patient_id=token["result"]["patient_id"], **words))
    answers += await be_treated(desk, doctor, nest, session_id)
    answers += await be_heard(ada, desk, doctor, admin, nest, session_id, own["id"])
    answers += await have_an_appointment(ada, doctor, nest, own["id"])
    said = {word: nest.text() for word in ("name", "registration", "council", "qualification", "bio")}
    answers.append(await doctor.call("doctor.update", doctor_id=str(places.DOCTOR_VIKRAM), **said))
    async with httpx.AsyncClient(base_url=house.http) as web:
        await web.post(
            "/api/v1/upload/document",
            headers={"Authorization": f"Bearer {login['access_token']}", "User-Agent": nest.text()},
            files={"file": (f"{nest.text()}.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")},
        )
        file = await web.post(
            "/api/v1/upload/medical-record",
            headers={"Authorization": f"Bearer {login['access_token']}", "User-Agent": nest.text()},
            files={"file": (f"{nest.text()}.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")},
        )
    paper = {"title": nest.text(), "description": nest.text(), "record_date": nest.day(), "record_type": "other"}
    files = {"media_ids": [file.json()["id"]]}
    answers.append(await ada.call("medical_record.create", patient_id=own["id"], **paper, **files))
    assert [one for one in answers if "error" in one] == [], [one for one in answers if "error" in one]
    known = {"patient_id": own["id"], "user_id": account_id, "account_id": account_id}
    return [ada, desk, doctor, admin], known


async def at_the_laboratory(house: House, nest: Nest, ada: Wire, patient_id: str) -> list[Any]:
    """She has a sample collected where she lives."""
    technician = await Wire.open(house.ws, **{"User-Agent": nest.text()})
    await technician.log_in(people.TECHNICIAN.phone)
    here = {"laboratory_id": str(places.LABORATORY)}
    whole = [{"weekday": day, "opens": "00:00:00", "closes": "00:00:00"} for day in range(1, 8)]
    entry = {"code": "CANARY", "name": "Potassium", "sample": "blood", "price": {"amount": 1, "currency": "INR"}}
    answers = [
        await technician.call("provider.set_hours", place_id=here["laboratory_id"], weekly=whole, holidays=[]),
        await technician.call("laboratory.update", **here, served_postal_codes=["560001"]),
        await technician.call("laboratory.set_collection", **here, minutes=60, capacity=5),
        await technician.call(
            "lab_catalog.create", **here, **entry, turnaround_hours=4, home_collection=True,
            analytes=[{"code": "K", "name": "Potassium", "unit": "mmol/L", "ranges": [{"critical_high": 6.2}]}],
        ),
    ]  # fmt: skip
    assert not [one for one in answers if "error" in one], answers
    asked = await ada.call("lab_test.create", patient_id=patient_id, catalogue_id=answers[-1]["result"]["id"])
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    free = await ada.call("laboratory.windows", **here, first=day, days=1)
    where = {"address": nest.text(), "postal_code": "560001"}
    at = free["result"]["windows"][0]["starts_at"]
    planned = await ada.call(
        "lab_test.schedule", lab_test_id=asked["result"]["id"], mode="home", planned_at=at, **where
    )
    found = {"values": [{"analyte": "K", "number": 7}], "remark": nest.text()}
    told = await technician.call("lab_test.submit_result", lab_test_id=asked["result"]["id"], **found)
    report = {"lab_report_id": told["result"]["id"]}
    amended = await technician.call("lab_report.amend", **report, reason=nest.text())
    known = await technician.call("lab_report.acknowledge", **report, how="patient_told", note=nest.text())
    await technician.close()
    return [*answers, asked, planned, told, amended, known]


async def at_the_pharmacy(owner: Wire, admin: Wire, ada: Wire, nest: Nest, patient_id: str) -> list[Any]:
    """She asks for something, is offered another thing instead, has it ordered and takes it back."""
    here, whole = (
        str(places.PHARMACY),
        [{"weekday": day, "opens": "00:00:00", "closes": "00:00:00"} for day in range(1, 8)],
    )
    answers: list[Any] = []

    async def say(wire: Wire, method: str, **params: Any) -> Any:
        answers.append(await wire.call(method, **params))
        assert "error" not in answers[-1], answers[-1]
        return answers[-1]["result"]

    await say(owner, "provider.set_hours", place_id=here, weekly=whole, holidays=[])
    await say(owner, "pharmacy.update", pharmacy_id=here, served_postal_codes=["560001"])
    where = {"patient_id": patient_id, "postal_code": "560001", "address": nest.text(), "phone": nest.phone()}
    line = {"name": nest.text(), "note": nest.text()}
    asked = await say(ada, "request.create", kind="medicine", lines=[line], notes=nest.text(), **where)
    await say(admin, "request.accept", request_id=asked["id"])
    typed = {"name": nest.text(), "unit_price": {"amount": 100, "currency": "INR"}, "price_reason": nest.text()}
    typed |= {"line_id": asked["lines"][0]["id"], "substitute": True, "schedule": "otc"}
    bill = {"quotes": [{"place_id": here, "lines": [typed]}], "message": nest.text()}
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    answered = await say(admin, "request.respond", request_id=asked["id"], valid_until=until, **bill)
    chosen = {"bill_id": answered["bill"]["id"], "payment_mode": "counter", "accept_substitutes": True}
    confirmed = await say(ada, "request.confirm", request_id=asked["id"], **chosen)
    order_id = confirmed["bill"]["parts"][0]["order_id"]
    await say(ada, "order.cancel", order_id=order_id, reason=nest.text())
    again = await say(ada, "request.create", kind="medicine", lines=[line], **where)
    await say(ada, "request.cancel", request_id=again["id"], reason=nest.text())
    article = {"name": "Canary", "form": "tablet", "schedule": "otc", "price": {"amount": 100, "currency": "INR"}}
    made = await say(owner, "medicine.create", **article)
    day = (datetime.now(UTC) + timedelta(days=300)).date().isoformat()
    await say(owner, "stock.receive", medicine_id=made["id"], number="B1", expires_on=day, quantity=5)
    await say(ada, "order.create", place_id=here, items=[{"item_id": made["id"]}], notes=nest.text(), **where)
    strong = await say(owner, "medicine.create", **(article | {"name": "Strong canary", "schedule": "h"}))
    await say(owner, "stock.receive", medicine_id=strong["id"], number="B2", expires_on=day, quantity=5)
    paper = {"prescriber": nest.text(), "prescriber_address": nest.text(), "patient": nest.text()}
    paper |= {"written_on": datetime.now(UTC).date().isoformat()}
    await say(owner, "stock.sell", lines=[{"medicine_id": strong["id"], "quantity": 1}], paper=paper)
    return answers


async def be_heard(
    ada: Wire, desk: Wire, doctor: Wire, admin: Wire, nest: Nest, session_id: str, patient_id: str
) -> list[Any]:
    """She joins from afar, writes to the doctor, is seen, and says what she thinks of it."""
    answers = [await ada.call("queue.join", session_id=session_id, patient_id=patient_id)]
    token = {"token_id": answers[0]["result"]["id"]}
    where = {"patient_id": patient_id, "place_id": str(places.CLINIC), "doctor_id": str(places.DOCTOR_VIKRAM)}
    thread = await ada.call("chat.open", **where)
    answers += [
        thread,
        await ada.call("chat.send", thread_id=thread["result"]["id"], text=nest.text()),
        await desk.call("queue.arrive", **token),
        await desk.call("queue.call", **token, finish_current=True),
        await doctor.call("queue.begin", **token),
        await doctor.call("queue.complete", **token),
        await ada.call("review.create", **token, rating=2, text=nest.text()),
    ]
    judged = {"revision": 1, "publish": False, "reason": nest.text()}
    answers.append(await admin.call("review.verify", review_id=answers[-1]["result"]["id"], **judged))
    return answers


async def be_treated(desk: Wire, doctor: Wire, nest: Nest, session_id: str) -> list[Any]:
    """A visit with notes and a prescription that is taken back, and one that was begun by mistake."""
    answers: list[Any] = []

    async def say(wire: Wire, method: str, **params: Any) -> Any:
        answers.append(await wire.call(method, **params))
        return answers[-1]["result"]

    for mistaken in (True, False):
        token = (await say(desk, "queue.walk_in", session_id=session_id, name=nest.text()))["id"]
        await say(desk, "queue.call", token_id=token, finish_current=True)
        visit = (await say(doctor, "consultation.start", token_id=token))["id"]
        if mistaken:
            await say(doctor, "consultation.cancel", consultation_id=visit, reason=nest.text())
    written = {word: nest.text() for word in ("symptoms", "findings", "diagnosis", "advice")}
    await say(doctor, "consultation.update", consultation_id=visit, version=1, complete=True, **written)
    await say(doctor, "consultation.add", consultation_id=visit, text=nest.text())
    words = ("medicine", "generic", "strength", "dose", "frequency", "instructions")
    paper = await say(
        doctor,
        "prescription.create",
        consultation_id=visit,
        lines=[{word: nest.text() for word in words} | {"quantity": 1}],
        investigations=[nest.text()],
        instructions=nest.text(),
    )
    override = {"outcome": "unreadable", "reason": f"{nest.text()} {nest.text()}"}
    await say(doctor, "prescription.issue", prescription_id=paper["id"], override=override)
    await say(doctor, "prescription.cancel", prescription_id=paper["id"], reason=nest.text())
    return answers


async def have_an_appointment(ada: Wire, doctor: Wire, nest: Nest, patient_id: str) -> list[Any]:
    """She says why she comes, and the doctor lets one patient more in."""
    vikram = str(places.DOCTOR_VIKRAM)
    listed = await ada.call("slot.list", doctor_id=vikram, only_free=True)
    slot = {"doctor_id": vikram, "place_id": str(places.CLINIC), "mode": "in_person"}
    slot["starts_at"] = listed["result"]["slots"][-1]["starts_at"]
    booked = await ada.call("appointment.book", **slot, patient_id=patient_id, complaint=nest.text())
    noted = await ada.call("appointment.update", appointment_id=booked["result"]["id"], notes=nest.text())
    return [listed, booked, noted, await doctor.call("appointment.grant_override", **slot, reason=nest.text())]


async def try_everything(wire: Wire, nest: Nest, known: dict[str, Any]) -> None:
    """Every command there is, with a canary in every text. Most of it is refused."""
    for name in sorted(REGISTRY):
        if name in LEFT_OUT or name.startswith(TOYS) or REGISTRY[name].http:
            continue
        await wire.call(name, **params_of(REGISTRY[name], nest, known))


async def babble(house: House, nest: Nest) -> list[str]:
    """What is no call at all, and what breaks inside. Answers what was heard."""
    wire = await Wire.open(house.ws, **{"User-Agent": nest.text(), "X-Forwarded-For": nest.text()})
    for method in ("leaky.spill", "leaky.look", "leaky.break_rule", "leaky.enqueue"):
        for value in (nest.text(), nest.phone(), nest.email(), nest.day()):
            await wire.call(method, text=value)
    for frame in (
        f'{{"jsonrpc":"2.0","id":1,"method":"{nest.text()}","params":{{"{nest.text()}":"{nest.text()}"}}}}',
        f'{{"jsonrpc":"2.0","id":"{nest.text()}","method":"auth.otp_send","params":{{"phone":"{nest.text()}"}}}}',
        f'{{"jsonrpc":"2.0","id":2,"method":"auth.otp_send","params":["{nest.phone()}"]}}',
        f'{{"jsonrpc":"2.0","id":3,"method":"auth.otp_send","params":{{"phone":{{"x":"{nest.phone()}"}}}}}}',
        f'{{"jsonrpc":"2.0","id":4,"method":"profile.update","params":{{"name":"{nest.text()}","is_admin":true}}}}',
        f'{{"jsonrpc":"2.0","id":5,"method":"subscribe","params":{{"topic":"account:{nest.text()}"}}}}',
        f'[{{"jsonrpc":"2.0","id":6,"method":"{nest.text()}"}},{{"{nest.text()}":1}},"{nest.text()}"]',
        f'{{"jsonrpc":"2.0","method":"auth.otp_send","params":{{"phone":"{nest.phone()}","{nest.text()}":1}}}}',
        f'{{"{nest.text()}": "{nest.text()}"',
        f"{nest.text()}",
    ):
        await wire.say(frame)
    await wire.call("dev.mailbox", to="+919900000001")  # everything before it was answered
    heard = wire.heard
    await wire.close()
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(
            f"{house.ws}?name={nest.text()}", additional_headers={"Authorization": f"Bearer {nest.text()}"}
        )
    async with httpx.AsyncClient(base_url=house.http) as web:
        for path in (f"/{nest.text()}", f"/display/{nest.text()}.js", f"/api/v1/health?name={nest.text()}"):
            answer = await web.get(path, headers={"User-Agent": nest.text(), "Referer": f"https://x/{nest.text()}"})
            assert not nest.found_in(answer.text)
        await web.post(f"/api/v1/upload/{nest.text()}", content=nest.text(), headers={"Authorization": nest.text()})
    binary = await websockets.connect(house.ws)
    await binary.send(nest.text().encode())
    await binary.wait_closed()
    return heard


async def test_no_canary_is_found_where_it_does_not_belong(
    house: House, settings: Settings, postgres: Postgres, database_url: str
) -> None:
    nest, own = Nest(), Nest()
    server_said = postgres.log.stat().st_size
    wires, known = await live_through(house, nest)
    ada, desk, doctor, admin = wires
    ids = {**known, "place_id": str(places.CLINIC), "doctor_id": str(places.DOCTOR_VIKRAM)}
    for wire in (ada, desk, doctor):
        await try_everything(wire, nest, ids)
    people_said = set(nest.made)
    await try_everything(admin, nest, ids)
    published = nest.made - people_said
    """What an administrator writes may be for everybody: terms, pages, answers. It is nobody's."""
    anonymous = await Wire.open(house.ws)
    await try_everything(anonymous, nest, ids)
    heard = await babble(house, nest)
    assert len(nest.made) >= LEAST

    # Mallory knows every id of hers and asks for everything.
    mallory = await Wire.open(house.ws)
    await mallory.log_in(people.PRIYA.phone)
    own.made = {f"own {n}" for n in range(len(nest.made) + 1)}  # canaries of her own, told apart by their numbers
    await try_everything(mallory, own, known)
    await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE_S):
        connection = await asyncpg.connect(database_url)
        try:
            while await connection.fetchval(
                "SELECT count(*) FROM job WHERE name LIKE 'leaky.%' AND state = 'open'"
            ) or not await connection.fetchval(
                "SELECT count(*) FROM job WHERE name = 'leaky.inside' AND state = 'dead'"
            ):
                pass  # the jobs have failed
            await every_column_was_written(connection, nest)
            await only_the_code_speaks(connection, nest)
        finally:
            await connection.close()

    async with httpx.AsyncClient(base_url=house.http, timeout=20) as web:
        metrics = (await web.get("/metrics")).text
    await house.stop()
    said = "".join(house.said)
    assert "command_failed" in said, "the failing commands were logged, without what they were told"
    assert "job_failed" in said
    with postgres.log.open() as file:
        file.seek(server_said)
        database_said = file.read()
    frames = [frame for wire in (*wires, anonymous, mallory) for frame in wire.heard] + heard
    leaks = {
        "the process's output": nest.found_in(said),
        "the database server's log": nest.found_in(database_said),
        "the metrics": nest.found_in(metrics),
        "an error's text": {one for error in errors_of(frames) for one in nest.found_in(error)},
        "what somebody else hears": {one for frame in mallory.heard for one in nest.found_in(frame)} - published,
    }
    assert {where: found for where, found in leaks.items() if found} == {}


async def every_column_was_written(connection: Any, nest: Nest) -> None:
    """Or the run would prove nothing of it."""
    missing = set()
    for table, parts in HOLDINGS.items():
        for column in {column for part in parts for column in part.personal}:
            if f"{table}.{column}" in EXCUSED or not await _is_text(connection, table, column):
                continue
            values = [row[0] for row in await connection.fetch(f'SELECT "{column}"::text FROM "{table}"')]
            if not any(nest.found_in(value) for value in values if value):
                missing.add(f"{table}.{column}")

    assert not missing, ", ".join(sorted(missing))


async def _is_text(connection: Any, table: str, column: str) -> bool:
    kind = await connection.fetchval(
        "SELECT data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
        " AND column_name = $2",
        table,
        column,
    )
    return kind in ("text", "date", "jsonb", "bytea")


async def only_the_code_speaks(connection: Any, nest: Nest) -> None:
    for table, column in OURS:
        assert column in HARMLESS.get(table, {}) or table in HOLDINGS or column in ("command", "what")
        for row in await connection.fetch(f'SELECT "{column}" FROM "{table}"'):
            text = row[0].decode(errors="replace") if isinstance(row[0], bytes) else str(row[0])
            assert not nest.found_in(text), f"{table}.{column}"


def test_whoever_names_somebody_in_a_log_is_heard() -> None:
    """By either kind of logger; the suite's own ear is asked and emptied again."""
    structlog.get_logger("carewire.test").error("told", who=people.PRIYA.phone)
    logging.getLogger("carewire.test").error("it was %s", people.ASHA.name)
    heard, ids = list(EAR.named), uuid4()
    EAR.named.clear()
    assert len(heard) == 2
    structlog.get_logger("carewire.test").error("told", id=str(ids), count=919, at="2026-11-26T09:16:19+00:00")
    assert EAR.named == []


def test_a_canary_is_recognised_however_it_is_written() -> None:
    """A net with holes catches nothing."""
    nest = Nest()
    word, phone, email, day = nest.text(), nest.phone(), nest.email(), nest.day()
    for text in (
        f'{{"error": "Key (phone)=({phone}) already exists"}}',
        f"GET /x?phone=%2B{phone[1:]} HTTP/1.1",
        phone[1:],
        f"Failing row contains (…, {word}, {day})",
        json.dumps({"to": email}),
        repr({"a": word.encode()}),
    ):
        assert nest.found_in(text), text
    assert nest.found_in(f"zq99999xv {uuid4()} +919900000001 1999-99-99") == set()
