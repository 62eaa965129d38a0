"""Jobs and letters as administrators see them."""

from tests.access.matrix import Params, cells, hears
from tests.access.who import SUPER
from tests.access.world import World


async def a_job(w: World) -> Params:
    return {
        "job_id": await w.sql(
            "INSERT INTO job (name, due_at, state, ended_at, problem) VALUES ('nothing', $1, 'dead', $1, 'none')"
            " RETURNING id",
            w.now,
        )
    }


cells("job.list", opens={SUPER}, says="forbidden")
cells("job.replay", a_job, opens={SUPER}, says="forbidden")
cells("job.discard", a_job, opens={SUPER}, says="forbidden")
cells("letter.list", opens={SUPER}, says="forbidden")
hears("letters:{channel}", lambda w: "sms", opens={SUPER}, names=False)
