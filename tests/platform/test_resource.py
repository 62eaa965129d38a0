"""Declared catalogues behave as hand-written commands do (DESIGN §3)."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from carewire.command import REGISTRY
from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound
from carewire.node import Node
from tests.platform.conftest import call
from tests.toy.parts import Ear, somebody


async def fill(node: Node, *names: str, colour: str = "red") -> list[Any]:
    admin = somebody("admin")
    return [await call(node, admin, "gadget.create", name=name, colour=colour) for name in names]


async def test_only_those_who_may_write_write(node: Node) -> None:
    (gadget,) = await fill(node, "lamp")
    for name, params in (
        ("gadget.create", {"name": "x", "colour": "red"}),
        ("gadget.update", {"id": gadget["id"], "name": "x"}),
        ("gadget.delete", {"id": gadget["id"]}),
    ):
        with pytest.raises(Forbidden):
            await call(node, somebody("patient"), name, **params)
    assert await call(node, None, "gadget.get", id=gadget["id"]) == gadget


async def test_an_entry_can_be_made_changed_in_part_and_removed(node: Node) -> None:
    (gadget,) = await fill(node, "lamp")
    admin = somebody("admin")
    changed = await call(node, admin, "gadget.update", id=gadget["id"], colour="blue")
    assert changed == {**gadget, "colour": "blue"}
    assert await call(node, admin, "gadget.delete", id=gadget["id"]) is None
    with pytest.raises(NotFound):
        await call(node, None, "gadget.get", id=gadget["id"])
    with pytest.raises(NotFound):
        await call(node, admin, "gadget.update", id=str(uuid4()), colour="blue")


async def test_a_name_that_is_taken_is_a_conflict_and_nothing_is_written(node: Node) -> None:
    await fill(node, "lamp")
    with pytest.raises(Conflict):
        await fill(node, "lamp")
    assert (await call(node, None, "gadget.list", count=True))["total"] == 1


async def test_pages_meet_without_gap_or_repetition_while_rows_come_and_go(node: Node) -> None:
    await fill(node, *(f"gadget {n:02}" for n in range(7)))
    first = await call(node, None, "gadget.list", limit=3)
    await fill(node, "gadget 00b", "gadget 03b")
    second = await call(node, None, "gadget.list", limit=3, cursor=first["cursor"])
    third = await call(node, None, "gadget.list", limit=3, cursor=second["cursor"])
    names = [row["name"] for page in (first, second, third) for row in page["rows"]]
    assert names == [f"gadget {n}" for n in ("00", "01", "02", "03", "03b", "04", "05", "06")]
    assert third["cursor"] is None


async def test_search_takes_wildcards_literally_and_filters_combine(node: Node) -> None:
    await fill(node, "50% lamp", "50 lamps")
    await fill(node, "desk_lamp", colour="blue")
    assert [r["name"] for r in (await call(node, None, "gadget.list", search="0% L"))["rows"]] == ["50% lamp"]
    assert [r["name"] for r in (await call(node, None, "gadget.list", search="k_l"))["rows"]] == ["desk_lamp"]
    assert (await call(node, None, "gadget.list", search="lamp", colour="green"))["rows"] == []


async def test_a_cursor_we_did_not_make_names_the_field(node: Node) -> None:
    with pytest.raises(InvalidParams) as refused:
        await call(node, None, "gadget.list", cursor="nonsense")
    assert refused.value.fields[0].path == "$.cursor"


async def test_a_follower_sees_each_change_and_snapshot_plus_events_is_the_fresh_snapshot(node: Node) -> None:
    ear = Ear(somebody())
    answer = await node.hub.subscribe(ear, "catalogue:gadget", None, None)
    answer.go_live()
    total = msgspec.json.decode(answer.result)["snapshot"]["total"]
    made = await fill(node, "lamp", "chair")
    await call(node, somebody("admin"), "gadget.delete", id=made[0]["id"])
    await ear.until(lambda e: len(e.heard) == 3)
    assert [m["params"]["data"]["change"] for m in ear.heard] == ["created", "created", "deleted"]
    total = ear.heard[-1]["params"]["data"]["total"]
    again = msgspec.json.decode((await node.hub.subscribe(Ear(somebody()), "catalogue:gadget", None, None)).result)
    assert total == again["snapshot"]["total"] == 1


def test_the_generated_commands_are_declared_like_any_other() -> None:
    for verb in ("list", "get", "create", "update", "delete"):
        declared = REGISTRY[f"gadget.{verb}"]
        assert declared.doc
        assert declared.allow
    assert REGISTRY["gadget.update"].params.__struct_fields__ == ("id", "name", "colour", "idempotency_key")
