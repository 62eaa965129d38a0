"""What the stock keeps of a person: who of a pharmacy moved what; see `carewire.personal`.

Who stood at a counter is nobody's account here: her name is in the register of what was sold on paper, which the law
wants kept (Drugs Rules 1945, rule 65).
"""

from carewire.personal import harmless, holds
from channels.identity import MEDICAL

_ON_PAPER = frozenset({"prescriber", "prescriber_address", "patient", "written_on"})

holds("stock_movement", whose="by_account = ANY($1)", personal={})

holds(
    "stock_paper",
    whose="by_account = ANY($1)",
    personal={name: name for name in _ON_PAPER},
    secret=_ON_PAPER,  # of others: a pharmacist who asks what is kept of her is not given them
    kept=MEDICAL,
)

harmless(
    "medicine",
    "name", "generic", "brand", "strength", "currency", "barcode", "folded", "folded_more",
    why="an article of a shop",
)  # fmt: skip
harmless("stock_batch", "number", "expires_on", why="what is printed on a box")
harmless("pharmacy_service", "name", "description", "currency", why="what a shop does for everybody")
