"""Follows docs/guide/add-a-command.md to the letter, in a copy of the house."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.guide.blocks import ROOT, read_blocks

PAGE = "docs/guide/add-a-command.md"
NOT_COPIED = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "*.egg-info", "build")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The house as somebody has it who followed the page."""
    house = tmp_path / "house"
    shutil.copytree(ROOT, house, ignore=NOT_COPIED)
    for block in read_blocks(PAGE):
        file = house / block.file
        if block.action == "path":
            assert not file.exists(), f"{PAGE} would overwrite {block.file}"
            file.write_text(block.text, "utf-8")
        elif block.action == "append":
            file.write_text(file.read_text("utf-8") + block.text, "utf-8")
    return house


async def run(house: Path, *arguments: str) -> tuple[int, str]:
    """A Python command in the copy: its exit status and all it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CAREWIRE_", "PYTEST_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=house,
        env={**environment, "PYTHONPATH": f"{house / 'src'}{os.pathsep}{house}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(180):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_who_follows_the_page_has_a_command_an_event_and_a_contract(copy: Path) -> None:
    tests = (
        "tests/channels/directory/test_notices.py",
        "tests/access",
        "-k",
        "posts_and_everybody_reads or directory]",
    )
    status, said = await run(copy, "-m", "pytest", "-p", "no:cacheprovider", *tests)
    assert status == 0, said
    assert "4 passed" in said, said

    # The rules see the change, are content with it once the contract is made anew, and not before.
    status, said = await run(copy, "-m", "carewire", "contract", "--check")
    assert (status, "asyncapi.json is stale" in said) == (1, True), said
    status, said = await run(copy, "-m", "carewire", "contract")
    assert status == 0, said
    status, said = await run(copy, "-m", "carewire", "contract", "--check")
    assert status == 0, said
    contract = (copy / "docs" / "contract" / "asyncapi.json").read_text()
    assert "notice.post" in contract
    assert "notice:posted" in contract
    assert "same_notice" in contract

    # So does the page of who may: nothing else is missing, and every cell of the new rows is true.
    status, said = await run(copy, "-m", "tests.access", "--check")
    assert (status, said.splitlines()) == (1, ["docs/access.md is stale; run `make contract` and commit it"]), said
    status, said = await run(copy, "-m", "tests.access")
    assert (status, said) == (0, "")
    assert "| `notice.post` | `○` | `····` | `·······` | `✓✓✓" in (copy / "docs" / "access.md").read_text("utf-8")

    status, said = await run(copy, "-m", "pytest", "-p", "no:cacheprovider", "tests/style/test_imports.py")
    assert status == 0, said
