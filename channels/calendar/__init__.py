"""When a doctor can be booked.

A *slot* is a time at which she offers herself at a place or by video, for so many patients; it follows from her week,
her leave and what she does besides, on the right clock, and is nowhere stored. Its *terms* are the place's: what a
booking there costs, how late it may be cancelled for how much, when coming back is free.
"""

from channels.calendar.booked import Booked, on_hours_said
from channels.calendar.changes import on_slots_changed
from channels.calendar.nouns import HORIZON_MAX, Mode, PaymentMode

__all__ = ["HORIZON_MAX", "Booked", "Mode", "PaymentMode", "on_hours_said", "on_slots_changed"]
