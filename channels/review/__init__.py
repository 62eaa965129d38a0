"""What patients say of doctors, hospitals and places after a visit; shown once an administrator has verified it.

A **review** is of one visit, and there is one of each; it is about the doctor, the place, or both. The **rating** of a
doctor or a place is what its verified reviews sum up to, kept by the database with each of their steps.
"""

from channels.review.nouns import Subject

__all__ = ["Subject"]
