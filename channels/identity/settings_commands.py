"""Reading and changing the platform's settings."""

from carewire.command import Ctx, command, query
from carewire.errors import InvalidParams
from carewire.refund import require_falling
from channels.identity import admins, platform_settings, scopes
from channels.identity.admins import AdminRequest
from channels.identity.nouns import AdminRequestKind, Capacity, Scope
from channels.identity.platform_settings import PlatformSettings, SettingsChange


@query("settings.get", allow={Capacity.ADMIN})
async def get(ctx: Ctx) -> PlatformSettings:
    """The platform's settings as they are now."""
    return await platform_settings.current(ctx.tx)


@command("settings.update", allow={Capacity.ADMIN}, errors={InvalidParams})
async def update(ctx: Ctx, changes: SettingsChange) -> AdminRequest:
    """Ask for other settings. They count when a second administrator has confirmed them (`admin.confirm`).

    For those with `money` or `super`.
    """
    await scopes.require(ctx, Scope.MONEY)
    if changes == SettingsChange():
        raise InvalidParams("Say what shall change")
    require_falling("$.changes.refund_steps", changes.refund_steps or [])
    return await admins.ask(ctx, AdminRequestKind.CHANGE_SETTINGS, changes=changes)
