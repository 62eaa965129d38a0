"""Notifications: one's own, and nobody else's."""

from tests.access.matrix import cells, ground, hears
from tests.access.who import HERSELF, SUPER, SUPPORT
from tests.access.world import World

LETTER = "A letter of hers"


@ground
async def a_letter(w: World) -> None:
    """One notification of hers, whose title nobody else reads."""
    w.letter = await w.sql(
        "INSERT INTO notification (account_id, fact, title, body, created_at) VALUES ($1, 'by_hand', $2, '', $3)"
        " RETURNING id",
        w.account[HERSELF],
        LETTER,
        w.now,
    )
    w.secrets[LETTER] = frozenset({HERSELF})


cells("notification.list")
cells("notification.mark_read", lambda w: {"notification_id": w.letter}, opens={HERSELF})
cells("notification.mark_all_read")
cells("notification.delete", lambda w: {"notification_id": w.letter}, opens={HERSELF})
cells(
    "notification.create",
    lambda w: {"account_id": w.account[HERSELF], "title": "News", "message": "None"},
    opens={SUPPORT, SUPER},
    says="forbidden",
)

hears("notifications:{account_id}", lambda w: w.account[HERSELF], opens={HERSELF})
