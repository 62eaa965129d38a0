"""The world of the matrix: the demo clinic, every actor with a socket of her own, and what their cells are about."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from carewire.client import Client, Refused
from carewire.client.refused import pause_before
from carewire.command import Ctx
from carewire.settings import Settings
from carewire.store.db import Database
from channels.directory import demo as places
from channels.identity import Capacity
from channels.identity.logins import Login, open_login
from channels.identity.nouns import Kin
from channels.identity.people import guard
from tests.access import who
from tests.access.who import ACTORS, ANONYMOUS, DUTY, SCOPE, SCREENS, Who

PHONE = "+9197000{:05d}"
HER_NAME = "Vasundhara Canary"
HER_MAIL = "vasundhara.canary@example.org"
REFUSED_RIGHTS = frozenset({"unauthenticated", "forbidden", "not_found"})
TOO_BUSY = frozenset({"busy", "overloaded", "unavailable"})
"""What the platform says of a slow machine, not of a right: nothing happened."""


class Answer(msgspec.Struct, frozen=True):
    """What came back: `ok` or the reason of the refusal, and the whole text of it."""

    reason: str
    text: str


class World:
    """Fields that grounds add (`world.sitting`) stand beside these.

    - `account[who]`, `patient[who]`, `doctor[who]`: ids. `place` is here, `elsewhere` another clinic.
    - `she`: the patient all relationships are about; `phone[who]`, `name[who]`.
    """

    def __init__(self, settings: Settings, db: Database, url: str) -> None:
        self.settings, self.db, self.url = settings, db, url
        self.place, self.room = places.CLINIC, places.ROOM_2
        self.account: dict[Who, UUID] = {}
        self.patient: dict[Who, UUID] = {}
        self.doctor: dict[Who, UUID] = {}
        self.phone = {one: PHONE.format(n) for n, one in enumerate(ACTORS.values(), 1)}
        self.name = {one: f"Actor {n}" for n, one in enumerate(ACTORS.values(), 1)}
        self.name[who.HERSELF] = HER_NAME
        self.secrets = dict.fromkeys((HER_NAME, HER_MAIL, self.phone[who.HERSELF]), who.KNOW_HER_NAME)
        """Words, and who may read them in any answer at all."""
        self._numbers = iter(range(1, 10_000))
        self._tokens: dict[Who, str] = {}
        self._sockets: dict[Who, Client] = {}
        self._spares: list[Client] = []

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no ground has made world.{name}")

    # --- making things -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sql(self, statement: str, *values: Any) -> Any:
        """Run one statement; the first value it returns."""
        async with self.db.transaction() as tx:
            return await tx.fetchval(statement, *values)

    def new_phone(self) -> str:
        """A number nobody has."""
        return f"+9198000{next(self._numbers):05d}"

    async def new_place(self, kind: str, approval: str = "approved") -> UUID:
        """A place where nobody works."""
        place_id: UUID = await self.sql(
            "INSERT INTO place (kind, name, zone, city, created_at, approval)"
            " VALUES ($1, 'Another Place', 'Asia/Kolkata', 'Pune', $2, $3) RETURNING id",
            kind,
            self.now,
            approval,
        )
        return place_id

    async def person(self, *capacities: Capacity, name: str = "Somebody", phone: str | None = None) -> UUID:
        """An account with these active capacities and no socket, to be used up by a cell."""
        account_id: UUID = await self.sql(
            "INSERT INTO account (phone, name, created_at) VALUES ($1, $2, $3) RETURNING id",
            phone or self.new_phone(),
            name,
            self.now,
        )
        for capacity in capacities:
            await self.sql(
                "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, $2, 'active', $3)",
                account_id,
                capacity,
                self.now,
            )
        return account_id

    async def person_here(self, duty: str, place_id: UUID | None = None) -> UUID:
        """A member to be used up by a cell."""
        account_id = await self.person()
        await self.join(account_id, place_id or self.place, duty)
        return account_id

    async def join(self, account_id: UUID, place_id: UUID, duty: str) -> None:
        """A duty more."""
        await self.sql(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            account_id,
            place_id,
            duty,
            self.now,
        )

    async def doctor_account(self) -> UUID:
        """A verified doctor's account."""
        return await self.person(Capacity.DOCTOR)

    async def guard(self, account_id: UUID, patient_id: UUID, kind: Kin) -> None:
        """Let an account act for a patient."""
        async with self.db.transaction() as tx:
            await guard(tx, account_id, patient_id, kind, self.now)

    async def record(self, account_id: UUID, *, kind: Kin = Kin.SELF, name: str = "Somebody", **more: Any) -> UUID:
        """A patient record for whom this account acts."""
        columns = {"name": name, "created_at": self.now, **more}
        marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        patient_id: UUID = await self.sql(
            f"INSERT INTO patient ({', '.join(columns)}) VALUES ({marks}) RETURNING id", *columns.values()
        )
        await self.guard(account_id, patient_id, kind)
        return patient_id

    async def practice(
        self, account_id: UUID, place_id: UUID, *, state: str = "accepted", name: str = "Dr. Who"
    ) -> UUID:
        """A doctor's public face, and her affiliation; the doctor's id."""
        doctor_id: UUID = await self.sql(
            "INSERT INTO doctor (account_id, name, specialty, created_at) VALUES ($1, $2, 'cardiology', $3)"
            " ON CONFLICT (account_id) DO UPDATE SET name = EXCLUDED.name RETURNING id",
            account_id,
            name,
            self.now,
        )
        await self.sql(
            "INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since)"
            " VALUES ($1, $2, $3::text, $4::timestamptz, CASE WHEN $3::text = 'accepted' THEN $4::timestamptz END)"
            " ON CONFLICT DO NOTHING",
            doctor_id,
            place_id,
            state,
            self.now,
        )
        return doctor_id

    # --- sockets -----------------------------------------------------------------------------------------------------

    def socket(self, one: Who) -> Client:
        """Her socket, logged in."""
        return self._sockets[one]

    async def spare(self, one: Who) -> Client:
        """One more socket with a login of its own, to be lost."""
        client = Client(self.url, reconnect=False)
        await client.open()
        self._spares.append(client)
        if one in SCREENS:
            await client.call("auth.authenticate", access_token=self._tokens[one])
        elif one is not ANONYMOUS:
            await client.call("auth.authenticate", access_token=await self.log_in(self.account[one]))
        return client

    async def enter(self, account_id: UUID) -> Client:
        """A socket of this account, beside those of the actors."""
        client = Client(self.url, reconnect=False)
        await client.open()
        self._spares.append(client)
        await client.authenticate(await self.log_in(account_id))
        return client

    async def login(self, account_id: UUID) -> Login:
        """A login as a code or a password would open it."""
        async with self.db.transaction() as tx:
            ctx = Ctx(tx=tx, now=self.now, real_now=self.now, settings=self.settings)
            return await open_login(ctx, account_id, "matrix")

    async def log_in(self, account_id: UUID) -> str:
        """The access token of a new login."""
        return (await self.login(account_id)).access_token

    async def open(self) -> None:
        """A socket for each actor; what each is told to be is held against what `who.py` says."""
        for one in ACTORS.values():
            self._sockets[one] = Client(self.url, reconnect=False)
        await asyncio.gather(*(client.open() for client in self._sockets.values()))
        for one, client in self._sockets.items():
            if one is ANONYMOUS:
                continue
            if one not in self._tokens:
                self._tokens[one] = await self.log_in(self.account[one])
            told = await client.call("auth.authenticate", access_token=self._tokens[one])
            assert frozenset(told["capacities"]) == one.capacities, one

    async def close(self) -> None:
        """Every socket."""
        await asyncio.gather(*(client.close() for client in (*self._sockets.values(), *self._spares)))

    async def ask(self, one: Who, method: str, params: Any, *, spare: bool = False) -> Answer:
        """One call on her socket."""
        client = await self.spare(one) if spare else self._sockets[one]
        while True:
            try:
                answer = await client.call(method, **params)
            except Refused as refused:
                pause_s = pause_before(refused.retry)
                if refused.reason in TOO_BUSY and pause_s is not None:
                    await asyncio.sleep(pause_s)  # as it says itself
                    continue
                return Answer(refused.reason, f"{refused} {refused.data}")
            break
        return Answer("ok", msgspec.json.encode(answer).decode())

    async def resume(self, one: Who, topics: list[str]) -> dict[str, Answer]:
        """All these topics at once, as after a lost connection."""
        asked = {"epoch": "another", "topics": dict.fromkeys(topics, 0)}
        answer = await self._sockets[one].call("socket.resume", **asked)
        told = {}
        for name, place in answer["topics"].items():
            reason = place["error"]["data"]["reason"] if "error" in place else "ok"
            told[name] = Answer(reason, msgspec.json.encode(place).decode())
            await self._sockets[one].call("topic.unsubscribe", topic=name)
        return told

    async def state(self) -> dict[str, str]:
        """A digest of every table: what a refusal may not change. Attempts are counted, and refusals audited."""
        counted = {"throttle", "login_otp", "job", "receipt", "schedule", "mailbox", "audit", "audit_seal"}
        counted |= {"platform_count", "appointment_reminder"}  # written every few minutes, whoever asks what
        # What falls due while they ask would look like their doing.
        await self.sql("UPDATE job SET due_at = now() WHERE state = 'open' AND due_at < now() + interval '1 minute'")
        while await self.sql("SELECT EXISTS (SELECT FROM job WHERE state = 'open' AND due_at <= now())"):
            pass  # what was left to do is done first; each look is a round trip
        async with self.db.snapshot() as tx:
            tables = await tx.fetch(
                "SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
            )
            return {
                row["name"]: await tx.fetchval(
                    f"SELECT count(*) || ':' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '')"
                    f' FROM "{row["name"]}" t'
                )
                for row in tables
                if row["name"] not in counted
            }


