"""One's own profile."""

from carewire.actor import KNOWN
from carewire.command import Ctx, command, query
from carewire.errors import NotFound
from carewire.forms import Locale, Name
from channels.identity.events import Profile, ProfileUpdated, account, profile_changed


@query("profile.get", allow={KNOWN}, owing=True, errors={NotFound})
async def get(ctx: Ctx) -> Profile:
    """One's own account: name, phone, e-mail, language, capacities and duties. A display has none."""
    return await account(ctx, ctx.actor.id)


@command("profile.update", allow={KNOWN}, emits={ProfileUpdated}, errors={NotFound})
async def update(ctx: Ctx, name: Name | None = None, locale: Locale | None = None) -> Profile:
    """Change one's name or language; what is left out stays. One's own patient record is renamed along.

    Phone and e-mail are not changed here: that needs a proof of the new and a notice to the old.
    """
    tag = await ctx.tx.execute(
        "UPDATE account SET name = coalesce($2, name), locale = coalesce($3, locale) WHERE id = $1",
        ctx.actor.id,
        name,
        locale,
    )
    if tag == "UPDATE 0":
        raise NotFound()
    if name is not None:
        await ctx.tx.execute(
            "UPDATE patient p SET name = $2 FROM guardianship g WHERE g.account_id = $1 AND g.patient_id = p.id"
            " AND g.kind = 'self' AND NOT g.merged AND g.until IS NULL",
            ctx.actor.id,
            name,
        )
    return await profile_changed(ctx, ctx.actor.id)
