"""Screens: paired by a code, approved by staff, dark when revoked."""

from datetime import timedelta
from uuid import UUID

import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound, Unauthenticated
from carewire.node import Node
from channels.directory import demo as places
from channels.queue.displays import coarse
from channels.queue.errors import CodeWrong
from channels.session import SessionPlanned
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import MakeSession, ProductClock, topic
from tests.channels.queue.test_listening import Listener, may, run_job

SCREEN = {"place_id": places.CLINIC, "label": "Entrance", "room_ids": [places.ROOM_2]}


async def paired(node: Node) -> tuple[Caller, dict[str, str]]:
    """A screen that shows its code and has logged in."""
    screen = Caller(node, "203.0.113.77")
    pairing = await screen.call("display.pair")
    screen.actor = await node.dispatcher.authenticate(pairing["secret"])
    return screen, pairing


async def test_a_pending_screen_hears_its_board_and_nothing_else(clinic: Node, session: str) -> None:
    screen, pairing = await paired(clinic)
    assert await may(clinic, screen.actor, f"board:{pairing['display_id']}")
    for name in (f"line:{session}", f"queue:{session}"):
        assert not await may(clinic, screen.actor, name)
    board = await topic(clinic, f"board:{pairing['display_id']}")
    assert (board.state, board.sessions, board.place) == ("pending", [], None)
    with pytest.raises(Forbidden):
        await screen.call("queue.get", session_id=session)


async def test_an_approved_screen_hears_the_lines_of_its_rooms_and_no_names(
    clinic: Node, desk: Caller, session: str
) -> None:
    screen, pairing = await paired(clinic)
    board = await Listener(clinic, f"board:{pairing['display_id']}").join()
    asking = await desk.call("display.asking", place_id=places.CLINIC, code=pairing["code"])
    assert asking["network"] == "203.0.113.0/24"
    shown = await desk.call("display.approve", code=pairing["code"].lower(), **SCREEN)
    assert (shown["label"], shown["asked_from"]) == ("Entrance", "203.0.113.0/24")
    await board.check()
    assert session in {str(s.session_id) for s in board.snapshot.sessions}
    assert {s.room_id for s in board.snapshot.sessions} == {places.ROOM_2}
    assert await may(clinic, screen.actor, f"line:{session}")
    assert not await may(clinic, screen.actor, f"queue:{session}")


async def test_a_code_works_once_and_for_ten_minutes(clinic: Node, desk: Caller, time: ProductClock) -> None:
    screen, pairing = await paired(clinic)
    time.turn(minutes=11)
    with pytest.raises(CodeWrong):
        await desk.call("display.approve", code=pairing["code"], **SCREEN)
    fresh = await screen.call("display.renew")
    with pytest.raises(CodeWrong):
        await desk.call("display.approve", code=pairing["code"], **SCREEN)
    await desk.call("display.approve", code=fresh["code"], **SCREEN)
    with pytest.raises(CodeWrong):
        await desk.call("display.approve", code=fresh["code"], **SCREEN)
    with pytest.raises(IllegalMove):
        await screen.call("display.renew")


async def test_strangers_approve_and_revoke_nothing(clinic: Node, desk: Caller, stranger: Caller) -> None:
    _, pairing = await paired(clinic)
    with pytest.raises(NotFound):
        await stranger.call("display.approve", code=pairing["code"], **SCREEN)
    display = await desk.call("display.approve", code=pairing["code"], **SCREEN)
    for name in ("display.revoke", "display.rename"):
        with pytest.raises(NotFound):
            await stranger.call(name, display_id=display["id"], **({"label": "x"} if "rename" in name else {}))


async def test_a_scope_is_of_rooms_or_doctors_of_this_place(clinic: Node, desk: Caller) -> None:
    _, pairing = await paired(clinic)
    wrong = SCREEN | {"room_ids": [places.CLINIC]}
    with pytest.raises(NotFound):
        await desk.call("display.approve", code=pairing["code"], **wrong)
    with pytest.raises(InvalidParams):
        await desk.call("display.approve", code=pairing["code"], **SCREEN | {"room_ids": []})


async def test_a_revoked_screen_is_dark_and_its_secret_worthless(clinic: Node, desk: Caller, session: str) -> None:
    screen, pairing = await paired(clinic)
    display = await desk.call("display.approve", code=pairing["code"], **SCREEN)
    assert [d["id"] for d in (await desk.call("display.list", place_id=places.CLINIC))["displays"]] == [display["id"]]
    before = len(await told(clinic, f"rights:{display['id']}"))
    await desk.call("display.revoke", display_id=display["id"])
    assert len(await told(clinic, f"rights:{display['id']}")) > before
    for name in (f"line:{session}", f"board:{display['id']}"):
        assert not await may(clinic, screen.actor, name)
    assert await screen.reload() is None
    with pytest.raises(Unauthenticated):
        await clinic.dispatcher.authenticate(pairing["secret"])
    assert (await desk.call("display.list", place_id=places.CLINIC))["displays"] == []
    await desk.call("display.revoke", display_id=display["id"])