async def people(world: World) -> None:
    """Every actor's account, her patient record, and the relationships of identity and directory."""
    world.elsewhere = await world.new_place("clinic")
    for one in ACTORS.values():
        if one is ANONYMOUS or one in SCREENS:
            continue
        held = [Capacity(word) for word in one.capacities if word not in (Capacity.STAFF, Capacity.DISPLAY)]
        world.account[one] = await world.person(*held, name=world.name[one], phone=world.phone[one])
        if Capacity.PATIENT in one.capacities:
            more = {"phone": world.phone[one], "birth_year": 1985}
            world.patient[one] = await world.record(world.account[one], name=world.name[one], **more)
    world.she = world.patient[who.HERSELF]
    await world.sql(
        "UPDATE account SET email = $2, email_verified_at = created_at WHERE id = $1",
        world.account[who.HERSELF],
        HER_MAIL,
    )
    for one in (who.GUARDIAN, who.FORMER_GUARDIAN):
        await world.guard(world.account[one], world.she, Kin.SIBLING)
    await world.sql(
        "UPDATE guardianship SET until = since WHERE account_id = $1 AND patient_id = $2",
        world.account[who.FORMER_GUARDIAN],
        world.she,
    )
    for duty, one in DUTY.items():
        await world.join(world.account[one], world.place, duty)
        await world.join(world.account[who.ELSEWHERE], world.elsewhere, duty)
    await world.sql(
        "INSERT INTO membership (account_id, place_id, duty, since, until) VALUES ($1, $2, 'front_desk', $3, $3)",
        world.account[who.FORMER_DESK],
        world.place,
        world.now,
    )
    world.hospital = await world.new_place("hospital")
    theirs = {who.PHARMACY: places.PHARMACY, who.LABORATORY: places.LABORATORY, who.HOSPITAL: world.hospital}
    for one, place_id in theirs.items():
        await world.join(world.account[one], place_id, "owner")
    for one in (who.DOCTOR, who.COLLEAGUE, who.BREAK_GLASS, who.PENDING_DOCTOR, who.WITHDRAWN_DOCTOR):
        world.doctor[one] = await world.practice(world.account[one], world.place, name=world.name[one])
    for one in (who.OTHER_DOCTOR, who.CONSENTED):
        world.doctor[one] = await world.practice(world.account[one], world.elsewhere, name=world.name[one])
    for one, state in ((who.PENDING_DOCTOR, "pending"), (who.WITHDRAWN_DOCTOR, "withdrawn")):
        await world.sql(
            "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, 'doctor', $2, $3)",
            world.account[one],
            state,
            world.now,
        )
    for scope, one in SCOPE.items():
        await world.sql(
            "INSERT INTO admin_scope (account_id, scope, since) VALUES ($1, $2, $3)",
            world.account[one],
            scope,
            world.now,
        )
    await _screens(world)


