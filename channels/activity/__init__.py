"""What was done: the audit as people may look into it.

An *activity* is one entry of the audit, seen by administrators as far as their scope goes. An *access* is one look at
a patient's data, seen by her and by those who act for her: who, when, by which right.
"""
