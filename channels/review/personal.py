"""What reviews keep of a person; see `carewire.personal`.

A public review stays without her: nothing says any longer whose it is. One that is not public goes with her.
"""

from carewire.personal import holds

holds(
    "review",
    whose="patient_id = ANY ($2)",
    personal={
        "patient_id": "NULL",
        "author_id": "NULL",
        "token_id": "NULL",
        "appointment_id": "NULL",
        "text": "CASE WHEN state = 'verified' THEN text END",
        "reason": "NULL",
        "state": "CASE WHEN state = 'verified' THEN state ELSE 'deleted' END",
    },
)
holds("review", whose="author_id = ANY ($1)", personal={"author_id": "NULL"})
holds("review", whose="decided_by = ANY ($1)", personal={}, secret={"text", "reason", "patient_id", "author_id"})
