"""What a doctor prescribes.

A *prescription* is a draft, then issued and unchangeable, perhaps superseded by another or cancelled with a reason. Its
lines say what, how much and for how long; how much of a line was dispensed is counted over all pharmacies.
"""
