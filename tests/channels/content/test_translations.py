"""Catalogues in other languages: shown while fresh, marked where missing, not overwritten once a person looked
(ledger: M-067, M-108, M-304, M-305, M-306, M-307, M-366, M-367, M-368, M-369, M-392)."""

import json
from collections.abc import AsyncIterator, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from carewire.clock import Clock
from carewire.command import Peer
from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound
from carewire.ids import uuid7
from carewire.jobs.job import Trip
from carewire.jobs.problems import Permanent, Problem, Temporary
from carewire.node import Node
from carewire.resource import REGISTRY
from carewire.settings import Settings
from channels.content import jobs
from channels.content.errors import NoTranslator
from channels.content.forms import Target
from channels.identity.demo import PRIYA
from tests.channels.callers import Caller, rows


@pytest_asyncio.fixture
async def knee(clinic: Node, admin: Caller) -> Any:
    return await admin.call("treatment.create", name="Knee replacement", description="A new joint.")


async def say(admin: Caller, entry: Any, field: str, locale: str, text: str) -> Any:
    return await admin.call(
        "translation.create", noun="treatment", entry_id=entry["id"], field=field, locale=locale, text=text
    )


async def test_a_reader_gets_her_language_where_it_is_and_is_told_where_not(
    clinic: Node, admin: Caller, anon: Caller, caller: Callable[..., Caller], knee: Any
) -> None:
    await say(admin, knee, "name", "ar", "استبدال الركبة")
    await say(admin, knee, "name", "hi", "घुटना बदलना")
    asked = await anon.call("treatment.get", treatment_id=knee["id"], locale="ar")
    assert (asked["name"], asked["locale"], asked["fallback"]) == ("استبدال الركبة", "ar", ["description"])
    (listed,) = (await anon.call("treatment.list", locale="ar-AE"))["rows"]
    assert (listed["name"], listed["fallback"]) == ("استبدال الركبة", ["description"])
    by_header = caller()
    by_header.peer = Peer(address=by_header.peer.address, language="hi")
    assert (await by_header.call("treatment.get", treatment_id=knee["id"]))["name"] == "घुटना बदलना"
    by_account = caller()
    await by_account.log_in(PRIYA.phone)
    assert (await by_account.call("treatment.get", treatment_id=knee["id"]))["name"] == "घुटना बदलना"
    plain = await anon.call("treatment.get", treatment_id=knee["id"])
    assert (plain["name"], plain["locale"], plain["fallback"]) == ("Knee replacement", "en", [])


async def test_a_changed_source_makes_its_translation_stale_until_somebody_looks(
    clinic: Node, admin: Caller, anon: Caller, knee: Any
) -> None:
    made = await say(admin, knee, "description", "fr", "Une nouvelle articulation.")
    await admin.call("treatment.update", treatment_id=knee["id"], name="Knee joint replacement")
    shown = await anon.call("treatment.get", treatment_id=knee["id"], locale="fr")
    assert shown["description"] == "Une nouvelle articulation.", "another field was changed"
    await admin.call("treatment.update", treatment_id=knee["id"], description="A new joint, within a week.")
    shown = await anon.call("treatment.get", treatment_id=knee["id"], locale="fr")
    assert (shown["description"], shown["fallback"]) == ("A new joint, within a week.", ["name", "description"])
    missing = await admin.call("translation.missing", noun="treatment", locale="fr")
    assert [(m["field"], m["stale"] and m["stale"]["text"]) for m in missing] == [
        ("name", None),
        ("description", "Une nouvelle articulation."),
    ]
    await admin.call("translation.update", translation_id=made["id"], text="Une articulation en une semaine.")
    shown = await anon.call("treatment.get", treatment_id=knee["id"], locale="fr")
    assert shown["description"] == "Une articulation en une semaine."
    await admin.call("treatment.delete", treatment_id=knee["id"])
    assert (await admin.call("translation.list"))["rows"] == []


async def test_translations_are_the_editors_and_name_what_is_there(
    clinic: Node, admin: Caller, caller: Callable[..., Caller], knee: Any
) -> None:
    patient = caller()
    await patient.log_in(PRIYA.phone)
    for name, params in (
        ("translation.list", {}),
        ("translation.missing", {"noun": "treatment", "locale": "hi"}),
        ("translation.auto_translate", {}),
    ):
        with pytest.raises(Forbidden):
            await patient.call(name, **params)
    await say(admin, knee, "name", "hi", "घुटना")
    with pytest.raises(Conflict):
        await say(admin, knee, "name", "hi", "घुटना बदलना")
    with pytest.raises(InvalidParams):
        await say(admin, knee, "category", "hi", "x")
    with pytest.raises(NotFound):
        await say(admin, {"id": str(uuid7())}, "name", "hi", "x")
    with pytest.raises(InvalidParams):
        await admin.call("translation.missing", noun="account", locale="hi")
    with pytest.raises(NoTranslator):
        await admin.call("translation.auto_translate")


