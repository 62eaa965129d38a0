"""Fenced blocks of a guide: what a test that follows the page needs."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)(?: (path|append|run)(?:=(\S+))?)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block: its language, what to do with it (`path`, `append`, `run` or nothing), the file, its text."""

    language: str
    action: str
    file: str
    text: str


def read_blocks(page: str) -> list[Block]:
    """All fenced blocks of a page, in order."""
    return [Block(*(part or "" for part in found)) for found in FENCE.findall((ROOT / page).read_text("utf-8"))]
