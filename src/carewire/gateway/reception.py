"""Who may open a socket: the same questions and answers at the door of our websocket class and of any ASGI server."""

import asyncio
import functools
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from carewire import metrics
from carewire.actor import Actor
from carewire.command import Peer
from carewire.errors import Internal, Refusal, Unauthenticated
from carewire.gateway.connection import SUBPROTOCOL, Socket
from carewire.gateway.handshake import Headers, Request, accept_answer, http_answer
from carewire.gateway.lane import Asking, RawLane
from carewire.gateway.outgoing import RawOutgoing
from carewire.gateway.services import Rules, Services
from carewire.http.security import Origins
from carewire.languages import first_language
from carewire.settings import Settings

log = structlog.get_logger("carewire.gateway")

PATH: Final = "/ws"
AGENT_CHARS_MAX: Final = 200
ORDINARY: Final = Rules()


class UnknownSubprotocol(Refusal, code=400, reason="unknown_subprotocol"):
    """None of the subprotocols offered is spoken here; `legal` names those that are."""


class ForeignOrigin(Refusal, code=403, reason="foreign_origin"):
    """A page of this origin may not talk to this server; the operator lists those that may (CAREWIRE_ORIGINS)."""


class Visit(msgspec.Struct, frozen=True, gc=False):
    """What a request says about who comes. Without a `token` it is anonymous."""

    peer: Peer
    subprotocol: str | None
    token: str | None


def read_visit(headers: Headers, offered: Sequence[str], address: str, settings: Settings) -> Visit:
    """Judge a handshake, names of headers in small letters. The token stands in a header, never in the query string,
    which ends up in logs. Raises `UnknownSubprotocol`, `ForeignOrigin` and `Unauthenticated`.
    """
    if offered and SUBPROTOCOL not in offered:
        raise UnknownSubprotocol(legal=[SUBPROTOCOL])
    host = agent = reads = credentials = None
    origins: list[bytes] = []
    told = 0
    for name, value in headers:
        if name == b"authorization":
            credentials = value
            told += 1
        elif name == b"user-agent" and agent is None:
            agent = value
        elif name == b"accept-language" and reads is None:
            reads = value
        elif name == b"host" and host is None:
            host = value
        elif name == b"origin":
            origins.append(value)
    if origins and not _may_come(origins, host or b"", settings):
        raise ForeignOrigin()
    token = None
    if told > 1:
        raise _not_one_token()
    if credentials is not None:
        scheme, _, token = credentials.decode("latin-1").strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise _not_one_token()
    peer = Peer(
        address=address,
        agent=agent.decode("latin-1")[:AGENT_CHARS_MAX] if agent else "",
        language=first_language(reads.decode("latin-1")) if reads else "",
    )
    return Visit(peer, SUBPROTOCOL if offered else None, token)


def _may_come(origins: list[bytes], host: bytes, settings: Settings) -> bool:
    """Browsers name the page that opens the socket; whoever names none is none."""
    allowed = _origins(settings)
    return all(allowed.allow(origin.decode("latin-1").lower(), host.decode("latin-1").lower()) for origin in origins)


@functools.lru_cache(maxsize=16)
def _origins(settings: Settings) -> Origins:
    return Origins(settings)


def _not_one_token() -> Unauthenticated:
    return Unauthenticated("want one Authorization header: Bearer and an access token")


class Rejection(msgspec.Struct, frozen=True):
    """A plain HTTP answer with the same error object as on the wire."""

    status: int
    headers: Headers
    body: bytes


def reject(error: BaseException) -> Rejection:
    """The answer to a handshake that was refused or failed, which is counted."""
    if not isinstance(error, Refusal):
        log.error("handshake_failed", error=type(error).__name__)
    refusal = error if isinstance(error, Refusal) else Internal()
    metrics.HANDSHAKES_REFUSED.labels(refusal.reason).inc()
    status = refusal.code if 400 <= refusal.code < 600 else 500
    headers = [(b"content-type", b"application/json")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return Rejection(status, headers, msgspec.json.encode({"error": refusal.to_wire()}))


class Front:
    """The `Reception` of a node: a socket costs it no scope, no task and one write with everything it hears first."""

    def __init__(self, services: Services, rules: Rules = ORDINARY) -> None:
        self._services, self._rules = services, rules

    def receives(self, request: Request) -> bool:
        """See `Reception`."""
        return request.path == PATH

    def enter(self, asking: Asking, request: Request, address: str) -> None:
        """See `Reception`."""
        try:
            visit = read_visit(request.headers, request.subprotocols, address, self._services.settings)
        except Refusal as refusal:
            self._send_away(asking, refusal)
            return
        if visit.token is None:
            self._open(asking, request, visit, None)
        else:
            known = asyncio.ensure_future(self._services.dispatcher.authenticate(visit.token))
            known.add_done_callback(functools.partial(self._judge, asking, request, visit))

    def _judge(self, asking: Asking, request: Request, visit: Visit, known: "asyncio.Future[Actor]") -> None:
        error = asyncio.CancelledError() if known.cancelled() else known.exception()
        if error is not None:
            self._send_away(asking, error)
        else:
            self._open(asking, request, visit, known.result())

    @staticmethod
    def _send_away(asking: Asking, error: BaseException) -> None:
        answer = reject(error)
        asking.reject(http_answer(answer.status, answer.headers, answer.body))

    def _open(self, asking: Asking, request: Request, visit: Visit, actor: Actor | None) -> None:
        socket = Socket(self._services, self._rules, visit.peer, actor)
        answer = accept_answer(request.key, visit.subprotocol, asking.default_headers)
        asking.open(answer + socket.welcome().ready)
        detach(asking, socket, self._services, self._rules)


def detach(lane: RawLane, socket: Socket, services: Services, rules: Rules) -> RawOutgoing:
    """Go on by callbacks: nothing that opened the socket stays. Answers its way out."""

    def on_lost(code: int) -> None:
        socket.lose(code)
        if socket.is_working:
            lane.keep(asyncio.get_running_loop().create_task(socket.settle()))

    lane.detach(socket.receive, on_lost)
    out = RawOutgoing(lane, rules, socket.closing, services.hub.tick, socket.turned)
    socket.open(out)
    return out
