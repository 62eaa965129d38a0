"""The platform's settings: rules that administrators change while it runs. Everything has a default.

What a place decides for itself, and what an operator sets in the environment, is not here.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from carewire.command import Ctx
from carewire.refund import RefundStep, RefundSteps
from carewire.store.db import Tx

Days = Annotated[int, Meta(ge=0, le=3650)]
BasisPoints = Annotated[int, Meta(ge=0, le=5_000, description="Hundredths of a per cent")]
Minor = Annotated[int, Meta(ge=0, le=10**12, description="In minor units of `currency`")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217")]
LeadTimes = Annotated[
    list[Annotated[int, Meta(ge=1, le=20_160)]],
    Meta(max_length=5, description="Minutes before a visit at which its patient is reminded"),
]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
Holds = Annotated[int, Meta(ge=1, le=50)]
Switches = Annotated[
    dict[Annotated[str, Meta(pattern=r"^[a-z][a-z_]{0,39}\Z")], bool],
    Meta(max_length=50, description="Parts of the product that are on or off"),
]


class PlatformSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The rules as they are now; `version` counts the changes."""

    version: int = 0
    relation_days: Days = 30
    """How long after the last visit a relationship opens anything (PRODUCT 5)."""
    chat_days: Days = 7
    """How long a chat stays open after its visit or order."""
    commission_doctor: BasisPoints = 1_000
    commission_pharmacy: BasisPoints = 500
    commission_laboratory: BasisPoints = 800
    commission_hospital: BasisPoints = 1_000
    currency: Currency = "INR"
    withdrawal_minimum: Minor = 50_000
    reminder_minutes: LeadTimes = field(default_factory=lambda: [1_440, 60])
    """How long before a visit its patient is reminded."""
    refund_steps: RefundSteps = field(
        default_factory=lambda: [
            RefundStep(hours_before=24, percent=100),
            RefundStep(hours_before=4, percent=50),
        ]
    )
    """What goes back of a visit's price where the place says nothing else (PRODUCT 22)."""
    hold_minutes: Minutes = 10
    """How long a slot is held for who is about to pay, where the place says nothing else; so with the next."""
    request_minutes: Minutes = 240
    offer_minutes: Minutes = 15
    """How long a seat that became free is kept for who waited for it."""
    holds_max: Holds = 3
    """Seats that an account may hold at once without booking them."""
    critical_minutes: Minutes = 30
    """How long a critical laboratory value waits for its doctor before others are told, and they before the next."""
    switches: Switches = field(default_factory=dict)


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The settings that shall be others; what is left out stays."""

    relation_days: Days | UnsetType = UNSET
    chat_days: Days | UnsetType = UNSET
    commission_doctor: BasisPoints | UnsetType = UNSET
    commission_pharmacy: BasisPoints | UnsetType = UNSET
    commission_laboratory: BasisPoints | UnsetType = UNSET
    commission_hospital: BasisPoints | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    withdrawal_minimum: Minor | UnsetType = UNSET
    reminder_minutes: LeadTimes | UnsetType = UNSET
    refund_steps: RefundSteps | UnsetType = UNSET
    hold_minutes: Annotated[int, Meta(ge=1, le=60)] | UnsetType = UNSET
    request_minutes: Annotated[int, Meta(ge=10, le=10_080)] | UnsetType = UNSET
    offer_minutes: Annotated[int, Meta(ge=2, le=1_440)] | UnsetType = UNSET
    holds_max: Holds | UnsetType = UNSET
    critical_minutes: Annotated[int, Meta(ge=5, le=240)] | UnsetType = UNSET
    switches: Switches | UnsetType = UNSET


async def current(tx: Tx) -> PlatformSettings:
    """The settings now."""
    row = await tx.fetchrow("SELECT version, value FROM admin_settings")
    values = msgspec.json.decode(row["value"]) if row else {}
    return msgspec.convert({**values, "version": row["version"] if row else 0}, PlatformSettings)


async def apply(ctx: Ctx, change: SettingsChange) -> None:
    """Let a confirmed change come true, on top of whatever was changed since it was asked for."""
    await ctx.tx.execute(
        "UPDATE admin_settings SET value = value || $1::jsonb, version = version + 1, changed_at = $2",
        msgspec.json.encode(change).decode(),
        ctx.now,
    )