async def test_a_screen_follows_todays_and_tomorrows_sessions_by_itself(
    clinic: Node, desk: Caller, make_session: MakeSession, time: ProductClock
) -> None:
    _, pairing = await paired(clinic)
    await desk.call("display.approve", code=pairing["code"], **SCREEN)
    board = await Listener(clinic, f"board:{pairing['display_id']}").join()
    now = time.now()
    far = await make_session(live=False, starts_at=now + timedelta(days=3), ends_at=now + timedelta(days=3, hours=1))
    near = await make_session(live=False, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=1, hours=1))
    await run_job(clinic, SessionPlanned(place_id=places.CLINIC))
    await board.check()
    shown = {str(s.session_id) for s in board.snapshot.sessions}
    assert near in shown
    assert far not in shown
    time.turn(days=2)
    await run_job(clinic, SessionPlanned(place_id=places.CLINIC))
    await board.check()
    assert {str(s.session_id) for s in board.snapshot.sessions} == {far}
    assert not await may(clinic, (await paired(clinic))[0].actor, f"line:{near}")
    await desk.call("session.cancel", session_id=far)
    await run_job(clinic, SessionPlanned(place_id=places.CLINIC))
    await board.check()
    assert board.snapshot.sessions == []
    await desk.call("display.rename", display_id=pairing["display_id"], label="Corridor")
    await board.check()
    assert board.snapshot.label == "Corridor"


async def test_a_rooms_screen_shows_whatever_may_be_called_into_it_also_past_midnight(
    clinic: Node, desk: Caller, make_session: MakeSession, time: ProductClock
) -> None:
    _, pairing = await paired(clinic)
    await desk.call("display.approve", code=pairing["code"], **SCREEN)
    board = await Listener(clinic, f"board:{pairing['display_id']}").join()
    now = time.now()
    anywhere = await make_session(room_id=None, ends_at=now + timedelta(hours=23))
    await run_job(clinic, SessionPlanned(place_id=places.CLINIC))
    await board.check()
    assert anywhere in {str(s.session_id) for s in board.snapshot.sessions}
    time.turn(days=1, hours=6)  # a night clinic: its day is over and it still sits
    await run_job(clinic, SessionPlanned(place_id=places.CLINIC))
    await board.check()
    assert anywhere in {str(s.session_id) for s in board.snapshot.sessions}
    await desk.call("session.end", session_id=anywhere)
    await run_job(clinic, SessionPlanned(place_id=places.CLINIC))
    await board.check()
    assert anywhere not in {str(s.session_id) for s in board.snapshot.sessions}


async def test_a_revoked_screen_has_no_name_to_change(clinic: Node, desk: Caller) -> None:
    _, pairing = await paired(clinic)
    display = await desk.call("display.approve", code=pairing["code"], **SCREEN)
    await desk.call("display.revoke", display_id=display["id"])
    with pytest.raises(IllegalMove):
        await desk.call("display.rename", display_id=display["id"], label="Ghost")


async def test_secrets_and_codes_are_stored_as_digests_only(clinic: Node) -> None:
    _, pairing = await paired(clinic)
    row = (await rows(clinic, "SELECT * FROM display WHERE id = $1", UUID(pairing["display_id"])))[0]
    text = repr(dict(row))
    assert pairing["secret"] not in text
    assert pairing["code"] not in text


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("unix", None), ("", None)],
)
def test_only_the_network_of_an_address_is_kept(address: str, network: str | None) -> None:
    assert coarse(address) == network


async def test_screens_that_nobody_approved_do_not_pile_up(clinic: Node, desk: Caller, time: ProductClock) -> None:
    _, approved = await paired(clinic)
    await desk.call("display.approve", code=approved["code"], **SCREEN)
    for _ in range(3):
        await paired(clinic)
    waiting, _ = await paired(clinic)
    time.turn(minutes=24 * 60 - 5)
    await waiting.call("display.renew")
    time.turn(minutes=30)
    _, newest = await paired(clinic)
    left = {str(row["id"]) for row in await rows(clinic, "SELECT id FROM display")}
    assert left == {approved["display_id"], str(waiting.actor.id), newest["display_id"]}
