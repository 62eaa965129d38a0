"""What payments keep of a person; see `carewire.personal`."""

from carewire.personal import harmless, holds

holds("payment", whose="patient_id = ANY($2) OR taken_by = ANY($1)", personal={})

harmless("payment", "about_noun", "currency", "means", why="words from closed lists")

holds("counter_refund", whose="patient_id = ANY($2) OR handed_by = ANY($1)", personal={})

harmless("counter_refund", "number", "reason", "handed_means", why="a number of the house, words from closed lists")

holds("online_payment", whose="patient_id = ANY($2) OR payer_id = ANY($1)", personal={}, secret={"checkout"})

harmless(
    "online_payment", "currency", "received_currency", "intent", "problem", "checkout",
    why="words from closed lists, the gateway's name for it and its sealed key; both name no person here",
)  # fmt: skip

holds(
    "gateway_refund",
    whose="payment_id IN (SELECT id FROM online_payment WHERE patient_id = ANY($2) OR payer_id = ANY($1))",
    personal={},
)

harmless("gateway_refund", "reason", "ref", why="a word of the house, the gateway's name for it")
