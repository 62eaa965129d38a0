"""What chats keep of a person: what was said in her threads, and by whom; see `carewire.personal`."""

from carewire.personal import holds, leaves_traces
from channels.identity import MEDICAL

_HERS = "SELECT id FROM chat_thread WHERE patient_id = ANY ($2)"

holds("chat_thread", whose="patient_id = ANY ($2)", personal={}, kept=MEDICAL)
# What a doctor and a patient wrote to each other is a record of treatment, and stays in its words.
holds("chat_message", whose=f"thread_id IN ({_HERS})", personal={"text": "text"}, kept=MEDICAL)
# Of what she wrote to others as a guardian, a doctor or at a desk, an export tells when; the words are theirs, too.
holds("chat_message", whose=f"author_id = ANY ($1) AND thread_id NOT IN ({_HERS})", personal={}, secret={"text"})

leaves_traces(
    topics=(f"SELECT 'chat:' || id FROM chat_thread WHERE id IN ({_HERS})",),
    ids=(_HERS, f"SELECT id FROM chat_message WHERE thread_id IN ({_HERS})"),
)
