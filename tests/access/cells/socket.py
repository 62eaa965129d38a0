"""The socket's own methods: everybody's, also without a login. What a topic tells is the topic's own row."""

from tests.access.matrix import cells, hears
from tests.access.who import ANONYMOUS, EVERYBODY, KNOWN

TOPIC = "catalogue:specialty"

cells("socket.ping")
cells("topic.subscribe", {"topic": TOPIC}, opens=EVERYBODY - {ANONYMOUS})
cells("topic.unsubscribe", {"topic": TOPIC})
cells("socket.resume", {"epoch": "another", "topics": {TOPIC: 0}})

hears("catalogue:{noun}", lambda w: "specialty", opens=KNOWN, names=False)
