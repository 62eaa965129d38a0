"""The AsyncAPI document: what it says of a command, and that other people's parser reads it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, Rate, command, query
from carewire.contract import asyncapi
from carewire.contract.declarations import Declarations
from carewire.contract.schemas import REF, walk
from carewire.contract.wire import request_of, resolve, result_of
from carewire.errors import Refusal
from tests.contract.conftest import declared_here, run_node

ROOT = Path(__file__).parents[2]


async def test_the_usual_parser_reads_the_document_and_finds_every_command_and_event(
    document: dict[str, Any], product: Declarations, tmp_path: Path
) -> None:
    path = tmp_path / "asyncapi.json"
    path.write_bytes(asyncapi.encode(document))
    code, printed = await run_node("parse_asyncapi.mjs", str(path))
    assert code == 0, printed
    found = json.loads(printed)
    assert found["errors"] == []
    assert found["warnings"] == []
    assert found["version"] == "3.0.0"
    called = {c.name for c in product.commands} | {m.name for m in product.methods}
    assert set(found["received"]) == called
    assert found["replied"] == len(called)
    assert {"socket.welcome", "socket.moving", "auth.expiring", "topic.ended", "topic.resync"} <= set(found["sent"])
    assert len(found["sent"]) == len(product.events) + 5
    assert found["addresses"] == ["/ws"]


async def test_a_document_with_a_dangling_message_is_refused_by_that_parser(
    document: dict[str, Any], tmp_path: Path
) -> None:
    damaged = json.loads(asyncapi.encode(document))
    damaged["operations"]["socket.ping"]["messages"] = [{"$ref": "#/channels/socket/messages/nothing"}]
    path = tmp_path / "asyncapi.json"
    path.write_text(json.dumps(damaged))
    _, printed = await run_node("parse_asyncapi.mjs", str(path))
    assert json.loads(printed)["errors"]


def test_every_reference_points_to_something(document: dict[str, Any]) -> None:
    for path, part in walk(document):
        if isinstance(reference := part.get("$ref"), str):
            there: Any = document
            for step in reference.removeprefix("#/").split("/"):
                assert step in there, f"{path} points to {reference}"
                there = there[step]


def test_the_document_is_the_same_in_another_process_with_other_hashes(document: dict[str, Any]) -> None:
    program = (
        "import sys; from carewire.contract import asyncapi;"
        "from carewire.contract.declarations import discover_product;"
        "sys.stdout.buffer.write(asyncapi.encode(asyncapi.build(discover_product())))"
    )
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        printed = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=True).stdout
        assert printed == asyncapi.encode(document)


def test_no_toy_of_the_tests_gets_into_the_contract(document: dict[str, Any]) -> None:
    assert not [name for name in document["operations"] if name.startswith(("toy", "gadget"))]
    assert not [error for error in document["x-errors"] if error["reason"].startswith("toy")]


def test_every_refusal_of_every_command_has_its_code_and_verdict(document: dict[str, Any]) -> None:
    known = {error["reason"]: error for error in document["x-errors"]}
    for name, operation in document["operations"].items():
        for error in operation.get("x-errors", ()):
            assert error | {"common": None} == known[error["reason"]] | {"common": None}, name
            assert error["retry"] in ("never", "same")
    assert {"parse_error", "invalid_request", "method_not_found"} <= known.keys()


def test_members_a_client_can_rely_on_are_required_and_times_say_so(document: dict[str, Any]) -> None:
    welcome = resolve(document, {"$ref": REF + "Welcome"})
    assert welcome["required"] == list(welcome["properties"])
    assert welcome["properties"]["server_time"]["format"] == "date-time"
    subscribed = resolve(document, result_of(document, "topic.subscribe"))
    assert set(subscribed["required"]) == {"offset", "epoch"}


class Tin(Struct, frozen=True, kw_only=True):
    """A tin."""

    label: str
    """What stands on it."""
    opened: bool = False


class Rusty(Refusal, code=409, reason="contract_rusty"):
    """The tin is rusty."""


@pytest.mark.usefixtures("scratch")
def test_a_command_is_described_by_its_signature_and_docstring_alone() -> None:
    @command("tin.open", allow={"b", "a"}, errors={Rusty}, rate=Rate(burst=2, per_minute=3))
    async def open_(ctx: Ctx, label: Annotated[str, Meta(max_length=9)], times: int = 2) -> Tin:
        """Open a tin.

        Some are rusty. `times`: how often
        to try.
        """
        return Tin(label=label)

    document = asyncapi.build(declared_here(__name__))
    operation = document["operations"]["tin.open"]
    assert operation["summary"] == "Open a tin."
    assert operation["x-kind"] == "command"
    assert operation["x-allow"] == ["a", "b"]
    assert operation["x-receipt"] is True
    assert operation["x-rate"] == {"burst": 2, "per_minute": 3.0, "shared": False}
    assert operation["x-errors"][0] == {
        "code": 409,
        "reason": "contract_rusty",
        "retry": "never",
        "message": "The tin is rusty",
        "common": False,
    }
    common = [error["reason"] for error in operation["x-errors"] if error["common"]]
    assert {"invalid_params", "unauthenticated", "forbidden", "key_conflict", "outcome_unknown", "internal"} <= set(
        common
    )
    params = resolve(document, request_of(document, "tin.open"))
    assert params["required"] == ["label"]
    assert params["additionalProperties"] is False
    assert params["properties"]["label"]["maxLength"] == 9
    assert params["properties"]["times"] == {"type": "integer", "default": 2, "description": "how often to try."}
    assert "idempotency_key" in params["properties"]
    reply = resolve(document, result_of(document, "tin.open"))
    assert reply["required"] == ["label", "opened"]
    assert reply["properties"]["label"]["description"] == "What stands on it."
    channel = document["channels"]["tin"]["messages"]
    assert channel["tin.open"]["examples"][0]["payload"]["params"] == {"label": "text"}
    assert channel["tin.open.reply"]["examples"][0]["payload"]["result"] == {"label": "text", "opened": True}


@pytest.mark.usefixtures("scratch")
def test_a_query_for_anyone_cannot_be_refused_for_want_of_a_login_or_a_receipt() -> None:
    @query("tin.look", allow={ANYONE})
    async def look(ctx: Ctx) -> list[Tin]:
        """Look at tins."""
        return []

    @query("tin.count", allow={KNOWN})
    async def count(ctx: Ctx) -> list[Tin]:
        """Look at one's own tins."""
        return []

    operations = asyncapi.build(declared_here(__name__))["operations"]
    reasons = {name: {e["reason"] for e in operations[name]["x-errors"]} for name in ("tin.look", "tin.count")}
    never = {"unauthenticated", "forbidden", "key_conflict", "in_flight", "outcome_unknown", "not_found"}
    assert not reasons["tin.look"] & never
    assert reasons["tin.count"] & never == {"unauthenticated"}


@pytest.mark.usefixtures("scratch")
def test_two_structs_of_one_name_keep_apart() -> None:
    def other() -> Any:
        class Tin(Struct, frozen=True):
            """Another tin."""

            weight: int

        Tin.__module__ = "channels.pantry.views"
        return Tin

    @query("tin.one", allow={ANYONE})
    async def one(ctx: Ctx) -> Tin:
        """One."""
        return Tin(label="")

    async def two(ctx: Ctx) -> Any:
        """The other."""

    two.__annotations__["return"] = other()
    query("tin.two", allow={ANYONE})(two)

    document = asyncapi.build(declared_here(__name__))
    first, second = (resolve(document, result_of(document, name)) for name in ("tin.one", "tin.two"))
    assert list(first["properties"]) == ["label", "opened"]
    assert list(second["properties"]) == ["weight"]
    assert second["title"] == "PantryTin"