class Machine:
    """A LibreTranslate server: answers the text in angle brackets, or what it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        machine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                machine.asked.append(asked)
                body = json.dumps({"translatedText": f"<{asked['target']}: {asked['q']}>"}).encode()
                self.send_response(machine.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"libretranslate+http://127.0.0.1:{self.server.server_port}/?key=abc"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest_asyncio.fixture
async def machine() -> AsyncIterator[Machine]:
    made = Machine()
    yield made
    made.server.shutdown()
    made.server.server_close()


def trip(clinic: Node, machine: Machine) -> Trip:
    now = Clock().now()
    settings = msgspec.structs.replace(clinic.settings, translation_url=machine.url)
    return Trip(ref=uuid7(), doubtful=False, now=now, real_now=now, settings=settings, db=clinic.db)


async def test_the_machine_translates_what_is_missing_and_leaves_what_a_person_wrote(
    clinic: Node, admin: Caller, anon: Caller, knee: Any, machine: Machine
) -> None:
    from carewire.command import Ctx

    mine = await say(admin, knee, "name", "hi", "घुटना")
    await admin.call(
        "treatment.update", treatment_id=knee["id"], name="Knee joint"
    )  # mine is stale now, and stays mine
    on = trip(clinic, machine)
    async with clinic.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=on.now, real_now=on.now, settings=on.settings)
        await jobs.look(ctx, jobs.TranslatePending())
    left = [job for job, _, _ in ctx.jobs if isinstance(job, jobs.TranslateText) and job.noun == "treatment"]
    assert {(job.field, str(job.locale)) for job in left} == {
        *((field, locale) for field in ("name", "description") for locale in ("ar", "es", "fr")),
        ("description", "hi"),
    }
    for job in left:
        assert await jobs.translate(on, job) == "translated"
    assert machine.asked[0]["api_key"] == "abc"
    shown = await anon.call("treatment.get", treatment_id=knee["id"], locale="es")
    assert (shown["name"], shown["fallback"]) == ("<es: Knee joint>", [])
    # Also when asked by mistake, the machine does not overwrite a person.
    await admin.call("translation.update", translation_id=mine["id"], text="घुटने का जोड़")
    await jobs.translate(on, jobs.TranslateText(noun="treatment", entry_id=knee["id"], field="name", locale=Target.HI))
    assert (await anon.call("treatment.get", treatment_id=knee["id"], locale="hi"))["name"] == "घुटने का जोड़"
    everything = (await admin.call("translation.list", is_auto=True, locale="es"))["rows"]
    assert {row["field"] for row in everything} == {"name", "description"}


@pytest.mark.parametrize(
    ("status", "problem"), [(429, Temporary), (500, Temporary), (403, Temporary), (400, Permanent)]
)
async def test_a_machine_that_says_no_is_tried_again_unless_it_means_it(
    status: int, problem: type[Problem], clinic: Node, knee: Any, machine: Machine
) -> None:
    machine.status = status
    job = jobs.TranslateText(noun="treatment", entry_id=knee["id"], field="name", locale=Target.ES)
    with pytest.raises(problem):
        await jobs.translate(trip(clinic, machine), job)
    gone = jobs.TranslateText(noun="treatment", entry_id=str(uuid7()), field="name", locale=Target.ES)
    assert await jobs.translate(trip(clinic, machine), gone) == "gone"


async def test_without_a_machine_what_is_missing_is_only_counted(clinic: Node, knee: Any, settings: Settings) -> None:
    from carewire.command import Ctx
    from carewire.metrics import TRANSLATIONS_MISSING

    now = Clock().now()
    async with clinic.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=settings)
        await jobs.look(ctx, jobs.TranslatePending())
        assert ctx.jobs == []
    assert TRANSLATIONS_MISSING.labels("ar")._value.get() >= 2


async def test_every_catalogue_with_translations_has_a_trigger_that_makes_them_stale(clinic: Node) -> None:
    triggers = {
        tuple(row["args"].rstrip(b"\0").decode().split("\0"))
        for row in await rows(
            clinic,
            "SELECT t.tgargs AS args FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE p.proname = 'translations_follow'",
        )
    }
    declared = {(one.noun, one.key, *one.translatable) for one in REGISTRY.values() if one.translatable}
    product = {one for one in declared if one[0] != "boat"}
    assert {one[:2]: set(one[2:]) for one in triggers} == {one[:2]: set(one[2:]) for one in product}
