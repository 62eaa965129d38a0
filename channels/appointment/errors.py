"""How an appointment says no."""

from carewire.errors import Busy, Refusal
from carewire.store.constraints import refuse
from channels.queue.errors import TooEarly
from channels.session.errors import NotApproved

__all__ = ["AlreadyThere", "AlreadyWaiting", "HoldExpired", "InTheLine", "NoSitting", "NoVideo", "NobodyThere",
           "NotApproved", "NotThisDay", "OverrideUsed", "PaymentDue", "PaymentModeRefused", "RevisitUsed",
           "SlotTaken", "SlotUnavailable", "TooEarly", "TooManyHolds", "TooManyWaits"]  # fmt: skip


class SlotTaken(Refusal, code=409, reason="slot_taken"):
    """Every seat of this slot is taken; choose another, or wait for one (`waitlist.join`)."""


class SlotUnavailable(Refusal, code=409, reason="slot_unavailable"):
    """The doctor does not offer this time: not there, not any more, too late or too far ahead."""


class AlreadyThere(Refusal, code=409, reason="already_booked"):
    """This patient has this time with this doctor already, or one that overlaps with it."""


class HoldExpired(Refusal, code=409, reason="hold_expired"):
    """The hold ran out or was used; hold or book anew."""


class TooManyHolds(Refusal, code=409, reason="too_many_holds"):
    """This account holds as many seats as it may; book or release one."""


class TooManyWaits(Refusal, code=409, reason="too_many_waits"):
    """This account waits on as many waitlists as it may."""


class AlreadyWaiting(Refusal, code=409, reason="already_waiting"):
    """This patient waits for a seat there already."""


class PaymentModeRefused(Refusal, code=409, reason="payment_mode_refused"):
    """A visit there is not paid this way; `modes` names how it is."""


class PaymentDue(Refusal, code=409, reason="payment_due"):
    """It is to be paid online first."""


class NoSitting(Refusal, code=409, reason="no_sitting"):
    """The doctor has no sitting there today whose line is open; plan one first (`session.create`)."""


class NotThisDay(Refusal, code=409, reason="not_this_day"):
    """That can be done on the day of the appointment only."""


class OverrideUsed(Refusal, code=409, reason="override_used"):
    """This override was granted for another slot, or is used."""


class RevisitUsed(Refusal, code=409, reason="revisit_used", retry="same"):
    """Another booking took this free visit at the same moment; ask again."""


class InTheLine(Refusal, code=409, reason="in_the_line"):
    """She is in the doctor's line: there she is called, and there she is a no-show (`queue.no_show`)."""


class NobodyThere(Refusal, code=409, reason="nobody_there"):
    """Her doctor did not see anybody then: on leave, a holiday, gone, or without approval. Cancel it; all goes back."""


class NoVideo(Refusal, code=409, reason="no_video"):
    """There is no video call for this appointment: it is in person, not now, or no video provider is set up."""


refuse("seat_taken", SlotTaken)
refuse("seat_within_capacity", SlotTaken)
refuse("seat_slot", SlotTaken)
refuse("seat_doctor_apart", SlotTaken)
refuse("seat_patient_apart", AlreadyThere)
refuse("seat_override", OverrideUsed)
refuse("seat_one_of_override", OverrideUsed)
refuse("slot_override_used_once", OverrideUsed)
refuse("waitlist_once", AlreadyWaiting)
refuse("appointment_revisit_once", RevisitUsed)
# Two changes at once that no lock kept apart; with the locks of `days.py` it does not happen.
refuse("appointment_has_its_seat", Busy)
refuse("hold_has_its_seat", Busy)
refuse("appointment_step_once", Busy)
