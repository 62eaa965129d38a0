"""After a restore, jobs are open again that were done after the backup: whoever leaves the house with one looks first.

Their database effects were undone with them and happen again. A text message is looked for at the company before it is
sent a second time; a mail goes out with the name it had.
"""

from typing import Any

from carewire.backup.restore import Past


async def restored(connection: Any, past: Past) -> list[str]:
    """Mark every open job as one that may have been done."""
    tag = await connection.execute(
        "UPDATE job SET doubt = true, claim = NULL, retry_at = NULL, relayed_at = NULL WHERE state = 'open'"
    )
    return [f"{tag.rsplit(' ', 1)[1]} jobs are open again; letters among them are looked for before they are sent"]
