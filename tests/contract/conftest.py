"""The product's contract, a place for declarations that vanish after the test, and other people's tools."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from carewire import command, errors, event, topic
from carewire.contract import asyncapi
from carewire.contract.declarations import Declarations, discover_product, gather
from carewire.jobs import job
from tests.patience import PATIENCE_S

expect.set_options(timeout=PATIENCE_S * 1_000)
NPM = Path(__file__).parents[1] / "npm"


@pytest.fixture(scope="session")
def product() -> Declarations:
    """What the product declares."""
    return discover_product()


@pytest.fixture(scope="session")
def document(product: Declarations) -> dict[str, Any]:
    """The product's AsyncAPI document."""
    return asyncapi.build(product)


@pytest.fixture
def scratch() -> Iterator[None]:
    """Declarations made in the test leave the registries with it."""
    with ExitStack() as stack:
        for registry in (command.REGISTRY, event.REGISTRY, topic.REGISTRY, errors.REGISTRY, job.REGISTRY):
            stack.enter_context(patch.dict(registry))  # type: ignore[call-overload]
        yield


def declared_here(module: str) -> Declarations:
    """What one test module declared so far."""
    return gather({module})


async def run_node(*arguments: str) -> tuple[int, str]:
    """Run a program of tests/npm; exit code and what it printed."""
    if not (NPM / "node_modules").is_dir():
        pytest.fail("the npm packages are missing; run: npm install --prefix tests/npm")
    process = await asyncio.create_subprocess_exec(
        "node", *arguments, cwd=NPM, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as tools:
        chromium = await tools.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        await chromium.close()
