"""What requests offer other domains: their doors, and what is owed and paid for a bill."""

from channels.request.confirming import PAID_EMITS, mark_paid, owed
from channels.request.doors import NOUN, RequestRow, coordinated, own, seen, since_many

__all__ = ["NOUN", "PAID_EMITS", "RequestRow", "coordinated", "mark_paid", "owed", "own", "seen", "since_many"]
