"""The live line in front of a doctor: tokens, their order, when each will be called, and who hears of it.

A *token* is one patient's place in the line of one session: booked, remote or walk-in. Arrival gives it its number.
A *line* is all tokens of a session as one value (`line.Line`): commands make a new line from the old one by a pure
move (`moves.py`) and hand both to the one door `moved.moved`, which orders, estimates, stores and tells.
A *display* is a screen in a waiting room, a principal of its own, that hears the lines it was approved for.
"""

from channels.queue.jobs import ApprovalWithdrawn

__all__ = ["ApprovalWithdrawn"]
