"""What a person's own sockets hear of her notifications, and what they see first."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from carewire.command import Ctx
from carewire.event import Event
from carewire.topic import topic
from channels.identity.access import may_hear_oneself
from channels.notification import access
from channels.notification.access import NotificationView

SHOWN: Final = 30
"""How many the topic shows; older ones by `notification.list`."""


class Notifications(Struct, frozen=True, kw_only=True):
    """How many are unread, and the newest first."""

    unread: int
    newest: list[NotificationView]


class NotificationNew(Event, name="notification:new", topic="notifications:{account_id}"):
    """A notification came; `unread` counts it."""

    account_id: UUID
    notification: NotificationView
    unread: int

    @staticmethod
    def apply(snapshot: Notifications, event: "NotificationNew") -> Notifications:
        """The snapshot after this event."""
        return Notifications(unread=event.unread, newest=[event.notification, *snapshot.newest][:SHOWN])


class NotificationRead(Event, name="notification:read", topic="notifications:{account_id}"):
    """One was read (`all` false), or this one and all older ones (`all` true)."""

    account_id: UUID
    notification_id: UUID
    all: bool
    read_at: datetime
    unread: int

    @staticmethod
    def apply(snapshot: Notifications, event: "NotificationRead") -> Notifications:
        """The snapshot after this event."""

        def seen(one: NotificationView) -> NotificationView:
            meant = one.id == event.notification_id or (event.all and one.id < event.notification_id)
            return replace(one, read_at=event.read_at) if meant and one.read_at is None else one

        return Notifications(unread=event.unread, newest=[seen(one) for one in snapshot.newest])


class NotificationDeleted(Event, name="notification:deleted", topic="notifications:{account_id}"):
    """One was deleted; `next` is the one that moved up to the end of what the topic shows, if there is one."""

    account_id: UUID
    notification_id: UUID
    next: NotificationView | None
    unread: int

    @staticmethod
    def apply(snapshot: Notifications, event: "NotificationDeleted") -> Notifications:
        """The snapshot after this event."""
        left = [one for one in snapshot.newest if one.id != event.notification_id]
        return Notifications(unread=event.unread, newest=[*left, *([event.next] if event.next else [])])


@topic("notifications:{account_id}", may=may_hear_oneself)
async def notifications(ctx: Ctx, account_id: UUID) -> Notifications:
    """One's own notifications: how many are unread, and the newest."""
    return Notifications(
        unread=await access.unread(ctx.tx, account_id), newest=await access.newest(ctx.tx, account_id, SHOWN)
    )
