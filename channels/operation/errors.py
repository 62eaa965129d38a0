"""The refusals of this domain."""

from carewire.errors import Refusal


class JobNotDead(Refusal, code=409, reason="job_not_dead"):
    """Only a dead letter is replayed or discarded."""


class SecretWiped(Refusal, code=409, reason="secret_wiped"):
    """What it held was a secret and is gone; ask for a new one instead."""
