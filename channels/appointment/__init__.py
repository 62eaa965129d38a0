"""A patient's time with a doctor.

An *appointment* takes a seat in a slot: first as a *hold* that runs out, then booked. The *waitlist* of a slot is
offered what becomes free. Arrival turns it into a token of the line.
"""
