"""What the directory keeps of a person; see `carewire.personal`."""

from carewire.personal import harmless, holds
from channels.identity import MEDICAL

_DOCTOR = "doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))"

# A doctor's name and registration stand on the records of those she treated, and their law is longer than her stay.
holds(
    "doctor",
    whose="account_id = ANY($1)",
    personal={
        "name": "name", "registration": "registration", "council": "council", "qualification": "NULL", "bio": "NULL",
    },
    kept=MEDICAL,
)  # fmt: skip
holds("doctor_specialty", whose=_DOCTOR, personal={})
holds("doctor_card", whose="account_id = ANY($1)", personal={"name_key": "name_key"}, kept=MEDICAL)
holds("affiliation", whose=_DOCTOR, personal={})
holds("member_invitation", whose="phone = ANY($3) OR invited_by = ANY($1)", personal={"phone": None})

harmless("doctor", "specialty", "languages", "zone", why="a public profile's words of a catalogue")
harmless("doctor", "fee_currency", why="a currency")
harmless("doctor_card", "fee_currency", why="a currency")
harmless("doctor_card", "specialties", "languages", "cities", "states", why="a public profile's words of a catalogue")
harmless("affiliation", "department", why="a part of a hospital")
harmless("place_holiday", "day", "name", why="when a place is closed")
harmless("place_holiday_opening", "day", why="when a place is open")
harmless("room", "name", why="a room is no person")
harmless("doctor_specialty", "specialty", why="a word of a catalogue")
harmless("specialty", "slug", "name", why="a catalogue")
harmless(
    "place",
    "name", "zone", "city", "phone", "email", "website", "address", "state", "postal_code", "country", "description",
    "licence", "departments", "services", "served_postal_codes", "delivery_currency",
    why="a place is no person, and says this of itself to everybody",
)  # fmt: skip
harmless("doctor", "folded", why="how the name of a public profile sounds; a trigger makes it of that")
harmless("specialty", "aliases", "folded", why="a catalogue")
harmless("place", "folded", "folded_more", "folded_where", why="how a place's words sound")
harmless("search_word", "noun", "word", why="words of public names, without whose")
