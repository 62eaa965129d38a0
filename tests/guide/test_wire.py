"""Holds the conversations of docs/guide/wire.md with a real server, and compares its tables with the declarations."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from carewire import errors
from carewire.errors import Close
from carewire.gateway import server
from carewire.ids import uuid7
from carewire.settings import Settings
from channels.seed import seed
from tests.guide.blocks import ROOT, read_blocks

PAGE = "docs/guide/wire.md"
ANYTHING = "…"
NAME = re.compile(r"<([a-z0-9]+)>")


class Told:
    """The values that came up so far."""

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = values

    def fill(self, template: Any) -> Any:
        """What to send: names replaced by their values."""
        if isinstance(template, dict):
            return {self.fill(key): self.fill(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.fill(item) for item in template]
        if isinstance(template, str):
            if whole := NAME.fullmatch(template):
                return self.values[whole[1]]
            return NAME.sub(lambda found: str(self.values[found[1]]), template)
        return template

    def fits(self, template: Any, said: Any) -> bool:
        """Is this what was expected? New names take their values from it."""
        if template == ANYTHING:
            return True
        if isinstance(template, dict):
            named = {self.fill(key): value for key, value in template.items() if key != ANYTHING}
            return (
                isinstance(said, dict)
                and named.keys() <= said.keys()
                and (ANYTHING in template or named.keys() == said.keys())
                and all(self.fits(value, said[key]) for key, value in named.items())
            )
        if isinstance(template, list):
            if not isinstance(said, list) or len(template) != len(said):
                return False
            left = list(said)
            for item in template:  # a batch is answered in any order
                found = next((other for other in left if self.fits(item, other)), None)
                if found is None:
                    return False
                left.remove(found)
            return True
        if isinstance(template, str) and (whole := NAME.fullmatch(template)):
            if whole[1] == "code" and "code" not in self.values:
                found = re.search(r"\b\d{6}\b", said)
                assert found is not None
                self.values["code"] = found[0]
                return True
            return bool(self.values.setdefault(whole[1], said) == said)
        return bool(self.fill(template) == said)


@pytest_asyncio.fixture
async def clinic(gateway: server.Running, settings: Settings) -> AsyncIterator[server.Running]:
    """A gateway with the demo clinic."""
    assert settings.database_url
    await seed(settings.database_url, settings)
    yield gateway


async def test_the_conversations_of_the_page_go_as_it_says(clinic: server.Running) -> None:
    told = Told(key=str(uuid7()))
    socket: ClientConnection | None = None
    lines = 0
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        for block in read_blocks(PAGE):
            if block.language != "wire":
                continue
            if "socket:welcome" in block.text.splitlines()[0]:
                socket = await stack.enter_async_context(connect(clinic.url, subprotocols=["carewire.v1"]))  # type: ignore[list-item]
            assert socket is not None
            expected: list[Any] = []
            for line in [*block.text.splitlines(), "#"]:
                if line.startswith("←"):
                    expected.append(json.loads(line[1:]))
                    continue
                # A reply and the events of the same call come in any order.
                for _ in range(len(expected)):
                    said = json.loads(await socket.recv())
                    fitting = next((e for e in expected if told.fits(e, said)), None)
                    assert fitting is not None, f"{PAGE}: expected {expected}, the server said {said}"
                    expected.remove(fitting)
                    lines += 1
                if line.startswith("→"):
                    await socket.send(re.sub(r'"id":2\.5\b', '"id":2.50', json.dumps(told.fill(json.loads(line[1:])))))
    assert lines > 20


def test_every_reason_and_close_code_of_the_platform_stands_on_the_page() -> None:
    page = (ROOT / PAGE).read_text("utf-8")
    listed = {
        reason: int(code)
        for code, reasons in re.findall(r"^\| (-?\d+) \| (`[a-z_`, ]+`) \|", page, re.MULTILINE)
        for reason in re.findall(r"[a-z_]+", reasons)
    }
    declared = {r.reason: r.code for r in errors.REGISTRY.values() if r.__module__.startswith("carewire.")}
    assert listed == declared
    assert {int(code) for code in re.findall(r"^\| (4\d{3}) \|", page, re.MULTILINE)} == {int(code) for code in Close}
