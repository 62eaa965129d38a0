"""After a restore nobody stays logged in, and who was erased since is erased again.

Who logged out, lost a phone or was thrown out after the backup would be logged in again, and a refresh token that was
spent since (a thief's copy) would be good once more. The honest ones lose little: whose token was renewed since the
backup, and that is every quarter of an hour, holds one that the restored database does not know.
"""

from typing import Any

from carewire.backup.restore import Past
from channels.identity import erasures
from channels.identity.nouns import EndReason


async def restored(connection: Any, past: Past) -> list[str]:
    """Erase again who was erased since; end every login; codes and registrations under way are void."""
    told = await erasures.erase_again(connection, past)
    if past.keep_logins:
        return told
    ended = await connection.fetchval(
        """WITH ended AS (
               UPDATE login SET ended_at = now(), end_reason = $1 WHERE ended_at IS NULL
               RETURNING id, access_jti, access_expires_at
           ), told AS (
               INSERT INTO token_blacklist (jti, login_id, expires_at)
               SELECT access_jti, id, access_expires_at FROM ended WHERE access_expires_at > now()
               ON CONFLICT (jti) DO NOTHING
           )
           SELECT count(*) FROM ended""",
        EndReason.REMOTE,
    )
    await connection.execute("DELETE FROM login_otp")
    await connection.execute("DELETE FROM registration")
    await connection.execute("DELETE FROM address_proof")
    return [*told, f"{ended} logins ended: everybody logs in again (--keep-logins leaves them, also those ended since)"]


async def outlives(connection: Any) -> list[Any]:
    """Who was erased."""
    return await erasures.done(connection)
