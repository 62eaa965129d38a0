"""The live line in front of a doctor: tokens, their order, when each will be called, and who hears of it.

A *token* is one patient's place in the line of one session: booked, remote or walk-in. Arrival gives it its number.
A *line* is all tokens of a session as one value (`line.Line`): commands make a new line from the old one by a pure
move (`moves.py`) and hand both to the one door `moved.moved`, which orders, estimates, stores and tells.
A *display* is a screen in a waiting room, a principal of its own, that hears the lines it was approved for.
"""

from channels.queue.arrival import check as check_arrival_code
from channels.queue.booked import come_in, give_up, open_sitting
from channels.queue.jobs import ApprovalWithdrawn
from channels.queue.joining import BirthYear
from channels.queue.moved import MOVES, TokenMoved, follow_tokens
from channels.queue.patients import Asked, Person, asked, at_desk, check_birth_year
from channels.queue.visits import Attended, begin_visit, end_visit

__all__ = ["MOVES", "ApprovalWithdrawn", "Asked", "Attended", "BirthYear", "Person", "TokenMoved", "asked",
           "at_desk", "begin_visit", "check_arrival_code", "check_birth_year", "come_in", "end_visit",
           "follow_tokens", "give_up", "open_sitting"]  # fmt: skip
