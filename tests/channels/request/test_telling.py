"""Snapshot + events = fresh snapshot, of every topic of a request and for every event there is.

H-066, H-079, H-308, H-309, H-310, H-311 (request:created, :accepted, :responded, :confirmed).
"""

from typing import Any

import msgspec

from carewire.node import Node
from channels.directory.demo import PHARMACY
from channels.identity.demo import PRIYA
from channels.request import events
from channels.request.events import Board, bucket_of
from channels.request.views import RequestView
from tests.channels.callers import Caller, told
from tests.channels.queue.conftest import topic
from tests.channels.request.conftest import administrator, photo
from tests.channels.request.test_asking import ask

KINDS = {(kind.spec.name, kind.spec.pattern.prefix): kind for kind in events.TELLS}


async def follow(node: Node, name: str, before: Any, heard: int) -> tuple[Any, set[str]]:
    """The snapshot from before, with every event since; and which there were."""
    names = set()
    for said, data in (await told(node, name))[heard:]:
        kind: Any = KINDS[said, name.partition(":")[0]]
        before = kind.apply(before, msgspec.convert(data, kind))
        names.add(said)
    return before, names


async def test_what_is_heard_of_a_request_on_its_way_to_a_bill_is_what_stands(
    clinic: Node, priya: Caller, admin: Caller, pharmacist: Caller
) -> None:
    made = await ask(priya, lines=[], media_ids=[await photo(clinic, PRIYA.account_id)])
    first = msgspec.convert(made, RequestView)
    board = f"requests:{bucket_of(first.id)}"
    empty = Board(bucket=bucket_of(first.id), most=events.SHOWN, requests=[])
    other = await administrator(clinic, "coordinate")
    asked = {"request_id": made["id"]}
    steps: list[tuple[Caller, str, Any]] = [
        (admin, "request.accept", {}),
        (other, "request.take_over", {}),
        (other, "request.ask_reader", {"place_id": str(PHARMACY)}),
        (pharmacist, "request.read_lines", {"lines": [{"name": "ORS", "quantity": 4}]}),
        (priya, "request.share", {"share": True}),
        (other, "request.reject", {"reason": "nobody has it"}),
    ]
    for who, verb, more in steps:
        answer = await who.call(verb, **asked, **more)
        whole, names = await follow(clinic, f"request:{made['id']}", first, 1)
        assert whole == await topic(clinic, f"request:{made['id']}") == msgspec.convert(answer, RequestView), verb
        assert (await follow(clinic, board, empty, 0))[0] == await topic(clinic, board), verb
    assert names == {"request:accepted", "request:updated"}
    assert (await topic(clinic, board)).requests == []