async def _screens(world: World) -> None:
    """Two screens as `display.pair` makes them; the approval comes from the desk."""
    client = Client(world.url, reconnect=False)
    await client.open()
    for one in (who.SCREEN, who.PENDING_SCREEN):
        paired = await client.call("display.pair")
        world.account[one], world._tokens[one] = UUID(paired["display_id"]), paired["secret"]
        setattr(world, "code" if one is who.SCREEN else "pending_code", paired["code"])
    await client.close()


async def line(world: World) -> None:
    """A live sitting with her token in it, one that waits to begin, and an approved screen that shows the line."""
    desk, herself = world.socket(who.FRONT_DESK), world.socket(who.HERSELF)
    plan = {"place_id": world.place, "doctor_id": world.doctor[who.DOCTOR], "room_id": world.room, "remote_join": True}
    world.sitting = (await desk.command("session.create", **plan, starts_at=soon(-0.5), ends_at=soon(6)))["id"]
    world.idle = (await desk.command("session.create", **plan, starts_at=soon(24), ends_at=soon(26)))["id"]
    await desk.command("session.start", session_id=world.sitting)
    world.token = (await herself.command("queue.join", session_id=world.sitting, patient_id=world.she))["id"]
    await desk.command("queue.walk_in", session_id=world.sitting, name="First")
    await desk.command("display.approve", place_id=world.place, code=world.code, label="Hall", room_ids=[world.room])
    world.wall = (await desk.call("queue.arrival_code", place_id=world.place))["code"]
    world.slip = (await desk.call("queue.slip", token_id=world.token))["key"]


def soon(hours: float) -> datetime:
    """A moment from now."""
    return datetime.now(UTC) + timedelta(hours=hours)
