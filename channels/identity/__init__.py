"""Who somebody is, and what follows from it.

An **account** is one person's way in: a phone number or an e-mail with a password. It holds **capacities** (patient,
doctor, pharmacy, …), not one type. Staff is no capacity of its own: it follows from a live **membership**, a duty at a
place. A **patient** is who is treated; a **guardianship** lets an account act for patients, itself among them.
A **login** is one device: an access token for a quarter of an hour and a chain of refresh tokens, each good once.
An **otp** is the one code a number may have. `credentials` lets another domain's principals (displays) log in.
"""

from channels.identity import credentials
from channels.identity.credentials import register as register_credential
from channels.identity.gone import on_patients_gone, patients_gone
from channels.identity.notices import tell_number
from channels.identity.nouns import MEDICAL, Capacity, CapacityState, Duty, Kin, Scope, Sex
from channels.identity.phones import normalise as normalise_phone
from channels.identity.platform_settings import LeadTimes
from channels.identity.platform_settings import current as settings_now
from channels.identity.views import PatientView, family_view

__all__ = [
    "MEDICAL",
    "Capacity",
    "CapacityState",
    "Duty",
    "Kin",
    "LeadTimes",
    "PatientView",
    "Scope",
    "Sex",
    "credentials",
    "family_view",
    "normalise_phone",
    "on_patients_gone",
    "patients_gone",
    "register_credential",
    "settings_now",
    "tell_number",
]
