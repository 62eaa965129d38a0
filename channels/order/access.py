"""What orders offer other domains: their doors, how one comes to stand, and what is owed and paid for it.

order_id = await orders.place(ctx, NewOrder(…))      # declare `orders.PLACES` in `emits`
await orders.offer(ctx, await orders.hold_locked(ctx, order_id))
"""

from channels.order.catalogue import CatalogueItem, catalogue
from channels.order.dispensing import spend, units_of, unspend
from channels.order.doors import NOUN, OrderRow, Side, coordinated, locked, offered, own, seen, since_many
from channels.order.events import TELLS
from channels.order.paying import PAID_EMITS, mark_paid, owed, settle
from channels.order.placing import HELD_FOR, PLACES, TOTAL_MAX, Item, NewOrder, offer, one_currency, people_of, place
from channels.order.placing import locked as hold_locked
from channels.order.providers import Provider, require_approved, taking
from channels.order.room import Promise, hold_room, promises, require_room
from channels.order.steps import on_ended

__all__ = [
    "HELD_FOR",
    "NOUN",
    "PAID_EMITS",
    "PLACES",
    "TELLS",
    "TOTAL_MAX",
    "CatalogueItem",
    "Item",
    "NewOrder",
    "OrderRow",
    "Promise",
    "Provider",
    "Side",
    "catalogue",
    "coordinated",
    "hold_locked",
    "hold_room",
    "locked",
    "mark_paid",
    "offer",
    "offered",
    "on_ended",
    "one_currency",
    "owed",
    "own",
    "people_of",
    "place",
    "promises",
    "require_approved",
    "require_room",
    "seen",
    "settle",
    "since_many",
    "spend",
    "taking",
    "units_of",
    "unspend",
]
