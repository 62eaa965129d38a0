"""One's own profile."""

from carewire.actor import KNOWN
from carewire.command import Ctx, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Locale, Name, Zone
from carewire.quiet import QuietHours
from carewire.wall_clock import require_minutes, require_zone
from channels.identity.events import Profile, ProfileUpdated, account, profile_changed


@query("profile.get", allow={KNOWN}, owing=True, errors={NotFound})
async def get(ctx: Ctx) -> Profile:
    """One's own account: name, phone, e-mail, language, capacities and duties. A display has none."""
    return await account(ctx, ctx.actor.id)


@command("profile.update", allow={KNOWN}, emits={ProfileUpdated}, errors={NotFound, InvalidParams})
async def update(ctx: Ctx, name: Name | None = None, locale: Locale | None = None, zone: Zone | None = None) -> Profile:
    """Change one's name, language or clock; what is left out stays. One's own patient record is renamed along.

    Phone and e-mail are not changed here: that needs a proof of the new and a notice to the old.
    """
    if zone is not None:
        require_zone(zone)
    tag = await ctx.tx.execute(
        "UPDATE account SET name = coalesce($2, name), locale = coalesce($3, locale), zone = coalesce($4, zone)"
        " WHERE id = $1",
        ctx.actor.id,
        name,
        locale,
        zone,
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


@command("profile.set_quiet_hours", allow={KNOWN}, emits={ProfileUpdated}, errors={NotFound, InvalidParams})
async def set_quiet_hours(ctx: Ctx, quiet: QuietHours | None) -> Profile:
    """Say when one wants to hear nothing that can wait; null: never. A reminder that would fall into it comes before,
    if there is still time, or after it; what cannot wait is told at any hour."""
    if quiet is not None:
        require_minutes("$.quiet", quiet.begins, quiet.ends)
        if quiet.begins == quiet.ends:
            raise InvalidParams(fields=(Field("$.quiet", "begins when it ends"),))
    tag = await ctx.tx.execute(
        "UPDATE account SET quiet_from = $2, quiet_until = $3 WHERE id = $1",
        ctx.actor.id,
        quiet and quiet.begins,
        quiet and quiet.ends,
    )
    if tag == "UPDATE 0":
        raise NotFound()
    return await profile_changed(ctx, ctx.actor.id)
