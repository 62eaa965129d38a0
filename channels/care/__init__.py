"""Who may read what of a patient, and the little that everybody who treats her must know.

A **relationship** is made by the patient's side alone (joining a line, booking, a code told at the desk) and lasts for
some days after the last visit; it opens who she is, allergies, current medicines and what this doctor or place wrote.
A **consent** opens more, to one doctor or place, for a purpose and a time. **Break-glass** opens everything for an
hour, with a reason, in everybody's sight. The **summary** is allergies and current medicines.
"""

from channels.care.history import HistoryKind, register_history
from channels.care.merging import follow_merging
from channels.care.nouns import Purpose, RecordType, RelationState, RightKind, Schedule
from channels.care.presence import register_presence
from channels.care.readers import register_readers

__all__ = ["HistoryKind", "Purpose", "RecordType", "RelationState", "RightKind",
           "Schedule", "follow_merging", "register_history", "register_presence", "register_readers"]  # fmt: skip
