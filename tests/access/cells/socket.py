"""The socket's own methods: everybody's, also without a login. What a topic tells is the topic's own row."""

from tests.access.matrix import cells, hears
from tests.access.who import ANONYMOUS, EVERYBODY, FAMILY, KNOWN, PATIENTS

TOPIC = "catalogue:specialty"
NO_HOME = dict.fromkeys(KNOWN - PATIENTS, "forbidden") | {ANONYMOUS: "unauthenticated"}
"""What the query of a screen refuses, the screen does."""

cells("socket.ping")
cells("topic.subscribe", {"topic": TOPIC}, opens=EVERYBODY - {ANONYMOUS})
cells("topic.open", lambda w: {"query": "home.topics", "params": {"patient_id": w.she}}, opens=FAMILY, says=NO_HOME)
cells("topic.unsubscribe", {"topic": TOPIC})
cells("socket.resume", {"epoch": "another", "topics": {TOPIC: 0}})

hears("catalogue:{noun}", lambda w: "specialty", opens=KNOWN, names=False)
