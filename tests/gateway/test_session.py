"""One connection's state, without a loop and without a clock of its own."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from carewire.errors import AlreadyAuthenticated, Close, Conflict, Overloaded, RateLimited
from carewire.gateway import rpc
from carewire.gateway.services import Rules
from carewire.gateway.session import End, Notice, Session
from tests.gateway.conftest import actor

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def call(identity: str | None = "1") -> str:
    """A request, or a notification."""
    member = f'"id":{identity},' if identity else ""
    return f'{{"jsonrpc":"2.0",{member}"method":"a.b"}}'


def test_a_call_beyond_the_limit_is_refused_until_one_in_flight_ends() -> None:
    session = Session(Rules(in_flight=1))
    [work], nothing = session.receive(call("1"))
    assert nothing == []
    assert json.loads(session.receive(call("2")).send[0])["error"]["data"]["reason"] == "overloaded"
    session.finish(work, b"{}")
    assert len(session.receive(call("3")).work) == 1


def test_a_notification_beyond_the_limit_is_counted_and_not_answered() -> None:
    session = Session(Rules(in_flight=0))
    assert session.receive(call(None)) == ([], [])
    assert session.refused == {"overloaded": 1}


def test_a_batch_leaves_when_its_last_call_ended_with_every_follow_up_behind_it() -> None:
    session = Session(Rules())
    order: list[int] = []
    first, second, silent = session.receive(f"[{call('1')},{call('2')},{call(None)},7]").work
    assert session.finish(second, rpc.result(b"2", b"2"), lambda: order.append(2)) == (None, [])
    assert session.finish(silent, None, lambda: order.append(3)) == (None, [])
    frame, then = session.finish(first, rpc.result(b"1", b"1"), lambda: order.append(1))
    assert [answer["id"] for answer in json.loads(frame or b"")] == [None, 2, 1]
    for follow in then:
        follow()
    assert order == [2, 3, 1]
    assert session.in_flight == 0


def test_a_batch_of_notifications_is_never_answered_though_its_follow_ups_happen() -> None:
    session = Session(Rules())
    first, second = session.receive(f"[{call(None)},{call(None)}]").work
    assert session.finish(first, session.refuse(first.call, Conflict())).frame is None
    assert session.finish(second, None) == (None, [])
    assert session.refused == {"conflict": 1}


def test_a_batch_without_a_single_call_is_answered_at_once() -> None:
    assert len(json.loads(Session(Rules()).receive("[1,2]").send[0])) == 2
    assert Session(Rules()).receive('[{"result":1}]') == ([], [])


def test_the_token_s_end_is_announced_once_then_there_is_grace_then_the_end() -> None:
    who = actor()
    session = Session(Rules(notice_s=60, grace_s=60), who)
    at = who.expires_at
    assert session.tick(at - timedelta(seconds=61)) is None
    notice = session.tick(at - timedelta(seconds=60))
    assert isinstance(notice, Notice)
    assert notice.name == "auth:expiring"
    assert session.tick(at) is None
    assert session.tick(at + timedelta(seconds=59)) is None
    assert session.tick(at + timedelta(seconds=60)) == End(Close.TOKEN_EXPIRED, "the access token ran out")


def test_a_renewed_token_of_the_same_login_starts_the_wait_anew() -> None:
    who = actor()
    session = Session(Rules(), who)
    assert session.tick(who.expires_at) is not None
    session.bind(renewed := actor(expires_in_s=9_000))
    assert session.tick(who.expires_at + timedelta(seconds=60)) is None
    assert session.next_tick() == renewed.expires_at - timedelta(seconds=60)


def test_another_login_is_refused_even_of_the_same_account_and_changes_nothing() -> None:
    session = Session(Rules(), actor(1))
    for other in (actor(2), actor(1, login=9)):
        with pytest.raises(AlreadyAuthenticated):
            session.bind(other)
    assert session.actor is not None
    assert session.actor.login_id.int == 1


def test_an_anonymous_session_has_nothing_to_wait_for() -> None:
    session = Session(Rules(), actor())
    session.unbind()
    assert session.next_tick() is None
    assert session.tick(NOW) is None


def test_new_rights_are_taken_for_the_same_login_only() -> None:
    session = Session(Rules(), actor(1))
    session.change_rights(actor(2))
    assert session.actor is not None
    assert session.actor.id.int == 1


def test_refusals_for_load_and_rate_run_up_and_are_forgiven_with_time() -> None:
    session = Session(Rules(flood_burst=2, flood_per_s=1))
    asked = rpc.Call(b"1", "a.b", b"{}")
    for _ in range(50):
        session.refuse(asked, Conflict())
    assert session.check_flood(NOW) is None
    session.refuse(asked, Overloaded())
    session.refuse(asked, RateLimited())
    assert session.check_flood(NOW) is None
    session.refuse(asked, Overloaded())
    assert session.check_flood(NOW + timedelta(seconds=1)) is None
    session.refuse(asked, Overloaded())
    assert session.check_flood(NOW + timedelta(seconds=1)) == End(Close.FLOOD, "sent far beyond the limits")
