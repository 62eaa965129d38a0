"""What verification keeps of a person: on which facts she was approved, by whom, why not; see `carewire.personal`."""

from carewire.personal import holds
from channels.identity import MEDICAL

_HERS = (
    "applicant_id = ANY($1) OR (subject = 'doctor' AND subject_id IN"
    " (SELECT id FROM doctor WHERE account_id = ANY($1)))"
)

# Whoever treated with an approval was approved: that stands as long as the records of those she treated.
holds("verification", whose=_HERS, personal={"reason": "reason"}, kept=MEDICAL)
holds(
    "verification_step",
    whose=f"actor_id = ANY($1) OR verification_id IN (SELECT id FROM verification WHERE {_HERS})",
    personal={"reason": "reason", "facts": "facts"},
    secret={"facts_hash"},
    kept=MEDICAL,
)
