"""How the directory is searched: typed words against those that `migrations/0071_search.sql` keeps of every entry."""

from typing import Final

import msgspec

from carewire.command import Ctx
from carewire.resource import Match

NOTHING: Final = Match("false")


class Words(msgspec.Struct, frozen=True):
    """Entries that have every typed word, or one that sounds like it; a word nobody has may be off by a letter or two.

    `vector` is the entry's words in SQL. Prefixes count from three letters on, titles ("Dr.") do not count, and text
    without a word finds nothing.
    """

    noun: str
    vector: str

    async def match(self, ctx: Ctx, text: str) -> Match:
        """What the typed text comes to."""
        found = await ctx.tx.fetchrow("SELECT query, exact, short FROM search_match($1, $2)", self.noun, text)
        if found is None or found["query"] is None:
            return NOTHING
        if found["query"] == "":
            return Match("true")
        condition = f"{self.vector} @@ {{0}}::text::tsquery"
        if found["short"]:
            return Match(condition, [found["query"]])  # what two letters begin is half of the list: its order is enough
        # Where it stands: a name, what it is for, where. What a word only begins comes after what it is.
        relevance = f"(1000000 * ts_rank('{{{{0.05, 0.2, 0.5, 1}}}}', {self.vector}, {{1}}::text::tsquery))::bigint"
        return Match(condition, [found["query"], found["exact"]], relevance)
