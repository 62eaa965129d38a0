"""Requests: hers to make and to take back, the coordinators' to answer, a pharmacist's to read."""

from uuid import UUID

from channels.directory import demo
from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import (
    COORDINATE,
    FAMILY,
    HERSELF,
    PHARMACIST,
    STAFF_HERE,
    SUPER,
    TECHNICIAN,
    Who,
)
from tests.access.world import World, soon

COORDINATORS = frozenset({COORDINATE, SUPER})
READERS = frozenset({PHARMACIST, TECHNICIAN})
ASKED = {"kind": "medicine", "postal_code": "560001", "address": "7 Lake Road", "lines": [{"name": "ORS"}]}


@ground
async def requests(w: World) -> None:
    """A request of hers that the place here reads."""
    w.request = await asked(w)
    await in_hand(w, w.request)


async def asked(w: World) -> UUID:
    made = await w.socket(HERSELF).command("request.create", **ASKED, patient_id=w.she)
    return UUID(made["id"])


async def in_hand(w: World, request_id: UUID) -> None:
    """As after `request.accept` and `request.ask_reader`, by nobody in particular, so that everybody may try."""
    await w.sql(
        "UPDATE request SET state = 'accepted', admin_id = $2, accepted_at = $3, reader_place_id = $4 WHERE id = $1",
        request_id,
        w.account[COORDINATE],
        w.now,
        w.place,
    )


async def fresh(w: World) -> Params:
    """One more for each who asks, to be used up, and the one before taken away: she may have twenty."""
    await w.sql("UPDATE request SET state = 'cancelled' WHERE patient_id = $1 AND state = 'created'", w.she)
    return {"request_id": await asked(w)}


def own(w: World, one: Who) -> Params:
    """Everybody asks for her: those who act for nobody else may."""
    return ASKED | {"patient_id": w.she}


cells("request.create", own, opens=FAMILY)
cells("request.share", lambda w: {"request_id": w.request, "share": True}, opens=FAMILY)
cells("request.cancel", fresh, opens=FAMILY)
cells("request.accept", fresh, opens=COORDINATORS, says="forbidden")
cells("request.take_over", lambda w: {"request_id": w.request}, opens=COORDINATORS, says="forbidden")
cells("request.reject", lambda w: {"request_id": w.request, "reason": "-"}, opens=COORDINATORS, says="forbidden")
cells(
    "request.ask_reader",
    lambda w: {"request_id": w.request, "place_id": w.place},
    opens=COORDINATORS,
    says="forbidden",
)
cells(
    "request.read_lines",
    lambda w: {"request_id": w.request, "lines": [{"name": "ORS", "quantity": 1}]},
    opens=READERS,
)
cells(
    "request.respond",
    lambda w: {
        "request_id": w.request,
        "quotes": [{"place_id": demo.PHARMACY, "lines": [{"item_id": w.request}]}],
        "valid_until": soon(1),
    },
    opens=COORDINATORS,
    says="forbidden",
)
cells("request.withdraw_bill", lambda w: {"request_id": w.request, "reason": "-"}, opens=COORDINATORS, says="forbidden")
cells(
    "request.confirm",
    lambda w: {"request_id": w.request, "bill_id": w.request, "payment_mode": "counter"},
    opens=FAMILY,
)
cells("request.list")
cells("request.get", lambda w: {"request_id": w.request}, opens=FAMILY | COORDINATORS | READERS)
hears("request:{request_id}", lambda w: w.request, opens=FAMILY | COORDINATORS)
hears("requests:{bucket}", lambda w: w.request.hex[-1], opens=COORDINATORS)
hears("quotes:{place_id}", lambda w: w.place, opens=STAFF_HERE)
