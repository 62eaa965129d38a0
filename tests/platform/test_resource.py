"""Declared catalogues behave as hand-written commands do (DESIGN §3)."""

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from carewire.actor import Actor
from carewire.command import REGISTRY
from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound
from carewire.node import Node
from tests.platform.conftest import call
from tests.toy.parts import Ear, somebody, uuid7


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


async def launch(node: Node, owner: Actor, name: str, price: int | None = 5, **more: Any) -> Any:
    return await call(node, owner, "boat.create", name=name, price=price, **{"shown": True, **more})


async def follow(node: Node, topic: str) -> tuple[Ear, Any]:
    ear = Ear(somebody())
    answer = await node.hub.subscribe(ear, topic, None, None)
    answer.go_live()
    return ear, msgspec.json.decode(answer.result)["snapshot"]


async def test_nobody_but_its_owner_sees_or_touches_what_is_not_published(node: Node) -> None:
    owner, stranger = somebody(), somebody()
    hidden = await launch(node, owner, "Nautilus", shown=False)
    for who in (None, stranger):
        with pytest.raises(NotFound):
            await call(node, who, "boat.get", boat_id=hidden["id"])
        assert (await call(node, who, "boat.list", count=True))["total"] == 0
    assert (await call(node, owner, "boat.list"))["rows"] == [hidden]
    for verb, params in (("update", {"name": "Prize"}), ("delete", {})):
        with pytest.raises(NotFound):
            await call(node, stranger, f"boat.{verb}", boat_id=hidden["id"], **params)
    assert (await call(node, owner, "boat.get", boat_id=hidden["id"]))["name"] == "Nautilus"


async def test_followers_hear_what_the_public_sees_and_nothing_else(node: Node) -> None:
    owner = somebody()
    ear, snapshot = await follow(node, "catalogue:boat")
    boat = await launch(node, owner, "Nautilus", shown=False)
    await call(node, owner, "boat.update", boat_id=boat["id"], name="Still secret")
    await call(node, owner, "boat.update", boat_id=boat["id"], shown=True)
    await call(node, owner, "boat.update", boat_id=boat["id"], shown=True)  # nothing changes
    await call(node, owner, "boat.update", boat_id=boat["id"], price=7)
    await call(node, owner, "boat.update", boat_id=boat["id"], shown=False)
    await call(node, owner, "boat.update", boat_id=boat["id"], shown=True)
    await call(node, owner, "boat.delete", boat_id=boat["id"])
    await ear.until(lambda e: len(e.heard) == 5)
    told = [message["params"]["data"] for message in ear.heard]
    assert [data["change"] for data in told] == ["created", "updated", "deleted", "created", "deleted"]
    assert [data["entry"] and data["entry"]["price"] for data in told] == [5, 7, None, 7, None]
    _, fresh = await follow(node, "catalogue:boat")
    assert {**snapshot, "total": told[-1]["total"]} == fresh


async def test_what_is_closed_is_found_no_more_and_cannot_be_changed(node: Node) -> None:
    owner = somebody()
    boat = await launch(node, owner, "Vasa")
    await call(node, owner, "boat.delete", boat_id=boat["id"])
    assert (await call(node, None, "boat.list"))["rows"] == []
    for verb in ("update", "delete"):
        with pytest.raises(NotFound):
            await call(node, owner, f"boat.{verb}", boat_id=boat["id"])
    async with node.db.snapshot() as tx:
        assert await tx.fetchval("SELECT name FROM boat WHERE sunk IS NOT NULL") == "Vasa"


async def test_every_order_pages_without_gap_or_repetition_also_among_equals(node: Node) -> None:
    owner = somebody()
    for n in range(5):
        await launch(node, owner, f"{n}", price=[3, 3, None, 3, 1][n])
    for order, expected in (("name", "01234"), ("price", "40132"), ("dearest", "01342")):
        names, cursor = "", None
        while True:
            page = await call(node, None, "boat.list", order=order, limit=2, **({"cursor": cursor} if cursor else {}))
            names += "".join(row["name"] for row in page["rows"])
            if (cursor := page["cursor"]) is None:
                break
            if order == "name":
                with pytest.raises(InvalidParams):
                    await call(node, None, "boat.list", order="price", cursor=cursor)
        assert names == expected


async def test_ranges_and_containment_leave_out_what_has_no_value(node: Node) -> None:
    owner = somebody()
    await launch(node, owner, "free", price=None, flags=["in"])
    await launch(node, owner, "cheap", price=1, flags=["in", "fr"])
    await launch(node, owner, "dear", price=9)
    for asked, expected in (
        ({"price_min": 1}, ["cheap", "dear"]),
        ({"price_min": 1, "price_max": 8}, ["cheap"]),
        ({"flag": "in"}, ["cheap", "free"]),
        ({"flag": "in') OR true --"}, []),
        ({"flag": "in", "search": "EE"}, ["free"]),
    ):
        page = await call(node, None, "boat.list", count=True, **asked)
        assert [row["name"] for row in page["rows"]] == expected
        assert page["total"] == len(expected)
    with pytest.raises(InvalidParams):
        await call(node, None, "boat.list", order="relevance")


async def test_a_text_without_translation_is_shown_in_the_catalogues_own_language_and_marked(node: Node) -> None:
    owner = somebody()
    black = await launch(node, owner, "Black Pearl")
    await launch(node, owner, "Dawn")
    rows = (await call(node, None, "boat.list", locale="xp"))["rows"]
    assert [(row["name"], row["locale"], row["fallback"]) for row in rows] == [
        ("Arr, Black Pearl", "xp", []),
        ("Dawn", "xp", ["name"]),
    ]
    assert black["fallback"] == []
    speaks = msgspec.structs.replace(somebody(), locale="xp")
    assert (await call(node, speaks, "boat.get", boat_id=black["id"]))["name"] == "Arr, Black Pearl"
    assert (await call(node, speaks, "boat.get", boat_id=black["id"], locale="en"))["name"] == "Black Pearl"


async def test_a_stored_reply_passes_the_catalogues_door_again(node: Node) -> None:
    owner = somebody()
    boat = await launch(node, owner, "Nautilus")
    keyed = {"boat_id": boat["id"], "price": 9, "idempotency_key": str(uuid7())}
    assert (await call(node, owner, "boat.update", **keyed))["price"] == 9
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE boat SET owner = uuidv7()")
    with pytest.raises(NotFound):
        await call(node, owner, "boat.update", **keyed)


async def test_two_creations_at_once_announce_two_totals(node: Node) -> None:
    ear, _ = await follow(node, "catalogue:boat")
    await asyncio.gather(*(launch(node, somebody(), f"{n}") for n in range(4)))
    await ear.until(lambda e: len(e.heard) == 4)
    assert [message["params"]["data"]["total"] for message in ear.heard] == [1, 2, 3, 4]
