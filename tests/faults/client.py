"""A client that behaves as an honest app does and writes down every word: what it sent, was answered and heard.

It keeps no promise of its own: order, gaps and duplicates are judged later, from its log.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from carewire.ids import uuid7

ANSWER_S: Final = 4.0
"""A call that is not answered by then: the client takes the socket for dead and opens another."""
CONNECT_S: Final = 3.0
HOMESICK_S: Final = 2.0
PAUSE_S: Final = (0.02, 0.2)


_BEGAN: Final = time.monotonic()


def now() -> float:
    """Seconds on the clock that all logs of this process share."""
    return time.monotonic() - _BEGAN


class Lost(Exception):
    """The socket went before the answer came."""


class Said(NamedTuple):
    """One line of a topic's log."""

    kind: str  # ask, answer, refused, event, resync, ended, lost
    at: float
    socket: int
    epoch: str | None = None
    offset: int | None = None  # of an ask: `after`
    name: str | None = None
    data: Any = None  # of an answer: {"snapshot": …} or {"events": […]}
    resync: bool = False


class Try(NamedTuple):
    """One sending of an operation, and what came of it."""

    client: str
    at: float
    outcome: str  # ok, refused, lost
    reason: str = ""
    result: bytes = b""


class Op:
    """A command a client wants done once, whatever it takes."""

    def __init__(
        self, account: UUID, method: str, params: dict[str, Any], *, patient: bool = True, marked: bool = False
    ) -> None:
        self.id = uuid7()
        self.account = account
        self.method = method
        self.params = params | {"idempotency_key": str(self.id)} | ({"op": str(self.id)} if marked else {})
        self.patient = patient
        """An impatient client sends once and never asks what became of it."""
        self.tries: list[Try] = []
        self.closed = False

    @property
    def ok(self) -> Try | None:
        return next((t for t in self.tries if t.outcome == "ok"), None)

    @property
    def final(self) -> Try | None:
        """The answer that ended it, if any did."""
        return self.ok or next((t for t in reversed(self.tries) if self.closed and t.outcome == "refused"), None)

    @property
    def result(self) -> Any:
        return msgspec.json.decode(self.ok.result) if self.ok else None


class _Result(msgspec.Struct):
    result: msgspec.Raw


Hear = Callable[[dict[str, Any]], None]


class _Waiting(NamedTuple):
    """A call without an answer yet. `hear` is told in the order of the frames, before anything that came behind."""

    future: "asyncio.Future[tuple[dict[str, Any], bytes]]"
    hear: Hear | None


