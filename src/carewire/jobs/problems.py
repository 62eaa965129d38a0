"""How an errand fails. The reason is a stable word for logs, metrics and dead letters: never a person's text."""


class Problem(Exception):
    """Something outside said no. `reason` is a word of ours, e.g. `bad_number`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Temporary(Problem):
    """Try again later. `unclear`: it may have happened all the same."""

    def __init__(self, reason: str, *, unclear: bool = False) -> None:
        super().__init__(reason)
        self.unclear = unclear


class Permanent(Problem):
    """Trying again changes nothing: a dead letter at once."""
