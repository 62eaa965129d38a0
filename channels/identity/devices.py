"""Devices that an account was logged in on before: what strangers do to its number or address does not keep them out.

A device's own name is no proof, so it opens nothing. It only decides whose tries are counted together: those of a
device the account knows are counted by themselves, so that nobody can use them up for it.
"""

from typing import Final

from carewire.command import Ctx

ID_MIN: Final = 16
"""A device that calls itself "phone" proves nothing; only a word that can be an id is recognised again."""


def identifying(device: str | None) -> str | None:
    """The device's name, if it can be an id."""
    return device if device is not None and len(device) >= ID_MIN else None


async def is_known(ctx: Ctx, device: str | None, *, phone: str | None = None, email: str | None = None) -> bool:
    """Was the account of this number or address logged in here, and did nobody throw that login out?

    A login that still owed a known fact does not count: it may be the number's next owner's. The same work is done for
    addresses that nobody has.
    """
    known: bool = await ctx.tx.fetchval(
        "SELECT EXISTS (SELECT FROM account a JOIN login l ON l.account_id = a.id"
        " WHERE (a.phone = $1 OR a.email = $2) AND l.device = $3 AND NOT l.fact_due"
        " AND coalesce(l.end_reason, 'logout') IN ('logout', 'password'))",
        phone,
        email,
        identifying(device),
    )
    return known
