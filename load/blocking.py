"""`carewire.client` for greenlets: calls that block the greenlet, and no other, until the answer is there.

locust patches the standard library for gevent, and asyncio does not run on that. So the clients live on a uvloop in one
native thread (libuv does not use what gevent patches), and the two worlds meet at two points that are safe between
threads: `loop.call_soon_threadsafe` on the way in, gevent's async watcher on the way back. Nothing else is shared: no
lock, no `concurrent.futures`, no asyncio object is touched from the greenlets' side.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final, TypeVar

import gevent
import uvloop
from gevent import monkey
from gevent.event import AsyncResult

from carewire.client import Client, Event, Lost, Refused, Snapshot
from carewire.client.subscription import Subscription
from carewire.client.wire import Wire

T = TypeVar("T")

Change = Snapshot | Event
Pushed = Callable[[str, float], None]
"""Called with the name of an event and its milliseconds from commit (as the server stamped it) to this process."""

ROUND_TRIPS: Final = 3


class Bridge:
    """One native thread with the clients' loop; one per process."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._back: deque[Callable[[], None]] = deque()
        self._watcher = gevent.get_hub().loop.async_()
        self._watcher.start(self._drain)
        # The patched `threading` would make a greenlet of it.
        monkey.get_original("_thread", "start_new_thread")(self._run, ())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _drain(self) -> None:
        while self._back:
            self._back.popleft()()

    def hand_back(self, call: Callable[[], None]) -> None:
        """Have this called among the greenlets, soon and in order. For the loop's thread; it must not block."""
        self._back.append(call)
        self._watcher.send()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine of the loop; only the calling greenlet waits. Killing it cancels the work."""
        answer: AsyncResult = AsyncResult()
        tasks: list[asyncio.Task[T]] = []

        def settle(task: "asyncio.Task[T]") -> None:
            if task.cancelled():
                self.hand_back(lambda: answer.set_exception(Lost("cancelled")))
            elif (error := task.exception()) is not None:
                self.hand_back(lambda: answer.set_exception(error))
            else:
                result = task.result()
                self.hand_back(lambda: answer.set(result))

        def begin() -> None:
            tasks.append(self._loop.create_task(work))
            tasks[0].add_done_callback(settle)

        self._loop.call_soon_threadsafe(begin)
        try:
            found: T = answer.get()
        except gevent.GreenletExit:
            self._loop.call_soon_threadsafe(lambda: tasks[0].cancel())
            raise
        return found


class TimedClient(Client):
    """A client that says how long each pushed event was under way, before anything else is done with it."""

    def __init__(self, url: str, pushed: Pushed, **options: Any) -> None:
        super().__init__(url, **options)
        self._pushed = pushed
        self._ahead_s = 0.0
        """How much the server's clock is ahead of ours, by the quickest of a few round trips."""

    async def set_clock(self) -> None:
        """Compare clocks. Off by half a round trip at most."""
        best = float("inf")
        for _ in range(ROUND_TRIPS):
            sent = time.time()
            told = await self.query("socket.ping")
            took = time.time() - sent
            if took < best:
                best = took
                self._ahead_s = datetime.fromisoformat(told["server_time"]).timestamp() - (sent + took / 2)

    def _hear(self, wire: Wire, name: str, params: dict[str, Any]) -> None:
        heard = time.time()
        if "offset" in params:
            at = datetime.fromisoformat(params["at"]).timestamp()
            # An event is known by its name and the noun of its topic.
            self._pushed(f"{name} on {params['topic'].partition(':')[0]}", max(0.0, heard + self._ahead_s - at) * 1000)
        super()._hear(wire, name, params)


class BlockingClient:
    """One principal's socket, for one greenlet at a time. Its methods raise what the client's own raise."""

    def __init__(self, bridge: Bridge, url: str, pushed: Pushed, **options: Any) -> None:
        self._bridge = bridge
        self._client = TimedClient(
            url, lambda name, took_ms: bridge.hand_back(lambda: pushed(name, took_ms)), **options
        )
        self._following: dict[str, tuple[Subscription, asyncio.Task[None]]] = {}

    @property
    def access_token(self) -> str | None:
        """The newest."""
        return self._client.access_token

    def open(self) -> None:
        """Connect, log in when there is a token, and compare clocks."""

        async def opened() -> None:
            await self._client.open()
            await self._client.set_clock()

        self._bridge.wait_for(opened())

    def close(self) -> None:
        """End for good."""
        self._bridge.wait_for(self._client.close())

    def call(self, method: str, **params: Any) -> Any:
        """Sent once."""
        return self._bridge.wait_for(self._client.call(method, **params))

    def query(self, method: str, **params: Any) -> Any:
        """Sent again if the socket goes."""
        return self._bridge.wait_for(self._client.query(method, **params))

    def command(self, method: str, **params: Any) -> Any:
        """Sent with a key until there is a final answer."""
        return self._bridge.wait_for(self._client.command(method, **params))

    def login_with_code(self, phone: str, code: str, **more: Any) -> dict[str, Any]:
        """`auth.otp_verify`."""
        return self._bridge.wait_for(self._client.login_with_code(phone, code, **more))

    def authenticate(self, token: str) -> None:
        """`auth.authenticate`."""
        self._bridge.wait_for(self._client.authenticate(token))

    def subscribe(self, topic: str, heard: Callable[[Change], None] = lambda change: None) -> None:
        """Follow a topic; every change is handed to `heard` among the greenlets. The end of a topic is silent."""

        async def read(subscription: Subscription) -> None:
            try:
                async for change in subscription:
                    self._bridge.hand_back(lambda change=change: heard(change))  # type: ignore[misc]
            except (Refused, ConnectionError):
                pass

        async def begin() -> None:
            subscription = await self._client.subscribe(topic)
            self._following[topic] = (subscription, asyncio.create_task(read(subscription)))

        self._bridge.wait_for(begin())

    def unsubscribe(self, topic: str) -> None:
        """Stop following."""

        async def end() -> None:
            subscription, task = self._following.pop(topic)
            await subscription.close()
            await task

        self._bridge.wait_for(end())
