"""The first administrator. Commands make the others, and there it takes two; somebody must begin."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from carewire.forms import Email, Name
from carewire.store.db import Database
from channels.identity import administrators

PASSWORD_MIN: Final = 12


async def create(database_url: str, email: str, name: str, password: str) -> str | None:
    """Make an administrator with every scope; answers what is wrong, or None."""
    for word, form, wrong in ((email, Email, "is no e-mail"), (name, Name, "is no name")):
        try:
            msgspec.convert(word, form)
        except msgspec.ValidationError:
            return f"{word!r} {wrong}"
    if not PASSWORD_MIN <= len(password) <= 128:
        return f"the password must have {PASSWORD_MIN} to 128 characters; nothing was done"
    database = Database(database_url, pool_max=1)
    await database.open()
    try:
        async with database.transaction() as tx:
            made = await administrators.make(tx, email.lower(), name, password, datetime.now(UTC))
    finally:
        await database.close()
    return None if made else "another account has this e-mail; nothing was done"
