"""Tests: what laboratories offer, what is asked for one patient, and what came out.

*lab_catalog* is the priced list of a laboratory, a *lab_test* one test asked for a patient, a *lab_report* what was
found: draft, published, perhaps amended.
"""
