"""The line of one sitting, her token in it, and the screens that show it."""

import secrets
from uuid import UUID

from tests.access.matrix import Params, cells, hears
from tests.access.who import (
    ANONYMOUS,
    DESK,
    FAMILY,
    FRONT_DESK,
    MANAGER,
    OWNER,
    PATIENTS,
    RUNS,
    SCREEN,
    SCREENS,
    Who,
)
from tests.access.world import World, soon

APPROVE = {OWNER, MANAGER, FRONT_DESK}


# --- the line --------------------------------------------------------------------------------------------------------
def sitting(w: World) -> Params:
    return {"session_id": w.sitting}


def idle(w: World) -> Params:
    return {"session_id": w.idle}


def token(w: World) -> Params:
    return {"token_id": w.token}


def arriving(w: World, one: Who) -> Params:
    """By the code on the wall from a phone, by her word at the desk."""
    return {"token_id": w.token, **({"code": w.wall} if one in PATIENTS else {})}


cells("queue.get", sitting)
cells("queue.join", lambda w: {"session_id": w.sitting, "patient_id": w.she}, opens=FAMILY)
cells("queue.arrive", arriving, opens=RUNS | FAMILY)
cells("queue.alert", lambda w: {"token_id": w.token, "before": 1}, opens=RUNS | FAMILY)
cells("queue.walk_in", lambda w: {"session_id": w.sitting, "name": "Walk In"}, opens=RUNS)
cells("queue.expect", lambda w: {"session_id": w.sitting, "name": "Booked", "due_at": soon(2)}, opens=RUNS)
cells(
    "queue.backfill",
    lambda w: {"session_id": w.sitting, "papers": [{"number": 1, "name": "Paper", "arrived_at": soon(-0.1)}]},
    opens=RUNS,
)
cells("queue.move", lambda w: {"token_id": w.token, "before": 0}, opens=RUNS)
cells("queue.prioritise", lambda w: {"token_id": w.token, "reason": "elderly"}, opens=RUNS)
cells("queue.slip", token, opens=RUNS)
cells("queue.look", lambda w: {"key": w.slip})
cells("queue.call_next", sitting, opens=RUNS)
cells("queue.call", token, opens=RUNS)
cells("queue.undo", token, opens=RUNS)
cells("queue.recall", token, opens=RUNS)
cells("queue.begin", token, opens=RUNS)
cells("queue.away", token, opens=RUNS)
cells("queue.back", token, opens=RUNS)
cells("queue.skip", token, opens=RUNS)
cells("queue.no_show", token, opens=RUNS)
cells("queue.complete", token, opens=RUNS)
cells("relation.ask", token, opens=RUNS)
cells("queue.leave", token, opens=RUNS | FAMILY)
cells("queue.arrival_code", lambda w: {"place_id": w.place}, opens=DESK)

hears("queue:{session_id}", lambda w: w.sitting, opens=RUNS)
hears("line:{session_id}", lambda w: w.sitting, opens=RUNS | FAMILY | {SCREEN}, names=False)
hears("token:{token_id}", lambda w: w.token, opens=RUNS | FAMILY, names=False)

# --- the sitting that waits ------------------------------------------------------------------------------------------
cells("session.start", idle, opens=RUNS)
cells("session.delay", lambda w: {"session_id": w.idle, "until": soon(25)}, opens=RUNS)
cells("session.pause", lambda w: {"session_id": w.idle, "reason": "break"}, opens=RUNS)
cells("session.resume", idle, opens=RUNS)
cells("session.update", lambda w: {"session_id": w.idle, "capacity": 30}, opens=RUNS)
cells("session.end", idle, opens=RUNS)
cells("session.cancel", idle, opens=RUNS)

# --- screens ---------------------------------------------------------------------------------------------------------


async def a_code(w: World, one: Who) -> str:
    """The code of a screen nobody has let in yet."""
    return str((await w.socket(ANONYMOUS).call("display.pair"))["code"]) if one in APPROVE else str(w.pending_code)


async def approving(w: World, one: Who) -> Params:
    return {"place_id": w.place, "code": await a_code(w, one), "label": "New", "room_ids": [w.room]}


async def asking(w: World, one: Who) -> Params:
    return {"place_id": w.place, "code": await a_code(w, one)}


async def a_screen(w: World) -> UUID:
    """An approved screen of this place."""
    display_id: UUID = await w.sql(
        "INSERT INTO display (state, secret_digest, asked_at, label, place_id, approved_at)"
        " VALUES ('approved', $1, $2, 'Another', $3, $2) RETURNING id",
        secrets.token_bytes(32),
        w.now,
        w.place,
    )
    return display_id


async def revoking(w: World) -> Params:
    return {"display_id": await a_screen(w)}


async def renaming(w: World) -> Params:
    return {"display_id": await a_screen(w), "label": "Hall 2"}


cells("display.pair")
cells("display.renew", opens=SCREENS)
cells("display.asking", asking, opens=APPROVE)
cells("display.approve", approving, opens=APPROVE)
cells("display.list", lambda w: {"place_id": w.place}, opens=APPROVE)
cells("display.rename", renaming, opens=APPROVE)
cells("display.revoke", revoking, opens=APPROVE)

hears("board:{display_id}", lambda w: w.account[SCREEN], opens={SCREEN}, names=False)
