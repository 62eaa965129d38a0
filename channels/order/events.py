"""What the patient's side, the provider and the coordinators hear of an order.

- `order:{order_id}`: her side, who works at its provider once it was offered, coordinators: the order whole.
- `orders_at:{place_id}`: who works there: what is open, and what became of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self
from uuid import UUID

import msgspec

from carewire import window
from carewire.command import Ctx
from carewire.event import Event
from carewire.store.db import Tx
from carewire.topic import Ask, topic
from channels.identity import access as identity
from channels.order import doors
from channels.order.views import OrderView, Summary, summary, view, views

SHOWN: Final = 1_000
"""Open orders of a place in a snapshot, the oldest first."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The open orders of a provider, the oldest first, the first `most` of them."""

    place_id: UUID
    most: int
    orders: list[Summary]


class _Whole(msgspec.Struct, frozen=True, kw_only=True):
    order_id: UUID
    order: OrderView

    @staticmethod
    def apply(snapshot: OrderView, event: "_Whole") -> OrderView:
        """The snapshot after this event."""
        return event.order


class _OnBoard(msgspec.Struct, frozen=True, kw_only=True):
    place_id: UUID
    order: Summary
    stands: bool
    """False: it ended, or was offered to another provider, and leaves the board."""
    moved_up: list[Summary] = []
    """What is shown last now, where a longer list than the board shows lost one."""

    @staticmethod
    def apply(snapshot: Board, event: "_OnBoard") -> Board:
        """The snapshot after this event."""
        if event.stands:
            orders = window.put(snapshot.orders, event.order, most=snapshot.most, key=_by_id)
        else:
            orders = window.leave(snapshot.orders, event.order, event.moved_up, most=snapshot.most, key=_by_id)
        return msgspec.structs.replace(snapshot, orders=orders)

    def is_late(self) -> bool:
        """What moves up is known last."""
        return not self.stands

    async def completed(self, tx: Tx, times: int) -> Self:
        """With what moved up."""
        orders = await _open_orders(tx, self.place_id, *window.moved_up(times, SHOWN))
        return msgspec.structs.replace(self, moved_up=orders)


def _by_id(order: Summary) -> UUID:
    return order.id


class OrderCreated(Event, _Whole, name="order:created", topic="order:{order_id}"):
    """An order stands; its provider learns of it once it is offered."""


class OrderConfirmed(Event, _Whole, name="order:confirmed", topic="order:{order_id}"):
    """Its provider accepted it."""


class OrderStatusUpdated(Event, _Whole, name="order:status:updated", topic="order:{order_id}"):
    """It went on, or something on it changed: another state, a cut line, a payment, a refund."""


class BoardCreated(_OnBoard, Event, name="order:created", topic="orders_at:{place_id}"):
    """An order is offered to this place: accept it before `accept_by`."""


class BoardConfirmed(_OnBoard, Event, name="order:confirmed", topic="orders_at:{place_id}"):
    """This place accepted it."""


class BoardUpdated(_OnBoard, Event, name="order:status:updated", topic="orders_at:{place_id}"):
    """It went on, ended, or is another's now."""


TELLS: Final[frozenset[type[Event]]] = frozenset(
    {OrderCreated, OrderConfirmed, OrderStatusUpdated, BoardCreated, BoardConfirmed, BoardUpdated}
)
_WHOLE: Final = {kind.spec.name: kind for kind in (OrderCreated, OrderConfirmed)}
_BOARD: Final = {kind.spec.name: kind for kind in (BoardCreated, BoardConfirmed)}


async def may_hear_order(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Her side, its provider's people, coordinators."""
    return await doors.since_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


@topic("order:{order_id}", may=may_hear_order)
async def order_topic(ctx: Ctx, order_id: UUID) -> OrderView:
    """An order as it stands."""
    return await view(ctx.tx, order_id)


async def may_hear_board(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Everybody who works there."""
    return await identity.works_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


@topic("orders_at:{place_id}", may=may_hear_board)
async def board(ctx: Ctx, place_id: UUID) -> Board:
    """The open orders of a place."""
    return Board(place_id=place_id, most=SHOWN, orders=await _open_orders(ctx.tx, place_id, SHOWN))


async def _open_orders(tx: Tx, place_id: UUID, limit: int, skip: int = 0) -> list[Summary]:
    rows = await tx.fetch(
        "SELECT id FROM orders WHERE place_id = $1 AND offered_at IS NOT NULL AND ended_at IS NULL"
        " ORDER BY id LIMIT $2 OFFSET $3",
        place_id,
        limit,
        skip,
    )
    found = await views(tx, [row["id"] for row in rows])
    return [summary(found[row["id"]]) for row in rows]


def tell(ctx: Ctx, name: str, after: OrderView, before: OrderView | None) -> None:
    """Tell an order that is locked: what `name` means to each."""
    ctx.emit(_WHOLE.get(name, OrderStatusUpdated)(order_id=after.id, order=after))
    if after.accept_by is not None:
        told = _BOARD.get(name, BoardUpdated)
        if before is None or before.accept_by is None or before.place_id != after.place_id:
            told = BoardCreated
        ctx.emit(told(place_id=after.place_id, order=summary(after), stands=after.ended_at is None))
    if before is not None and before.accept_by is not None and before.place_id != after.place_id:
        ctx.emit(BoardUpdated(place_id=before.place_id, order=summary(after), stands=False))
