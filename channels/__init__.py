"""The product: one package per aggregate, each opened by its wire nouns.

`ORDER` is the order the domains stand in: a domain imports only from those left of it, and only through their
`access`, `events`, `lifecycle` or what their `__init__` offers.
"""

ORDER = (
    "identity", "directory", "media", "content", "care", "session", "queue", "calendar", "appointment", "consultation",
    "prescription", "lab", "record", "stock", "order", "request", "payment", "chat", "review", "verification",
    "notification", "insight", "activity", "operation",
)  # fmt: skip
