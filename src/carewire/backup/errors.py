"""The one error of this package."""


class BackupError(RuntimeError):
    """What was asked cannot be done, in one line, and the mend: what a person types or changes. Never holds a URL."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(f"{message}; mend: {mend}")
        self.message = message
        self.mend = mend
