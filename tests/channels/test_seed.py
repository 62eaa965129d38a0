"""The demo clinic (PRODUCT 21)."""

import json
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from carewire.node import Node
from carewire.settings import Settings
from channels.identity.demo import ADMIN_EMAIL, DESK, WALK_IN_PATIENT
from channels.queue import demo as queue
from channels.seed import NotInProduction, hint, seed
from tests.channels.callers import Caller, fresh_network, letters, next_code, rows
from tests.channels.queue.conftest import topic

COUNTS = {
    "SELECT 1 FROM doctor": 2,
    "SELECT 1 FROM room": 3,
    "SELECT 1 FROM affiliation WHERE state = 'accepted'": 2,
    "SELECT 1 FROM membership WHERE duty = 'front_desk'": 1,
    "SELECT 1 FROM place WHERE kind = 'pharmacy'": 1,
    "SELECT 1 FROM place WHERE kind = 'laboratory'": 1,
    "SELECT 1 FROM guardianship g JOIN account a ON a.id = g.account_id WHERE a.name = 'Priya Sharma'": 3,
    "SELECT 1 FROM account WHERE locale = 'hi'": 3,
    "SELECT 1 FROM account WHERE locale = 'en'": 4,
}


async def test_production_never_gets_the_demo_clinic(settings: Settings) -> None:
    assert settings.database_url is not None
    with pytest.raises(NotInProduction):
        await seed(settings.database_url, msgspec.structs.replace(settings, mode="production"))


