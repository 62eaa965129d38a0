"""What a restored database gets before anybody sees it: each domain's `restored`, in the order they stand in.

It is filled with a past in which things are true that have been taken back since. A domain says here what of that must
not come true again. Erasures that were done after the backup belong here, too, once there are any.
"""

import importlib
import importlib.util
from datetime import datetime
from typing import Any

from channels import ORDER


async def restored(connection: Any, taken_at: datetime) -> list[str]:
    """Run in one transaction on the restored database, which is of `taken_at`; answers what to tell the operator."""
    told: list[str] = []
    for domain in ORDER:
        name = f"channels.{domain}.restored"
        if importlib.util.find_spec(name) is not None:
            told += await importlib.import_module(name).restored(connection, taken_at)
    return told
