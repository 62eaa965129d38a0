"""Files: a loose one is read and deleted by whoever uploaded it."""

from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import HERSELF
from tests.access.world import World

FILE = "a picture of hers.png"


@ground
async def a_file(w: World) -> None:
    """One she uploaded, whose name nobody else reads."""
    w.file = await w.sql(
        "INSERT INTO media (account_id, kind, name, mime, size, sha256, path, created_at)"
        " VALUES ($1, 'image', $2, 'image/png', 1, sha256(''), 'matrix/one', $3) RETURNING id",
        w.account[HERSELF],
        FILE,
        w.now,
    )
    w.secrets[FILE] = frozenset({HERSELF})


def hers(w: World) -> Params:
    return {"media_id": w.file}


cells("media.list")
cells("media.get", hers, opens={HERSELF})
cells("media.link", hers, opens={HERSELF})
cells("media.delete", hers, opens={HERSELF})

hears("uploads:{account_id}", lambda w: w.account[HERSELF], opens={HERSELF})
