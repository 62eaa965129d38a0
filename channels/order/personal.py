"""What orders keep of a person: what she ordered, and where it was brought; see `carewire.personal`."""

from carewire.personal import harmless, holds, leaves_traces
from channels.identity import MEDICAL

_HERS = "patient_id = ANY($2) OR account_id = ANY($1)"
_ORDERS = f"SELECT id FROM orders WHERE {_HERS}"

holds(
    "orders",
    whose=_HERS,
    personal={
        "contact_name": "'—'",
        "contact_phone": "NULL",
        "address": "'—'",
        "postal_code": "'000'",
        "notes": "NULL",
        "reason": "NULL",
    },
    kept=MEDICAL,
)
holds("order_line", whose=f"order_id IN ({_ORDERS})", personal={"name": "'—'", "replaces": "NULL"}, kept=MEDICAL)
holds("order_step", whose=f"actor_id = ANY($1) OR order_id IN ({_ORDERS})", personal={"reason": "NULL"}, kept=MEDICAL)
holds("order_refund", whose=f"order_id IN ({_ORDERS})", personal={}, kept=MEDICAL)

harmless("orders", "number", "currency", why="a number of the house, a currency")
harmless("order_step", "move", "state", why="words from the code")
harmless("order_refund", "reason", why="a word from the code")

leaves_traces(
    topics=(f"SELECT 'order:' || id FROM orders WHERE {_HERS}",),
    ids=(_ORDERS,),
    underway=("SELECT id FROM orders WHERE patient_id = ANY($2) AND ended_at IS NULL",),
)
