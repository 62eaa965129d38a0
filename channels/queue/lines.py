"""The lines of a batch: each session locked and loaded once, moved by its members in turn, stored and told once."""

from itertools import zip_longest
from typing import Any
from uuid import UUID

from carewire.access import remember
from carewire.batch import Batch, Member
from carewire.errors import NotFound
from channels.queue import access
from channels.queue.line import Line, Token
from channels.queue.moved import Change, moved_all
from channels.session import access as session_access

Caller = Member[Any, Any]


class Lines:
    """Open it `at_desk` or `public`; let each member `move` the line she sees; `store` before anybody is answered."""

    def __init__(self, batch: Batch[Any, Any], before: dict[UUID, Line], seen: set[Caller]) -> None:
        self._batch = batch
        self._before = before
        self._now = dict(before)
        self._seen = seen
        self._moved_by: dict[UUID, Caller] = {}
        self._last: dict[UUID, Caller] = {}

    @classmethod
    async def at_desk(cls, batch: Batch[Any, Any]) -> "Lines":
        """For those who run the lines; a stranger sees none and locks none."""
        members: list[Caller] = list(batch)
        asks = [(member.actor.id, member.params.session_id) for member in members]
        return await cls._open(batch, members, await session_access.desks(batch.tx, asks), session_access.desk)

    @classmethod
    async def public(cls, batch: Batch[Any, Any]) -> "Lines":
        """For anybody who joins them."""
        members: list[Caller] = list(batch)
        found = await session_access.sessions(batch.tx, [m.params.session_id for m in members]) if members else []
        return await cls._open(batch, members, found, session_access.session)

    @classmethod
    async def _open(
        cls, batch: Batch[Any, Any], members: list[Caller], found: list[session_access.Session | None], door: Any
    ) -> "Lines":
        sessions = {session.id: session for session in found if session is not None}
        lines = await access.load_all(batch.tx, list(sessions.values())) if sessions else {}
        seen = set[Caller]()
        for member, session in zip(members, found, strict=True):
            if session is not None:
                seen.add(member)
                remember(member, door, session_id=session.id)
        return cls(batch, lines, seen)

    @property
    def members(self) -> list[Caller]:
        """Those who see their line."""
        return [member for member in self._batch if member in self._seen]

    def of(self, member: Caller) -> Line:
        """The line as she finds it, with the moves of those before her; `NotFound` when she may not see it."""
        if member not in self._seen:
            raise NotFound()
        return self._now[member.params.session_id]

    def move(self, member: Caller, after: Line) -> None:
        """Her move of it."""
        session_id = after.session.id
        for was, token in zip_longest(self._now[session_id].tokens, after.tokens):  # a move keeps them in their order
            if was is not token:
                self._moved_by[token.id] = member
        self._now[session_id] = after
        self._last[session_id] = member

    async def store(self) -> None:
        """Settle, store and tell every line that was moved: one event for all moves of a line."""
        changes = [
            Change(member, self._before[session_id], self._now[session_id], self._moved_by)
            for session_id, member in sorted(self._last.items())
        ]
        for line in await moved_all(changes) if changes else ():
            self._now[line.session.id] = line

    def token(self, member: Caller, token_id: UUID) -> tuple[Line, Token]:
        """A token as it stands in the end, and its line."""
        line = self._now[member.params.session_id]
        return line, line.get(token_id)
