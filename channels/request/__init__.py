"""A patient asks for medicines or tests, and is answered with a bill.

A *request* is accepted by a coordinating administrator, answered with a *bill* over one or several providers that is
valid for a while, confirmed by the patient, and then orders.
"""
