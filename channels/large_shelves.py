"""What stands in the large directory's pharmacies: a few common generics each, with one batch."""

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from channels.stock.demo import SHELF

EACH: Final = 6
"""Articles of one pharmacy."""

Copy = Callable[[str, Sequence[str], Iterable[tuple[Any, ...]]], Awaitable[None]]


async def fill(copy: Copy, pharmacies: Sequence[UUID], born: datetime, seed: int) -> None:
    """Articles, batches and the deliveries they came by; triggers count them."""
    throw = random.Random(f"shelves:{seed}")
    medicines: list[tuple[Any, ...]] = []
    batches: list[tuple[Any, ...]] = []
    movements: list[tuple[Any, ...]] = []

    def an_id(kind: int, n: int) -> UUID:
        moment = int(born.timestamp() * 1000) + n
        return UUID(int=(moment << 80) | (7 << 76) | (kind << 64) | (2 << 62) | throw.getrandbits(62))

    for place_id in pharmacies:
        for name, generic, form, strength, pieces, amount, schedule, packs in throw.sample(SHELF, EACH):
            n = len(medicines)
            medicine_id, batch_id = an_id(1, n), an_id(2, n)
            price = amount * throw.randrange(85, 101) // 100
            medicines.append(
                (medicine_id, place_id, name, generic, form, strength, pieces, price, "INR", 1_200, schedule, born)
            )
            expires = (born + timedelta(days=throw.randrange(60, 1_500))).date()
            batches.append((batch_id, medicine_id, place_id, f"B{n:06}", expires, born))
            if count := throw.randrange(0, packs):
                movements.append((place_id, medicine_id, batch_id, "receive", count, 0, born))
    await copy(
        "medicine",
        ("id", "pharmacy_id", "name", "generic", "form", "strength", "pack_size", "amount", "currency",
         "tax_basis_points", "schedule", "created_at"),
        medicines,
    )  # fmt: skip
    await copy("stock_batch", ("id", "medicine_id", "pharmacy_id", "number", "expires_on", "received_at"), batches)
    await copy(
        "stock_movement", ("pharmacy_id", "medicine_id", "batch_id", "kind", "quantity", "balance", "at"), movements
    )
