"""The tokens of a login: presented on every new socket, renewed in band before they run out.

A refresh token is good once. When the reply to a renewal is lost, nobody knows whether it was spent; the server answers
the same token again with the same successor for half a minute, so it is presented again at once, before anything else.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Final

from carewire.client.refused import Refused, pause_before
from carewire.client.wire import Wire

EARLY_S: Final = 60.0
"""Tokens are renewed this long before their end, or half-way when they live shorter."""
SOONEST_S: Final = 0.2
RENEWAL_MAX_S: Final = 10.0

Changed = Callable[[str | None, str | None], None]


class Tokens:
    """See the module."""

    def __init__(
        self,
        access: str | None,
        refresh: str | None,
        *,
        changed: Changed | None,
        server_now: Callable[[], float],
        ready: Callable[[], Awaitable[Wire]],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.access, self.refresh = access, refresh
        self._changed, self._server_now, self._ready, self._spawn = changed, server_now, ready, spawn
        self._unanswered = False
        """The refresh token was presented and no final answer came."""
        self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._turn = asyncio.Lock()

    def keep(self, login: dict[str, Any]) -> None:
        """A login's answer brought new tokens."""
        self.access = login["access_token"]
        self.refresh = login.get("refresh_token", self.refresh)
        self._unanswered = False
        if self._changed is not None:
            self._changed(self.access, self.refresh)
        self._plan(login["access_expires_at"])

    def forget(self) -> None:
        """Logged out."""
        self.access = self.refresh = None
        self._unanswered = False
        self.stop()
        if self._changed is not None:
            self._changed(None, None)

    def stop(self) -> None:
        """No renewal of its own accord any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def log_in(self, wire: Wire) -> None:
        """Log a new socket in, when there is a token. Raises `Refused` when the login is over."""
        async with self._turn:
            if self.access is not None and not self._unanswered:
                try:
                    await self.present(wire)
                except Refused as refused:
                    if refused.reason != "unauthenticated" or self.refresh is None:
                        raise
                else:
                    return
            if self.refresh is not None:
                await self._exchange(wire)

    async def present(self, wire: Wire) -> None:
        """Log a socket in with the access token."""
        answer = await wire.request("auth.authenticate", {"access_token": self.access})
        self._plan(answer["access_expires_at"])

    async def adopt(self, wire: Wire, access: str, refresh: str | None) -> None:
        """Log a socket in with tokens from elsewhere; refused ones are not kept."""
        before = self.access, self.refresh
        self.access, self.refresh = access, refresh
        try:
            await self.present(wire)
        except Refused:
            self.access, self.refresh = before
            raise

    async def renew(self) -> None:
        """Have new tokens, whoever gets them. Raises `Refused` or, when nothing comes back, `Lost`."""
        presented = self.refresh
        while self.refresh == presented:
            wire = await self._ready()
            async with self._turn:
                if self.refresh != presented:
                    return
                try:
                    async with asyncio.timeout(RENEWAL_MAX_S):
                        await self._exchange(wire)
                except (ConnectionError, TimeoutError):
                    continue  # the next socket begins with presenting the same token again

    async def _exchange(self, wire: Wire) -> None:
        self._unanswered = True
        try:
            await wire.request("auth.refresh", {"refresh_token": self.refresh}, then=lambda _, login: self.keep(login))
        except Refused as refused:
            self._unanswered = pause_before(refused.retry) is not None
            raise

    def expiring(self, expires_at: str) -> None:
        """The server says that this socket's token runs out."""
        planned = self._timer is not None and self._due_at < datetime.fromisoformat(expires_at).timestamp()
        if self.refresh is not None and not planned:
            self._spawn(self._renew_in_time())

    def _plan(self, expires_at: str) -> None:
        self.stop()
        if self.refresh is None:
            return
        now = self._server_now()
        left = datetime.fromisoformat(expires_at).timestamp() - now
        # Spread: after a node's restart everybody logged in within the same second.
        pause = max(SOONEST_S, max(left - EARLY_S, left / 2) * random.uniform(0.9, 1.0))
        self._due_at = now + pause
        self._timer = asyncio.get_running_loop().call_later(pause, self._fall_due)

    def _fall_due(self) -> None:
        self._timer = None
        self._spawn(self._renew_in_time())

    async def _renew_in_time(self) -> None:
        attempt = 0
        while True:
            try:
                await self.renew()
                return
            except Refused as refused:
                pause = pause_before(refused.retry, attempt)
                if pause is None:
                    return  # the login is over; the server's close says so to everybody
                await asyncio.sleep(pause)
                attempt += 1
            except ConnectionError:
                return  # there is no coming back
