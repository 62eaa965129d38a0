"""Who can be visited, and where.

A **place** is a clinic, hospital, pharmacy or laboratory; it has **rooms** and members with duties. A **doctor** is an
account's public face, of one **specialty**. An **affiliation** is an offer by a place that the doctor accepted: it lets
him hold sessions there.
"""

from channels.directory.approvals import Verified, judge, verified
from channels.directory.bookable import on_bookable_changed, on_holidays
from channels.directory.doctors import DOCTORS, EDITORS
from channels.directory.finding import Words
from channels.directory.forms import Address, PostalCode
from channels.directory.members import HEADS
from channels.directory.nouns import AffiliationState, Approval, PlaceKind, Subject
from channels.directory.opening import NOT_QUOTABLE, Quoting, Unquotable, opening_deadline, quoting
from channels.directory.sticky import on_facts_changed

__all__ = [
    "DOCTORS",
    "EDITORS",
    "HEADS",
    "NOT_QUOTABLE",
    "Address",
    "AffiliationState",
    "Approval",
    "PlaceKind",
    "PostalCode",
    "Quoting",
    "Subject",
    "Unquotable",
    "Verified",
    "Words",
    "judge",
    "on_bookable_changed",
    "on_facts_changed",
    "on_holidays",
    "opening_deadline",
    "quoting",
    "verified",
]
