"""What the gateway and the hub really send about the connection has the shape the contract says."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import uuid4

import msgspec
import pytest

from carewire.actor import Actor
from carewire.bus.channel import topic_notice
from carewire.contract.notices import Expiring, Limits, TopicEnded, TopicResync, Welcome
from carewire.gateway.services import Rules
from carewire.gateway.session import Notice, Session
from tests.conftest import Connect

BUS = Path(__file__).parents[2] / "src" / "carewire" / "bus"


async def test_the_welcome_of_a_real_node_is_the_one_of_the_contract(connect: Connect) -> None:
    said = (await connect()).welcome
    assert said.keys() == set(Welcome.__struct_fields__)
    assert said["limits"].keys() == set(Limits.__struct_fields__)
    msgspec.convert(said, Welcome, strict=False)


def test_the_notice_before_a_token_runs_out_is_the_one_of_the_contract() -> None:
    now = datetime.now(UTC)
    actor = Actor(id=uuid4(), login_id=uuid4(), capacities=frozenset(), expires_at=now + timedelta(seconds=5))
    notice = Session(Rules(), actor).tick(now)
    assert isinstance(notice, Notice)
    assert notice.name == "auth:expiring"
    said = msgspec.json.decode(notice.params)
    assert said.keys() == set(Expiring.__struct_fields__)
    msgspec.convert(said, Expiring)


@pytest.mark.parametrize(("method", "kind"), [("end", TopicEnded), ("resync", TopicResync)])
def test_the_hub_gives_no_other_reason_than_those_of_the_contract(method: str, kind: Any) -> None:
    given: set[str] = set()
    for path in BUS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
                words = [part for argument in node.args[1:] for part in ast.walk(argument)]
                given |= {w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)}
    assert given == set(get_args(get_type_hints(kind)["why"]))
    for why in given:
        msgspec.json.decode(topic_notice("queue:1", why=why), type=kind)
