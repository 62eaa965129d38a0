"""What a restored database gets before anybody sees it: each domain's `restored`, in the order they stand in.

It is filled with a past in which things are true that have been taken back since. A domain says here what of that must
not come true again; what it has to remember for it, its `outlives` tells of the living database and to every backup.
"""

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from carewire.backup.restore import Past
from carewire.discovery import discover
from channels import ORDER


async def restored(connection: Any, past: Past) -> list[str]:
    """Run in one transaction on the restored database; answers what to tell the operator."""
    discover("channels")
    told: list[str] = []
    for module in _modules():
        told += await module.restored(connection, past)
    return told


async def outlives(connection: Any) -> list[Any]:
    """What must hold also after an older backup took this database's place."""
    found: list[Any] = []
    for module in _modules():
        if hasattr(module, "outlives"):
            found += await module.outlives(connection)
    return found


def _modules() -> Iterator[Any]:
    for domain in ORDER:
        name = f"channels.{domain}.restored"
        if importlib.util.find_spec(name) is not None:
            yield importlib.import_module(name)