async def test_the_demo_clinic_is_there_and_seeding_again_changes_nothing(clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET name = 'Renamed' WHERE id = $1", DESK.account_id)
        await tx.execute("UPDATE membership SET until = now() WHERE account_id = $1", DESK.account_id)
    tables = ("account", "account_capacity", "patient", "guardianship", "membership", "place", "room", "doctor")
    sql = " UNION ALL ".join(f"SELECT '{table}' AS t, x::text AS line FROM {table} x" for table in tables)
    before = sorted(tuple(row) for row in await rows(clinic, sql))
    assert clinic.settings.database_url is not None
    await seed(clinic.settings.database_url, clinic.settings)
    assert sorted(tuple(row) for row in await rows(clinic, sql)) == before
    for query, count in COUNTS.items():
        assert len(await rows(clinic, query)) == count, query
    (walk_in,) = await rows(clinic, "SELECT 1 FROM patient WHERE id = $1 AND place_id IS NOT NULL", WALK_IN_PATIENT)
    assert walk_in


async def test_the_hint_names_who_can_log_in(settings: Settings) -> None:
    assert DESK.phone in hint(settings, [])
    assert ADMIN_EMAIL in hint(settings, [])


async def test_who_types_what_the_hint_says_sees_the_queue_move_on_a_screen(clinic: Node) -> None:
    screen = await follow(clinic, await again(clinic))
    assert [(t["number"], t["state"]) for t in screen] == [(6, "waiting"), (5, "called")]
    # A second `make up` finds number 5 called and goes on from there.
    screen = await follow(clinic, await again(clinic))
    assert [(t["number"], t["state"]) for t in screen] == [(7, "waiting"), (6, "called")]


async def test_who_types_the_other_half_has_an_appointment(clinic: Node) -> None:
    """Two stand already, and one more is hers: each day is seeded once."""
    for count in (3, 4):
        text, _, paying = (await again(clinic)).partition("Book an appointment")[2].partition("pay at the counter")
        listed = await type_in(clinic, Caller(clinic, fresh_network(9)), text)
        assert len(listed["rows"]) == count
        (hers,) = await rows(clinic, "SELECT id, fee_amount, payment FROM appointment ORDER BY serial DESC LIMIT 1")
        assert (hers["fee_amount"], hers["payment"]) == (50_000, "counter")
        desk = Caller(clinic, fresh_network(9))
        await desk.log_in(DESK.phone)
        taken = await type_in(clinic, desk, paying, appointment=str(hers["id"]))
        assert (taken["answer"]["outcome"], taken["payment"]["money"]["amount"]) == ("applied", 50_000)


async def test_the_hint_goes_on_when_the_first_doctors_sitting_is_over_or_paused(clinic: Node) -> None:
    day = clinic.clock.now().astimezone(queue.ZONE).date()
    desk = Caller(clinic, fresh_network(7))
    await desk.log_in(DESK.phone)
    inside = queue.token_of(day, 3)
    await desk.call("queue.complete", token_id=inside)
    await desk.call("session.pause", session_id=queue.session_of(day, 1), reason="break")
    await follow(clinic, await again(clinic))
    (called,) = await rows(clinic, "SELECT id FROM token WHERE state = 'called'")
    await desk.call("queue.skip", token_id=called["id"])
    await desk.call("session.end", session_id=queue.session_of(day, 1))
    screen = await follow(clinic, await again(clinic), queue.session_of(day, 2))
    assert [(t["number"], t["state"]) for t in screen] == [(1, "called")]
    (called,) = await rows(clinic, "SELECT id FROM token WHERE state = 'called'")
    await desk.call("queue.skip", token_id=called["id"])
    await desk.call("session.end", session_id=queue.session_of(day, 2))
    assert "sittings are over" in await again(clinic)


async def test_a_new_day_begins_with_a_live_line_although_yesterdays_was_forgotten(clinic: Node) -> None:
    for days in (1, 2):
        later = clinic.clock.now() + timedelta(days=days)
        async with clinic.db.transaction() as tx:
            await queue.seed(tx, later)
            steps = await queue.steps(tx, later)
        today = str(queue.session_of(later.astimezone(queue.ZONE).date(), 1))
        assert ("queue.call_next", {"session_id": today, "finish_current": True}) in steps
        live = await rows(clinic, "SELECT id FROM session WHERE state IN ('live', 'paused')")
        assert [str(row["id"]) for row in live] == [today]
    assert not await rows(
        clinic,
        "SELECT 1 FROM token t JOIN session s ON s.id = t.session_id"
        " WHERE s.state IN ('completed', 'cancelled') AND t.ended_at IS NULL",
    )


@pytest.mark.parametrize("at", ["00:00:10", "12:00:00", "23:40:01", "23:53:00", "23:59:58"])
async def test_both_sittings_are_on_the_board_of_the_day_on_which_it_was_seeded_however_late(
    clinic: Node, at: str
) -> None:
    day = clinic.clock.now().astimezone(queue.ZONE).date() + timedelta(days=2)  # what sits now is over by then
    now = datetime.combine(day, time.fromisoformat(at), queue.ZONE)
    async with clinic.db.transaction() as tx:
        await queue.seed(tx, now)
    sits = "SELECT id, starts_at FROM session WHERE id = ANY($1)"
    made = await rows(clinic, sits, [queue.session_of(day, number) for number in (1, 2)])
    assert [row["starts_at"].astimezone(queue.ZONE).date() for row in made] == [day, day]


async def again(node: Node) -> str:
    assert node.settings.database_url is not None
    return await seed(node.settings.database_url, node.settings)


async def type_in(node: Node, typist: Caller, text: str, code: str = "", appointment: str = "") -> Any:
    """Type every frame of this text, with the codes and ids put in; the last answer."""
    answer: Any = None
    for frame in (json.loads(line) for line in text.splitlines() if line.strip().startswith('{"jsonrpc"')):
        params = frame["params"]
        if frame["method"] == "auth.otp_send":
            known = len(await letters(node, params["phone"]))
        if params.get("code") == "OTP":
            params["code"] = await next_code(node, params["phone"], known)
        if params.get("code") == "CODE":
            params["code"] = code
        if params.get("hold_id") == "HOLD":
            params["hold_id"] = answer["id"]
        if params.get("about_id") == "APPOINTMENT":
            params["about_id"] = appointment
        if frame["method"] != "topic.subscribe":  # the socket's own
            answer = await typist.call(frame["method"], **params)
    return answer


async def follow(node: Node, text: str, session: UUID | None = None) -> list[dict[str, Any]]:
    """Type every frame of the hint, with the two codes put in; answers what the approved screen then sees."""
    screen, typist = Caller(node, fresh_network(8)), Caller(node, fresh_network(9))
    pairing = await screen.call("display.pair")
    await type_in(node, typist, text.partition("Book an appointment")[0], pairing["code"])
    day = node.clock.now().astimezone(queue.ZONE).date()
    shown = await topic(node, f"line:{session or queue.session_of(day, 1)}")
    boards = await topic(node, f"board:{pairing['display_id']}")
    assert shown.sitting.session_id in {s.session_id for s in boards.sessions}
    return [msgspec.to_builtins(token) for token in shown.tokens]
