"""What requests keep of a person: what she asked for, and where it was to be brought; see `carewire.personal`."""

from carewire.personal import harmless, holds, leaves_traces
from channels.identity import MEDICAL

_HERS = "patient_id = ANY($2) OR account_id = ANY($1)"
_REQUESTS = f"SELECT id FROM request WHERE {_HERS}"

holds(
    "request",
    whose=f"{_HERS} OR admin_id = ANY($1) OR read_by = ANY($1) OR chosen_by = ANY($1)",
    personal={},
)
holds(
    "request",
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
holds("request_line", whose=f"request_id IN ({_REQUESTS})", personal={"name": "'—'", "note": "NULL"}, kept=MEDICAL)
holds(
    "request_step",
    whose=f"actor_id = ANY($1) OR request_id IN ({_REQUESTS})",
    personal={"reason": "NULL"},
    kept=MEDICAL,
)
holds("bill", whose=f"made_by = ANY($1) OR request_id IN ({_REQUESTS})", personal={})
holds("bill_part", whose=f"bill_id IN (SELECT id FROM bill WHERE request_id IN ({_REQUESTS}))", personal={})

harmless("request_step", "move", "state", why="words from the code")
harmless("bill", "currency", why="a currency")
harmless("bill", "message", why="what a coordinator says of an offer")
harmless(
    "bill_line", "name", "schedule", "price_reason", "replaces", why="an article and its price, on a bill that stays"
)

leaves_traces(
    topics=(f"SELECT 'request:' || id FROM request WHERE {_HERS}",),
    ids=(_REQUESTS,),
    underway=("SELECT id FROM request WHERE patient_id = ANY($2) AND state IN ('accepted', 'responded', 'confirmed')",),
)
