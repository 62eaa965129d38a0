"""What the queue keeps of a person: that she was there, and when; see `carewire.personal`."""

from carewire.personal import harmless, holds, leaves_traces
from channels.identity import MEDICAL

_TOKENS = "SELECT id FROM token WHERE patient_id = ANY($2) OR account_id = ANY($1)"
_ACTIVE = "state IN ('expected', 'waiting', 'called', 'in_consultation', 'away', 'skipped')"

holds("token", whose="patient_id = ANY($2) OR account_id = ANY($1)", personal={}, kept=MEDICAL)
holds("token_move", whose=f"actor_id = ANY($1) OR token_id IN ({_TOKENS})", personal={})
holds("slip", whose=f"token_id IN ({_TOKENS})", personal={"digest": None}, secret={"digest"})
holds("void_number", whose="account_id = ANY($1)", personal={})
holds("display", whose="approved_by = ANY($1)", personal={}, secret={"secret_digest", "code_digest", "board"})
holds("pace", whose="doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))", personal={})

harmless("token", "room", why="the label of a room")
harmless("token_move", "what", "from_state", "to_state", "priority", why="words from the code")
harmless("arrival_code", "code", why="a place's secret")
harmless("display", "secret_digest", "code_digest", why="digests of a screen's random secrets")
harmless(
    "display", "label", "board", "asked_network", why="a screen is no person; the network has 256 addresses or more"
)
harmless("line", "curve", "score", why="times and figures of a line")

leaves_traces(
    topics=(
        f"SELECT 'queue:' || session_id FROM token WHERE id IN ({_TOKENS})",
        f"SELECT 'token:' || id FROM token WHERE id IN ({_TOKENS})",
    ),
    ids=(_TOKENS,),
    underway=(f"SELECT id FROM token WHERE patient_id = ANY($2) AND {_ACTIVE}",),
)
