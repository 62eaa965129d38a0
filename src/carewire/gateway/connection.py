"""One open connection: the asyncio shell around `Session`.

Every call runs as a task of its own, in its own context, started in arrival order; those that go by a lane need none.
The peer going away cancels none: what was started commits or refuses as if it had been heard.
"""

import asyncio
import functools
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog

from carewire import __version__, command, metrics
from carewire.actor import Actor
from carewire.bus.frame import Frame
from carewire.bus.hub import SUBSCRIPTIONS_MAX
from carewire.bus.tick import Write
from carewire.command import Peer
from carewire.errors import Close, Internal, MethodNotFound, Refusal
from carewire.gateway import methods, rpc
from carewire.gateway.outgoing import NOWHERE, Outgoing
from carewire.gateway.services import Rules, Services
from carewire.gateway.session import End, Notice, Reply, Session, Work
from carewire.lanes import Outcome
from carewire.params import decode_soundly

log = structlog.get_logger("carewire.gateway")

FRAME_BYTES_MAX: Final = 64 * 1024
HEARTBEAT_S: Final = 20
"""The server pings this often and closes a peer that answers none for as long."""
SUBPROTOCOL: Final = "carewire.v1"


class Socket:
    """One open connection; the hub knows it as a Listener."""

    __slots__ = ("__weakref__", "_out", "_services", "_session", "_tasks", "_timer", "closed_with", "is_open", "peer")

    def __init__(self, services: Services, rules: Rules, peer: Peer, actor: Actor | None) -> None:
        self._services = services
        self._session = Session(rules, actor)
        self._out: Outgoing
        self._tasks: set[asyncio.Future[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.peer = peer
        self.is_open = False
        self.closed_with: int | None = None

    # --- life --------------------------------------------------------------------------------------------------------
    def welcome(self) -> Frame:
        """What has to be the first frame of this socket."""
        return Frame(
            rpc.notification("socket:welcome", msgspec.json.encode(welcome(self._services, self._session.rules)))
        )

    def open(self, out: Outgoing) -> None:
        """The handshake is done, the welcome on its way: be known."""
        self._out = out
        self.is_open = True
        metrics.SOCKETS.inc()
        self._services.hub.register(self)
        self._tick()

    def closing(self, code: int) -> None:
        """A close frame is on its way: nothing more is heard or told."""
        self.closed_with = code
        self.is_open = False
        # Not at once: the hub may be in the middle of delivering to its listeners.
        asyncio.get_running_loop().call_soon(self._services.hub.drop, self)

    def lose(self, code: int) -> None:
        """The connection is over. Started calls go on; see `settle`."""
        self.is_open = False
        metrics.SOCKETS.dec()
        metrics.SOCKETS_CLOSED.labels(_label(self.closed_with or code)).inc()
        if self._timer is not None:
            self._timer.cancel()
        self._services.hub.drop(self)
        self._out.discard()
        self._out = NOWHERE  # the way out knows this socket too: a circle would wait for the garbage collector

    def turned(self) -> None:
        """The line was blocked, is free again, or closes."""
        self._services.hub.reroute(self)

    @property
    def is_working(self) -> bool:
        """Is a call running that was started here?"""
        return bool(self._tasks)

    async def settle(self) -> None:
        """Wait for the calls that were started; a node that stops lets them finish."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # --- Listener ----------------------------------------------------------------------------------------------------
    @property
    def actor(self) -> Actor | None:
        """Who is on this socket now."""
        return self._session.actor

    @property
    def direct(self) -> Write | None:
        """The way straight onto the line while it is free."""
        return self._out.direct

    def deliver(self, frame: Frame) -> None:
        """An event for this socket."""
        self._out.put(frame)

    def notify(self, name: str, params: bytes) -> None:
        """A message about the connection itself."""
        self._out.put(Frame(rpc.notification(name, params)))

    def rebind(self, actor: Actor | None) -> None:
        """The hub looked again: the login with its present rights, or None when it has ended."""
        if actor is not None:
            self._session.change_rights(actor)
        elif self._session.actor is not None:
            self._session.unbind()
            self.close(Close.LOGIN_ENDED, "the login has ended")

    def close(self, code: int, reason: str) -> None:
        """End the socket."""
        self._out.close(code, reason)

    # --- calls -------------------------------------------------------------------------------------------------------
    def receive(self, frame: str | bytes) -> None:
        """A text frame came: answer what is wrong with it, start what is right."""
        session = self._session
        intake = session.receive(frame, self._decode)
        for answer in intake.send:
            self._out.put(Frame(answer))
        for work in intake.work:
            self._start(work)
        self._count()

    def _decode(self, name: str, params: bytes) -> msgspec.Struct | None:
        method = methods.REGISTRY.get(name)
        if method is not None:
            return decode_soundly(method, params)
        return self._services.dispatcher.decode(name, params)

    def _start(self, work: Work) -> None:
        call = work.call
        running: asyncio.Future[Any] | None = None
        if not isinstance(call.params, bytes):
            method = methods.REGISTRY.get(call.method)
            if method is None:
                running = self._services.dispatcher.enter(call.method, call.params, self.actor, self.peer)
            elif method.at_once:
                self._answer(work, method, call.params)
                return
        if running is not None:
            running.add_done_callback(functools.partial(self._end, work))
        else:
            running = asyncio.get_running_loop().create_task(self._run(work))
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    def _end(self, work: Work, ended: "asyncio.Future[Outcome]") -> None:
        """A call that went by a lane is over."""
        call = work.call
        try:
            outcome = ended.result()
            self._heed(outcome)
            answer = None if call.id is None else rpc.result(call.id, outcome.result)
        except Refusal as refusal:
            answer = self._session.refuse(call, refusal)
        self._write(self._session.finish(work, answer))
        self._count()

    def _answer(self, work: Work, method: methods.Method, params: msgspec.Struct) -> None:
        """A call that has to wait for nothing."""
        call = work.call
        try:
            result = method.answer(self, self._services, params)
            answer = None if call.id is None else rpc.result(call.id, result)
        except Exception as error:
            answer = self._session.refuse(call, _internal(call.method, error))
        self._write(self._session.finish(work, answer))

    async def _run(self, work: Work) -> None:
        call = work.call
        answer: bytes | None = None
        then: Callable[[], None] | None = None
        try:
            result, then = await self._call(call)
            if call.id is not None:
                answer = rpc.result(call.id, result)
        except Refusal as refusal:
            answer = self._session.refuse(call, refusal)
        except Exception as error:
            answer = self._session.refuse(call, _internal(call.method, error))
        self._write(self._session.finish(work, answer, then))
        self._count()

    async def _call(self, call: rpc.Call) -> tuple[bytes, Callable[[], None] | None]:
        method = methods.REGISTRY.get(call.method)
        if call.fault is not None:
            # A name that does not exist is the first thing wrong with a call.
            raise call.fault if method or call.method in command.REGISTRY else MethodNotFound()
        if method is not None:
            try:
                answered = await method.run(self, self._services, call.params)
            finally:
                if not self.is_open:
                    # It may have begun to listen after the hub was told that this socket is gone.
                    self._services.hub.drop(self)
            return answered.result, answered.go_live
        outcome = await self._services.dispatcher.run(call.method, call.params, self.actor, self.peer)
        self._heed(outcome)
        return outcome.result, None

    def _heed(self, outcome: Outcome) -> None:
        """What a committed command does to this socket; before its reply, so that the next call has the new actor."""
        if outcome.binding is not None:
            self._session.bind(outcome.binding)
        elif outcome.unbinding:
            self._session.unbind()
        else:
            return
        if self.is_open:
            self._services.hub.rebind(self)
            self._tick()

    def _write(self, reply: Reply) -> None:
        """The reply and, in the same tick, what must come right behind it."""
        if not self.is_open:
            if reply.frame is not None:
                metrics.FRAMES_DROPPED.labels("closed").inc()
            return
        if reply.frame is not None:
            self._out.put(Frame(reply.frame))
        for go_live in reply.then:
            go_live()

    def _count(self) -> None:
        session = self._session
        if session.dropped:
            metrics.FRAMES_DROPPED.labels("response").inc(session.dropped)
            session.dropped = 0
        if session.malformed:
            metrics.FRAMES_REFUSED.inc(session.malformed)
            session.malformed = 0
        if session.refused:
            for reason, number in session.refused.items():
                metrics.NOTIFICATIONS_REFUSED.labels(reason).inc(number)
            session.refused.clear()
        if session.struck and (end := session.check_flood(self._services.clock.real_now())):
            self.close(end.code, end.reason)

    # --- time --------------------------------------------------------------------------------------------------------
    def _tick(self) -> None:
        """Do what is due about the token's end, and come back when there is more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._services.clock.real_now()
        while (due := self._session.tick(now)) is not None:
            match due:
                case Notice(name, params):
                    self.notify(name, params)
                case End(code, reason):
                    self.close(code, reason)
                    return
        if (at := self._session.next_tick()) is not None:
            self._timer = asyncio.get_running_loop().call_later(_seconds(now, at), self._tick)


def welcome(services: Services, rules: Rules) -> dict[str, object]:
    """What a client must know before it calls anything."""
    clock = services.clock
    return {
        "version": __version__,
        "node": services.settings.node,
        "epoch": services.hub.epoch,
        "heartbeat_s": HEARTBEAT_S,
        "server_time": clock.real_now(),
        "product_time": clock.now(),
        "clock_rate": clock.rate,
        "limits": {
            "frame_bytes": FRAME_BYTES_MAX,
            "depth": rpc.DEPTH_MAX,
            "batch": rpc.BATCH_MAX,
            "id_bytes": rpc.ID_BYTES_MAX,
            "in_flight": rules.in_flight,
            "subscriptions": SUBSCRIPTIONS_MAX,
            "queue_bytes": rules.queue_bytes,
        },
    }


def _internal(method: str, error: Exception) -> Internal:
    """A trace id for the caller; for the log the class of the error, never its text (it may hold a payload)."""
    trace = secrets.token_hex(8)
    known: Iterable[str] = (method,) if method in methods.REGISTRY or method in command.REGISTRY else ("unknown",)
    log.error("call_failed", method=next(iter(known)), trace=trace, error=type(error).__name__)
    return Internal(trace=trace)


def _label(code: int) -> str:
    """Close codes come from the peer too: only well-known ones become labels."""
    return str(code) if code in _CODES else "other"


_CODES: Final = frozenset({1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, *Close})


def _seconds(now: datetime, at: datetime) -> float:
    # A day at most: a far deadline is looked at again rather than trusted to a monotonic clock.
    return min(86_400.0, max(0.0, (at - now).total_seconds()))
