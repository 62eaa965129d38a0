"""The client itself; see `carewire.client`."""

import asyncio
import contextlib
import itertools
import random
import time
from datetime import UTC, datetime
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import msgspec
import websockets
from websockets.asyncio.client import connect

from carewire.client.refused import Lost, Refused, pause_before
from carewire.client.subscription import Subscription
from carewire.client.wire import Wire
from carewire.ids import uuid7

T = TypeVar("T")

BACKOFF_S: Final = (0.1, 10.0)
REFRESH_EARLY_S: Final = 60.0
COMMAND_MAX_S: Final = 60.0
"""A command without a final answer by then raises `Lost`; its effect may or may not have happened."""


class Client:
    """See the module. `access_token` and `refresh_token` may come from an earlier run; `tokens_changed` keeps them."""

    def __init__(
        self,
        url: str,
        *,
        access_token: str | None = None,
        refresh_token: str | None = None,
        tokens_changed: Any = None,
        reconnect: bool = True,
    ) -> None:
        self.url = url
        self.access_token = access_token
        self.refresh_token = refresh_token
        self.welcome: dict[str, Any] = {}
        self.numbers = itertools.count(1)
        self.reconnects = 0
        self._tokens_changed = tokens_changed
        self._reconnect = reconnect
        self._wire: Wire | None = None
        self._up = asyncio.Event()
        self._subscriptions: dict[str, Subscription] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._renewal: asyncio.TimerHandle | None = None
        self._skew_s = 0.0
        self._ended: Exception | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect, and log in when there is a token."""
        self._adopt(await self._connect())

    async def close(self) -> None:
        """End for good."""
        self._closing = True
        if self._renewal is not None:
            self._renewal.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._wire is not None:
            await self._wire.retire(0)

    # --- asking --------------------------------------------------------------------------------------------------

    async def call(self, method: str, **params: Any) -> Any:
        """Send once, whatever happens. For methods that keep no receipts (logins)."""
        return await (await self._ready()).request(method, params)

    async def query(self, method: str, **params: Any) -> Any:
        """Ask, again if the socket goes; a query changes nothing."""
        return await self._until_answered(method, params)

    async def command(self, method: str, **params: Any) -> Any:
        """Have the effect exactly once: sent with a key, again until there is a final answer."""
        params.setdefault("idempotency_key", str(self.new_key()))
        return await self._until_answered(method, params)

    async def ask(self, returns: type[T], method: str, **params: Any) -> T:
        """`query` with the answer converted to a type."""
        return msgspec.convert(await self.query(method, **params), returns, strict=False)

    def new_key(self) -> UUID:
        """A UUIDv7 (RFC 9562) dated by the server's clock."""
        return uuid7(time.time() + self._skew_s)

    async def _until_answered(self, method: str, params: dict[str, Any]) -> Any:
        deadline = time.monotonic() + COMMAND_MAX_S
        while True:
            try:
                return await (await self._ready()).request(method, params)
            except Refused as refused:
                pause = pause_before(refused.retry)
                if pause is None or time.monotonic() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
            except Lost:
                raise
            except ConnectionError:
                if time.monotonic() > deadline:
                    raise Lost(f"{method} had no answer") from None

    async def _ready(self) -> Wire:
        await self._up.wait()
        if self._wire is None:
            raise self._ended or Lost("closed")
        return self._wire

    # --- login ---------------------------------------------------------------------------------------------------

    async def login_with_code(self, phone: str, code: str, **more: Any) -> dict[str, Any]:
        """`auth.otp_verify`; ask for the code first with `call("auth.otp_send", phone=…)`."""
        return self._keep(await self.call("auth.otp_verify", phone=phone, code=code, **more))

    async def login(self, email: str, password: str) -> dict[str, Any]:
        """`auth.login`."""
        return self._keep(await self.call("auth.login", email=email, password=password))

    async def authenticate(self, access_token: str, refresh_token: str | None = None) -> None:
        """Use a token from elsewhere."""
        self.access_token, self.refresh_token = access_token, refresh_token
        await self.call("auth.authenticate", access_token=access_token)

    async def refresh(self) -> dict[str, Any]:
        """Renew the tokens in band. A lost reply is repaired by presenting the same refresh token again at once."""
        return self._keep(await self._refresh_on(await self._ready()))

    async def _refresh_on(self, wire: Wire) -> dict[str, Any]:
        answer: dict[str, Any] = await wire.request("auth.refresh", {"refresh_token": self.refresh_token})
        return answer

    def _keep(self, login: dict[str, Any]) -> dict[str, Any]:
        self.access_token = login["access_token"]
        self.refresh_token = login.get("refresh_token", self.refresh_token)
        if self._tokens_changed is not None:
            self._tokens_changed(self.access_token, self.refresh_token)
        expires = login.get("access_expires_at")
        if expires is not None and self.refresh_token is not None:
            left = datetime.fromisoformat(expires).timestamp() - time.time() - self._skew_s
            self._renew_in(max(left - REFRESH_EARLY_S, left * 0.5))
        return login

    def _renew_in(self, seconds: float) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
        self._renewal = asyncio.get_running_loop().call_later(seconds, lambda: self._spawn(self._renew()))

    async def _renew(self) -> None:
        with contextlib.suppress(ConnectionError, Refused):
            await self.refresh()

    # --- topics --------------------------------------------------------------------------------------------------

    async def subscribe(self, topic: str) -> Subscription:
        """Follow a topic; the first change is a `Snapshot`. Raises `Refused` without the right."""
        subscription = Subscription(self, topic)
        self._subscriptions[topic] = subscription
        try:
            answer = await self._until_answered("topic.subscribe", {"topic": topic})
        except BaseException:
            if self._subscriptions.get(topic) is subscription:
                del self._subscriptions[topic]
            raise
        if subscription.offset is None:
            subscription.put_answer(answer["epoch"], answer)
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Stop following."""
        if self._subscriptions.pop(subscription.topic, None) is not None:
            with contextlib.suppress(ConnectionError, Refused):
                await self.call("topic.unsubscribe", topic=subscription.topic)

    def hear(self, wire: Wire, name: str, params: dict[str, Any]) -> None:
        """A notification from a socket."""
        if name == "socket:welcome":
            if not wire.welcome.done():
                wire.welcome.set_result(params)
        elif name == "socket:moving":
            if wire is self._wire:
                self._spawn(self._move(params))
        elif name == "auth:expiring":
            self._spawn(self._renew())
        elif name == "topic:resync":
            if (subscription := self._subscriptions.get(params["topic"])) is not None and wire is self._wire:
                self._spawn(self._start_over(subscription))
        elif name == "topic:ended":
            if (subscription := self._subscriptions.pop(params["topic"], None)) is not None:
                subscription.fail(
                    Refused({"code": 404, "message": "the right to this topic ended", "data": {"reason": "not_found"}})
                )
        elif (subscription := self._subscriptions.get(params.get("topic", ""))) is not None:
            subscription.put_event(name, params)

    async def _start_over(self, subscription: Subscription) -> None:
        params = {"topic": subscription.topic, "epoch": subscription.epoch, "after": subscription.offset}
        try:
            answer = await self._until_answered("topic.subscribe", params)
        except Refused as refused:
            self._subscriptions.pop(subscription.topic, None)
            subscription.fail(refused)
        except ConnectionError as error:
            subscription.fail(error)
        else:
            subscription.put_answer(answer["epoch"], answer)

    # --- coming back ---------------------------------------------------------------------------------------------

    async def _connect(self) -> Wire:
        """A socket that is logged in and has resumed everything."""
        connection = await connect(self.url, compression=None, max_size=None, open_timeout=10, ping_interval=20)
        wire = Wire(connection, self)
        try:
            self.welcome = await wire.welcome
            self._skew_s = (
                datetime.fromisoformat(self.welcome["server_time"]).timestamp() - datetime.now(UTC).timestamp()
            )
            if self.access_token is not None:
                await self._log_in_again(wire)
            await self._resume(wire)
        except BaseException:
            await connection.close()
            raise
        return wire

    async def _log_in_again(self, wire: Wire) -> None:
        try:
            await wire.request("auth.authenticate", {"access_token": self.access_token})
        except Refused:
            if self.refresh_token is None:
                raise
            self._keep(await self._refresh_on(wire))

    async def _resume(self, wire: Wire) -> None:
        known = {s.topic: s for s in self._subscriptions.values() if s.offset is not None}
        if not known:
            return
        epochs = {s.epoch for s in known.values()}
        for epoch in epochs:
            offsets = {t: s.offset for t, s in known.items() if s.epoch == epoch}
            answer = await wire.request("socket.resume", {"epoch": epoch, "topics": offsets})
            for topic, told in answer["topics"].items():
                if "error" in told:
                    self._subscriptions.pop(topic, None)
                known[topic].put_answer(answer["epoch"], told)

    def _adopt(self, wire: Wire) -> None:
        self._wire = wire
        self._up.set()

    def lost(self, wire: Wire) -> None:
        """A socket closed; if it was the one in use, come back as its close code says."""
        if wire is not self._wire or self._closing:
            return
        self._wire = None
        code = wire.connection.close_code or 1006
        if not self._reconnect or code >= 4200 or code == 4104:
            self._end(Lost(f"closed with {code}"))
            return
        self._up.clear()
        self._spawn(self._come_back())

    def _end(self, error: Exception) -> None:
        self._ended = error
        self._up.set()
        for subscription in self._subscriptions.values():
            subscription.fail(error)

    async def _come_back(self) -> None:
        pause = BACKOFF_S[0]
        while True:
            await asyncio.sleep(random.uniform(0, pause))
            try:
                self._adopt(await self._connect())
            except Refused as refused:
                if pause_before(refused.retry) is None:
                    self._end(refused)
                    return
            except (OSError, websockets.WebSocketException):
                pass
            else:
                self.reconnects += 1
                return
            pause = min(pause * 2, BACKOFF_S[1])

    async def _move(self, params: dict[str, Any]) -> None:
        """Make before break: the old socket delivers until the new one has resumed."""
        await asyncio.sleep(params.get("after_ms", 0) / 1000)
        old = self._wire
        try:
            new = await self._connect()
        except (OSError, Refused, websockets.WebSocketException):
            return  # the old socket's close will bring us back
        self._adopt(new)
        self.reconnects += 1
        if old is not None:
            await old.retire(params.get("grace_ms", 10_000) / 1000)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
