"""What the stock keeps of a person: who of a pharmacy moved what; see `carewire.personal`."""

from carewire.personal import harmless, holds

holds("stock_movement", whose="by_account = ANY($1)", personal={})

harmless(
    "medicine",
    "name", "generic", "brand", "strength", "currency", "barcode", "folded", "folded_more",
    why="an article of a shop",
)  # fmt: skip
harmless("stock_batch", "number", "expires_on", why="what is printed on a box")
harmless("pharmacy_service", "name", "description", "currency", why="what a shop does for everybody")
