"""What happens behind the door: the doctor's notes of one visit.

A *consultation* belongs to one doctor and one patient, out of an appointment or a token. It is in progress, then
completed; afterwards it is only added to.
"""
