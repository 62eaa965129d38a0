"""Her chat with the doctor of the sitting: the two of them, and who reads it by breaking the glass; never the desk."""

from uuid import UUID

from tests.access.matrix import Params, cells, hears
from tests.access.who import BREAK_GLASS, COLLECTOR, DOCTOR, FAMILY, HERSELF, STAFF_HERE
from tests.access.world import World, soon

SIDES = FAMILY | {DOCTOR}
READ = SIDES | {BREAK_GLASS}


async def between(w: World) -> Params:
    """Whom it is between. Other cells have ended what it stands on: here both stand again."""
    await w.sql(
        "UPDATE relationship SET state = 'standing', hand_at = $2, made_at = $2, made_by = $3, expected_until = $4,"
        " ended_at = NULL WHERE patient_id = $1 AND doctor_id = $5",
        w.she,
        w.now,
        w.account[HERSELF],
        soon(6),
        w.doctor[DOCTOR],
    )
    live = "SELECT EXISTS (SELECT FROM break_glass WHERE patient_id = $1 AND doctor_id = $2 AND ended_at IS NULL)"
    if not await w.sql(live, w.she, w.doctor[BREAK_GLASS]):
        asked = {"patient_id": w.she, "place_id": w.place, "reason": "she cannot be asked now"}
        await w.socket(BREAK_GLASS).command("break_glass.open", **asked)
    return {"patient_id": w.she, "place_id": w.place, "doctor_id": w.doctor[DOCTOR]}


async def thread(w: World) -> UUID:
    return UUID((await w.socket(HERSELF).command("chat.open", **await between(w)))["id"])


async def of_it(w: World) -> Params:
    return {"thread_id": await thread(w)}


async def saying(w: World) -> Params:
    return {"thread_id": await thread(w), "text": "Hello"}


async def marking(w: World) -> Params:
    params = await saying(w)
    if not await w.sql("SELECT last_seq FROM chat_thread WHERE id = $1", params["thread_id"]):
        await w.socket(HERSELF).command("chat.send", **params)
    return {"thread_id": params["thread_id"], "seq": 1}


cells("chat.open", between, opens=READ)
cells("chat.list")
cells("chat.get", of_it, opens=READ)
cells("chat.history", of_it, opens=READ)
cells("chat.send", saying, opens=SIDES, says={BREAK_GLASS: "chat_read_only"})
cells("chat.read", marking, opens=SIDES, says={BREAK_GLASS: "chat_read_only"})
cells("chat.typing", of_it, opens=SIDES, says={BREAK_GLASS: "chat_read_only"})
cells("chat.close", of_it, opens={DOCTOR}, says=dict.fromkeys((*FAMILY, BREAK_GLASS), "chat_read_only"))

hears("chat:{thread_id}", thread, opens=READ, names=False)
hears("typing:{thread_id}", thread, opens=READ, names=False)
hears("inbox:{account_id}", lambda w: w.account[HERSELF], opens={HERSELF}, names=False)
hears("desk_inbox:{place_id}", lambda w: w.place, opens=STAFF_HERE - {COLLECTOR}, names=False)
