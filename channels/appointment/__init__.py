"""A patient's time with a doctor.

An *appointment* takes a seat in a slot of the calendar: first as a *hold* that runs out, then booked. Only a *seat*
says who has a slot; the database gives no more of them than the slot offers, but for an *override* that its doctor or a
manager granted. The *waitlist* of a doctor is offered what becomes free. Arrival turns an appointment into a token of
the line, and the line's moves carry over to it.
"""

from channels.appointment.nouns import CancelReason, EndReason, Side

__all__ = ["CancelReason", "EndReason", "Side"]
