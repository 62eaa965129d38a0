"""What an app follows when it opens: a query that answers topics, so that one round trip brings all of them.

    @query("home.topics", allow={Capacity.PATIENT}, errors={NotFound})
    async def home(ctx: Ctx, patient_id: UUID | None = None) -> Screen: ...

`topic.open {query: "home.topics", params: {…}}` runs it and subscribes the socket to what it answered, each topic with
its snapshot and by its own right. A screen is no topic: nothing is written when what it shows changes, so it is no
bottleneck of anybody's. What comes up later is told by the topics it names, or seen when it is opened again.
"""

import msgspec

from carewire.command import REGISTRY

TOPICS_MAX = 150
"""Of the 200 subscriptions of a socket."""


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """The topics of a screen; `more`: there are others that did not fit."""

    topics: list[str]
    more: bool = False

    @classmethod
    def of(cls, topics: list[str]) -> "Screen":
        """The first of these; put what matters most in front."""
        return cls(topics=topics[:TOPICS_MAX], more=len(topics) > TOPICS_MAX)


def is_screen(query: str) -> bool:
    """Does this query answer topics?"""
    declared = REGISTRY.get(query)
    return declared is not None and declared.kind == "query" and declared.returns is Screen
