"""Runs the script of docs/guide/client.md as a program of its own, against the real server."""

import asyncio
import sys
from pathlib import Path

from carewire.gateway import server
from carewire.settings import Settings
from channels.identity.demo import PRIYA
from channels.seed import seed
from tests.guide.blocks import ROOT, read_blocks


async def test_the_script_of_the_page_runs_as_it_stands(
    gateway: server.Running, settings: Settings, tmp_path: Path
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    [script] = [block for block in read_blocks("docs/guide/client.md") if block.action == "run"]
    path = tmp_path / "script.py"
    path.write_text(script.text, "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        str(path),
        gateway.url,
        PRIYA.phone,
        env={"PYTHONPATH": str(ROOT / "src")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert said.decode().splitlines() == [
        "now hi at 0",
        "profile:updated en at 1",
        "-32602 invalid_params $.session_id",
    ]