class Client:
    """One device of one account."""

    def __init__(self, name: str, account: UUID, token: str, urls: list[str], rng: random.Random) -> None:
        """`urls`: the first is home; a client that had to go elsewhere comes back soon, as behind a load balancer."""
        self.name, self.account, self.token, self.urls, self.rng = name, account, token, urls, rng
        self.wanted: list[str] = []
        self.log: dict[str, list[Said]] = {}
        self.ops: list[Op] = []
        self.notes: list[str] = []
        """What no honest server sends."""
        self.closes: dict[int, int] = {}
        self.sockets = 0
        self.cut_after_send = self.cut_after_receive = False
        self.tired = asyncio.Event()
        """Take up no new work."""
        self.writes = True
        self.online = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._position: dict[str, tuple[str, int]] = {}
        self._on: set[str] = set()
        self._ws: ClientConnection | None = None
        self._url = ""
        self._away = False
        self._absent_s = 0.0
        self._given_up: ClientConnection | None = None
        self._ids = itertools.count(1)
        self._pending: dict[int, _Waiting] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._listeners: dict[str, Callable[[Said], None]] = {}

    @property
    def at_home(self) -> bool:
        """On the gateway it prefers?"""
        return self._url == self.urls[0]

    # --- faults ------------------------------------------------------------------------------------------------------
    def freeze(self) -> None:
        """Stop reading; the kernel's buffers fill."""
        self._reading.clear()

    def thaw(self) -> None:
        self._reading.set()

    def drop(self) -> None:
        """The line goes without a farewell."""
        if self._ws is not None:
            self._ws.transport.abort()

    def stay_away(self, seconds: float) -> None:
        """Go, and do not come back before."""
        self._absent_s = seconds
        self.drop()

    async def rest(self, seconds: float) -> None:
        """Do nothing so long, or until tired."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.tired.wait()

    # --- life --------------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Be connected as much as possible, until cancelled."""
        url = 0
        try:
            while True:
                opened = self.sockets
                with contextlib.suppress(OSError, TimeoutError, WebSocketException, Lost):
                    await self._one_socket(self.urls[url])
                url = (url + 1) % len(self.urls) if opened == self.sockets or self._away else 0
                self._away = False
                away, self._absent_s = self._absent_s, 0.0
                await asyncio.sleep(away + self.rng.uniform(*PAUSE_S))
        finally:
            self.drop()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one_socket(self, url: str) -> None:
        ws = await connect(
            url,
            additional_headers={"Authorization": f"Bearer {self.token}"},
            open_timeout=CONNECT_S,
            close_timeout=0.2,
            ping_interval=None,
            compression=None,
            max_size=None,
        )
        self.sockets += 1
        self._ws, self._url = ws, url
        reader = asyncio.create_task(self._read(ws))
        try:
            await self._take_up()
            self.online.set()
            if url != self.urls[0]:
                asyncio.get_running_loop().call_later(HOMESICK_S, ws.transport.abort)
            await reader
        finally:
            self.online.clear()
            self._ws = None
            ws.transport.abort()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            if ws.close_code is not None:
                self.closes[ws.close_code] = self.closes.get(ws.close_code, 0) + 1
            for topic in self._on:
                self._note(topic, "lost")
            self._on.clear()

    async def _take_up(self) -> None:
        """Every wanted topic: those with a position by one resume, the others one by one."""
        known = [t for t in self.wanted if t in self._position]
        by_epoch: dict[str, dict[str, int]] = {}
        for topic in known:
            epoch, offset = self._position[topic]
            by_epoch.setdefault(epoch, {})[topic] = offset
        for epoch, topics in by_epoch.items():
            await self._resume(epoch, topics)
        for topic in self.wanted:
            if topic not in self._on:
                await self.subscribe(topic)

    async def _resume(self, epoch: str, topics: dict[str, int]) -> None:
        def hear(answer: dict[str, Any]) -> None:
            result = answer.get("result", {"topics": {}})
            for topic, place in result["topics"].items():
                if "error" not in place:
                    self._answered(topic, result["epoch"], place, (epoch, topics[topic]))
                elif place["error"]["data"]["retry"] == "never":
                    self._refused(topic, place["error"])

        while True:
            answer, _ = await self.call("socket.resume", {"epoch": epoch, "topics": topics}, hear)
            if not await self._again(answer):
                return

    async def subscribe(self, topic: str) -> bool:
        """Subscribe, from the position held if there is one; False when it may not."""
        epoch, after = self._position.get(topic, (None, None))
        params = {"topic": topic} if after is None else {"topic": topic, "epoch": epoch, "after": after}

        def hear(answer: dict[str, Any]) -> None:
            if "result" in answer:
                self._answered(topic, answer["result"]["epoch"], answer["result"], (epoch, after))
            elif answer["error"]["data"]["retry"] == "never":
                self._refused(topic, answer["error"])

        while True:
            answer, _ = await self.call("topic.subscribe", params, hear)
            if not await self._again(answer):
                return "result" in answer

    @staticmethod
    async def _again(answer: dict[str, Any]) -> bool:
        """Should the same be asked again? Waits as told."""
        retry = answer.get("error", {}).get("data", {}).get("retry", "never")
        if retry == "never":
            return False
        await asyncio.sleep(min(retry["after_ms"] / 1000, 1.0) if isinstance(retry, dict) else 0.05)
        return True

    def _answered(self, topic: str, epoch: str, place: dict[str, Any], asked: tuple[str | None, int | None]) -> None:
        self._on.add(topic)
        told = {k: place[k] for k in ("snapshot", "events") if k in place} | {"asked": asked}
        self._note(topic, "answer", epoch=epoch, offset=place["offset"], data=told, resync=place.get("resync", False))
        self._position[topic] = (epoch, place["offset"])

    def _refused(self, topic: str, error: dict[str, Any]) -> None:
        if error["data"]["reason"] == "overtaken":
            return  # by another subscribe of ours, whose answer is the one that counts
        self._note(topic, "refused", name=error["data"]["reason"])
        self._position.pop(topic, None)
        if error["data"]["reason"] == "not_found" and topic in self.wanted:
            self.wanted.remove(topic)

    # --- calls -------------------------------------------------------------------------------------------------------
    async def call(self, method: str, params: dict[str, Any], hear: Hear | None = None) -> tuple[dict[str, Any], bytes]:
        """One request; its answer decoded and as bytes. Raises `Lost`."""
        ws = self._ws
        if ws is None:
            raise Lost
        number = next(self._ids)
        waiting = self._pending[number] = _Waiting(asyncio.get_running_loop().create_future(), hear)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        try:
            await ws.send(msgspec.json.encode(request).decode())
            if self.cut_after_send:
                self.cut_after_send = False
                ws.transport.abort()
            async with asyncio.timeout(ANSWER_S):
                return await waiting.future
        except TimeoutError:
            # The answer may lie in a buffer already; who has given up on a socket reads nothing more from it.
            self._given_up = ws
            ws.transport.abort()
            raise Lost from None
        except WebSocketException:
            raise Lost from None
        finally:
            self._pending.pop(number, None)
            if not waiting.future.cancel() and not waiting.future.cancelled():
                waiting.future.exception()  # looked at: nobody else will

    async def attempt(self, op: Op) -> dict[str, Any] | None:
        """Send an operation once; its answer, or None when none came. Written down either way."""
        at = now()
        try:
            answer, raw = await self.call(op.method, op.params)
        except Lost:
            op.tries.append(Try(self.name, at, "lost"))
            return None
        if "result" in answer:
            result = bytes(msgspec.json.decode(raw, type=_Result).result)
            op.tries.append(Try(self.name, at, "ok", result=result))
        else:
            op.tries.append(Try(self.name, at, "refused", reason=answer["error"]["data"]["reason"]))
        return answer

    async def perform(self, op: Op, *, at_once: "list[Client] | None" = None) -> Any:
        """Send until there is a final answer; the result, or None when it was refused for good.

        `at_once`: the first time over all these clients together.
        """
        self.ops.append(op)
        await self.online.wait()
        if at_once:
            await asyncio.gather(*(client.attempt(op) for client in at_once))
        while op.ok is None:
            answer = await self.attempt(op)
            if not op.patient:
                break
            if answer is None:
                await asyncio.sleep(0.02)
            elif "error" in answer and not await self._again(answer):
                op.closed = True
                break
            await self.online.wait()
        return op.result

    async def repeat(self, op: Op) -> None:
        """Ask once more for what is done already: the same bytes must come."""
        await self.online.wait()
        await self.attempt(op)

    async def want(self, *topics: str) -> None:
        """Listen to these from now on, also on later sockets."""
        for topic in topics:
            if topic not in self.wanted:
                self.wanted.append(topic)
            if self.online.is_set() and topic not in self._on:
                with contextlib.suppress(Lost):
                    await self.subscribe(topic)

    def listen(self, topic: str, listener: Callable[[Said], None]) -> None:
        """Be told each line of a topic's log, also those written already."""
        for said in self.log.get(topic, ()):
            listener(said)
        self._listeners[topic] = listener

    # --- hearing -----------------------------------------------------------------------------------------------------
    async def _read(self, ws: ClientConnection) -> None:
        try:
            while True:
                await self._reading.wait()
                frame = await ws.recv()
                if ws is self._given_up:
                    raise Lost
                self._heard(frame if isinstance(frame, bytes) else frame.encode())
                if self.cut_after_receive:
                    self.cut_after_receive = False
                    ws.transport.abort()
                    raise Lost
        finally:
            for waiting in self._pending.values():
                if not waiting.future.done():
                    waiting.future.set_exception(Lost())
            self._pending.clear()

    def _heard(self, raw: bytes) -> None:
        message = msgspec.json.decode(raw)
        if "method" not in message:
            waiting = self._pending.get(message["id"])
            if waiting is not None and not waiting.future.done():
                if waiting.hear is not None:
                    waiting.hear(message)
                waiting.future.set_result((message, raw))
            elif waiting is None and "error" in message and message["id"] is None:
                self.notes.append(f"answer to nobody: {message['error']}")
            return
        params = message["params"]
        topic = params.get("topic")
        match message["method"]:
            case "socket:moving" if self.rng.random() < 0.7:
                # The others stay until they are closed.
                asyncio.get_running_loop().call_later(params["after_ms"] / 1000, self._move)
            case "topic:resync":
                self._note(topic, "resync", name=params.get("why"))
                self._on.discard(topic)
                self._spawn(self._come_back(topic))
            case "topic:ended":
                self._note(topic, "ended", name=params.get("why"))
                self._on.discard(topic)
                self._position.pop(topic, None)
                if topic in self.wanted:
                    self.wanted.remove(topic)
            case _ if "offset" in params:
                self._note(topic, "event", offset=params["offset"], name=message["method"], data=params["data"])
                if topic in self._position:
                    self._position[topic] = (self._position[topic][0], params["offset"])
            case name if name.split(":")[0] not in ("socket", "auth"):
                self.notes.append(f"unknown message {name}")

    def _move(self) -> None:
        """Asked to go elsewhere: at once, and not home."""
        self._away = True
        self.drop()

    async def _come_back(self, topic: str) -> None:
        if self.rng.random() < 0.5:
            self._position.pop(topic, None)
        with contextlib.suppress(Lost):
            await self.subscribe(topic)

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the log -----------------------------------------------------------------------------------------------------
    def _note(self, topic: str, kind: str, **more: Any) -> None:
        if not self.writes:
            return
        said = Said(kind, now(), self.sockets, **more)
        self.log.setdefault(topic, []).append(said)
        if topic in self._listeners:
            self._listeners[topic](said)

    def position(self, topic: str) -> tuple[str, int] | None:
        """Where this client believes to stand, if it hears the topic now."""
        return self._position.get(topic) if topic in self._on else None
