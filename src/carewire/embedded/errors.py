"""The one error of this package."""


class EmbeddedError(RuntimeError):
    """A server that cannot run here, and the mend: what a person types or changes to make it run."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(f"{message}; mend: {mend}")
        self.message = message
        self.mend = mend
