"""Commands and queries: a typed async function IS the command.

    @command("queue.join", allow={Capacity.PATIENT}, emits={LineUpdated}, errors={QueueFull})
    async def join(ctx: Ctx, session_id: UUID, patient_id: UUID | None = None) -> Token:
        '''Join a doctor's line; the number comes at arrival.'''

The signature is the params struct (strict: unknown members are refused), the return annotation the reply's schema, the
docstring the public documentation. `allow` has no default: a command without rights does not import. Text parameters
carry their own limit (`Annotated[str, Meta(max_length=…)]`, see `forms.py`). The hottest commands take many callers at
once: see `batch.py`.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from carewire.actor import ANYONE, Actor
from carewire.audit.entry import Read
from carewire.errors import Refusal, Unauthenticated
from carewire.event import Event, told_by
from carewire.rights import RightsChanged
from carewire.statement import Statement
from carewire.store.db import Tx

if TYPE_CHECKING:
    from carewire.jobs.job import Job
    from carewire.notice import Fact
    from carewire.settings import Settings

Kind = Literal["command", "query"]
Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])

REGISTRY: dict[str, "Command"] = {}


class Rate(msgspec.Struct, frozen=True):
    """A token bucket: `burst` at once, then `per_minute` more each minute, per actor (or address without login).

    `shared` buckets are kept in Redis for all nodes (node-local while Redis is away).
    """

    burst: int
    per_minute: float
    shared: bool = False


ORDINARY = Rate(burst=1_000, per_minute=12_000)
"""Far above what people do and low enough that one runaway client costs the others little; commands that spend money,
guess secrets or write to strangers declare their own."""


class Command(msgspec.Struct, frozen=True):
    """One entry of the registry: everything dispatch, contract and tests know about a command."""

    name: str
    kind: Kind
    allow: frozenset[str]
    tells: frozenset[type[Event]]
    """The events it was declared with; `emits` are all of them."""
    errors: frozenset[type[Refusal]]
    receipt: bool
    rate: Rate
    params: type[msgspec.Struct]
    returns: Any
    handler: Callable[..., Awaitable[Any]]
    doc: str
    development: bool = False
    lane: str | None = None
    """The parameter whose value chooses the lane of a batched command; its handler takes a `Batch`."""
    owing: bool = False
    """Open also to who owes an acceptance of the terms (`Actor.shut_at`)."""
    http: bool = False
    """Only an HTTP route of ours runs it, where bytes come or go; on a socket there is no such command."""
    passing: bool = False
    """It leaves nothing behind: no receipt, no entry of the audit, only conflated events."""
    statement: Statement | None = None
    """All that it does, when that is one SQL statement; its handler says what is told and awaits nothing."""
    shuts: bool = False
    """It may end what its own doors ask for; its reply is given again without those it shut itself."""

    @property
    def shares(self) -> bool:
        """Do callers who wait share a transaction? One statement does its work for a set of them anyway."""
        return self.lane is not None or self.statement is not None

    @property
    def emits(self) -> frozenset[type[Event]]:
        """Every event it may emit, those of domains that follow it among them."""
        return told_by(self.tells)


class Peer(msgspec.Struct, frozen=True):
    """The other end of the socket: network address and what the client says it is (never trusted, never logged)."""

    address: str = ""
    agent: str = ""
    language: str = ""
    """The language it reads best, of its Accept-Language; an account's own goes before."""


class Ctx:
    """What a handler gets: who asks, what time it is, the transaction, and the ways to tell others.

    `now` is the product's clock and the only one a handler may use for clinic time; `real_now` is wall-clock time, for
    credentials and locks. Everything emitted, enqueued or bound takes effect if and only if the transaction commits.
    """

    __slots__ = ("_actor", "binding", "command", "doors", "events", "jobs", "now", "peer", "reads", "real_now",
                 "settings", "subject", "tx", "unbinding")  # fmt: skip

    def __init__(
        self,
        *,
        tx: Tx,
        now: datetime,
        real_now: datetime,
        settings: "Settings",
        actor: Actor | None = None,
        peer: Peer | None = None,
        command: Command | None = None,
    ) -> None:
        self.tx = tx
        self.now = now
        self.real_now = real_now
        self.settings = settings
        self.peer = peer or Peer()
        self.command = command
        self._actor = actor
        self.events: list[Event] = []
        self.jobs: list[tuple[Job, datetime | None, str | None]] = []
        self.doors: list[tuple[str, dict[str, Any]]] = []
        self.reads: list[Read] = []
        self.subject: tuple[str, UUID, UUID | None] | None = None
        self.binding: Actor | None = None
        self.unbinding = False

    @property
    def actor(self) -> Actor:
        """Who asks. Raises `Unauthenticated` on an anonymous socket."""
        if self._actor is None:
            raise Unauthenticated()
        return self._actor

    @property
    def anonymous(self) -> bool:
        """True when nobody is logged in on this socket."""
        return self._actor is None

    def emit(self, event: Event) -> None:
        """Tell the event's topic. The command (or job) must have declared it in `emits`."""
        if self.command is not None and type(event) not in self.command.emits:
            raise TypeError(f"{self.command.name} emits {type(event).__qualname__} without declaring it")
        self.events.append(event)

    def enqueue(self, job: "Job", *, not_before: datetime | None = None, key: str | None = None) -> None:
        """Leave work for after the commit. `not_before` is product time; a later job of the same `key` replaces it."""
        self.jobs.append((job, not_before, key))

    def notify(
        self,
        person: UUID,
        fact: "Fact",
        ref: UUID | None = None,
        *,
        not_before: datetime | None = None,
        occasion: str = "",
        **words: object,
    ) -> None:
        """Tell an account a fact in the app, once per `ref` and `occasion`; a later call replaces one that still waits.

        A word that is a `carewire.dates.Moment` is said in the reader's language.
        """
        from carewire.notice import telling

        self.enqueue(
            telling(person, fact, ref, occasion=occasion, **words),
            not_before=not_before,
            key=f"notify:{person}:{fact.name}:{ref}" + (f":{occasion}" if occasion else ""),
        )

    def about(self, noun: str, subject_id: UUID, *, patient: UUID | None = None) -> None:
        """What the audit is to say this command was about; else the first `…_id` of its params, or its reply's `id`."""
        self.subject = (noun, subject_id, patient)

    def read(
        self, noun: str, subject_id: UUID, why: str, *, patient: UUID | None = None, by: Actor | None = None
    ) -> None:
        """Clinical data is about to be shown: the audit has it before the caller has it, or the caller never does.

        `why` is the right it is shown by (`own`, `guardian`, `relationship`, `consent`, `break_glass`), `patient` whose
        it is. A topic's `may` says `by` whom it is asked.
        """
        self.reads.append(Read(noun, subject_id, why, patient, by))

    def rights_changed(self, actor_id: UUID) -> None:
        """What this principal may do has changed: every node re-checks its sockets and topics within a second."""
        self.events.append(RightsChanged(actor_id=actor_id))

    def bind(self, actor: Actor) -> None:
        """After the commit this socket is this actor's."""
        self.binding = actor

    def unbind(self) -> None:
        """After the commit this socket is anonymous again and its subscriptions end."""
        self.unbinding = True


def command(
    name: str,
    *,
    allow: Iterable[str],
    emits: Iterable[type[Event]] = (),
    errors: Iterable[type[Refusal]] = (),
    receipt: bool = True,
    rate: Rate = ORDINARY,
    development: bool = False,
    lane: str | None = None,
    http: bool = False,
    statement: Statement | None = None,
    owing: bool = False,
    passing: bool = False,
    shuts: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare a command: it may change things, in one transaction, exactly once per idempotency key.

    `receipt=False` is for commands that return secrets or have no actor; they must be idempotent by their own state.
    `development=True` commands do not exist in production. `lane` makes it a batched one: callers with the same value
    of this parameter are served together, by a handler that takes a `Batch[Params, Reply]`. `statement` is all it does,
    in one round trip, which callers share who come while the one before is under way (see `statement.py`). An `http`
    one is what a route does once it has the bytes: `Dispatcher.run(…, http=True)`. `owing`: also for who has not
    accepted what binds. A `passing` one changes nothing and only tells conflated events (somebody is typing): the audit
    does not keep it.
    `shuts`: it deletes what it is about, or ends the caller's own right to it. A door that does not open any more when
    it is done is not one to be passed before its reply is given again.
    """
    return _declare(
        name, "command", allow, emits, errors, receipt, rate, development, lane, http, statement, owing, passing, shuts
    )


def query(
    name: str,
    *,
    allow: Iterable[str],
    errors: Iterable[type[Refusal]] = (),
    rate: Rate = ORDINARY,
    development: bool = False,
    http: bool = False,
    owing: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare a query: a read-only repeatable read, without receipt and without events."""
    return _declare(name, "query", allow, (), errors, False, rate, development, http=http, owing=owing)


def _declare(
    name: str,
    kind: Kind,
    allow: Iterable[str],
    emits: Iterable[type[Event]],
    errors: Iterable[type[Refusal]],
    receipt: bool,
    rate: Rate,
    development: bool,
    lane: str | None = None,
    http: bool = False,
    statement: Statement | None = None,
    owing: bool = False,
    passing: bool = False,
    shuts: bool = False,
) -> Callable[[Handler], Handler]:
    emits = frozenset(emits)
    where = f"{kind} {name!r}"
    allowed = frozenset(str(a) for a in allow)
    if not allowed:
        raise TypeError(f"{where}: allow is empty; nobody could call it")
    if receipt and ANYONE in allowed:
        raise TypeError(f"{where}: a command that has no actor cannot keep receipts; say receipt=False")
    if passing and (receipt or not emits or any(event.spec.durable for event in emits)):
        raise TypeError(f"{where} is passing: it keeps no receipt and tells conflated events and nothing else")
    if name in REGISTRY:
        raise TypeError(f"{where} is declared twice")
    if name.startswith("rpc.") or "." not in name:
        raise TypeError(f"{where}: a name is noun.verb and never starts with rpc.")

    def declare(handler: Handler) -> Handler:
        doc = inspect.getdoc(handler)
        if not doc:
            raise TypeError(f"{where}: a docstring is the public documentation; write one")
        hints = get_type_hints(handler, include_extras=True)
        if "return" not in hints:
            raise TypeError(f"{where}: annotate the reply")
        if lane is None:
            fields, returns = _fields(where, handler, hints), hints["return"]
        else:
            fields, returns = _batched(where, lane, hints)
        if statement is not None:
            _fits(where, statement, {field[0] for field in fields}, emits, frozenset(errors))
        REGISTRY[name] = Command(
            name=name,
            kind=kind,
            allow=allowed,
            tells=emits,
            errors=frozenset(errors),
            receipt=receipt,
            rate=rate,
            params=_params(where, name, fields, receipt),
            returns=returns,
            handler=handler,
            doc=doc,
            development=development,
            lane=lane,
            http=http,
            owing=owing or ANYONE in allowed,
            passing=passing,
            statement=statement,
            shuts=shuts,
        )
        return handler

    return declare


def _fields(where: str, handler: Callable[..., Any], hints: dict[str, Any]) -> list[Any]:
    """The params as the signature says them."""
    fields: list[Any] = []
    for parameter in list(inspect.signature(handler).parameters.values())[1:]:
        if parameter.name not in hints:
            raise TypeError(f"{where}: parameter {parameter.name!r} has no annotation")
        kind = hints[parameter.name]
        fields.append(
            (parameter.name, kind)
            if parameter.default is inspect.Parameter.empty
            else (parameter.name, kind, parameter.default)
        )
    return fields


def _batched(where: str, lane: str, hints: dict[str, Any]) -> tuple[list[Any], Any]:
    """The params and the reply as `Batch[Params, Reply]` says them."""
    kinds = get_args(next((kind for name, kind in hints.items() if name != "return"), None))
    if len(kinds) != 2 or not issubclass(kinds[0], msgspec.Struct):
        raise TypeError(f"{where}: a batched handler takes (batch: Batch[Params, Reply]), Params being a Struct")
    params, returns = kinds
    types = get_type_hints(params, include_extras=True)
    if lane not in types:
        raise TypeError(f"{where}: its lane {lane!r} is none of its parameters")
    fields = [
        (f.name, types[f.name]) if f.required else (f.name, types[f.name], f.default)
        for f in msgspec.structs.fields(params)
    ]
    return fields, returns


def _fits(
    where: str,
    statement: Statement,
    fields: set[str],
    emits: Iterable[type[Event]],
    errors: frozenset[type[Refusal]],
) -> None:
    if statement.otherwise not in errors:
        raise TypeError(f"{where}: {statement.otherwise.reason} is not among its errors")
    if missing := statement.takes.keys() - fields:
        raise TypeError(f"{where}: its statement takes {min(missing)!r}, which is none of its parameters")
    if lossy := [event.spec.name for event in emits if not event.spec.durable]:
        raise TypeError(f"{where}: {lossy[0]} is not durable; a version is drawn in a round trip of its own")


def _params(where: str, name: str, fields: list[Any], receipt: bool) -> type[msgspec.Struct]:
    for field in fields:
        _refuse_unbounded(f"{where}: parameter {field[0]!r}", field[1])
    if receipt:
        fields = [*fields, ("idempotency_key", UUID | None, None)]
    title = "".join(word.capitalize() for word in name.replace(".", "_").split("_")) + "Params"
    return msgspec.defstruct(title, fields, kw_only=True, frozen=True, forbid_unknown_fields=True)


def _refuse_unbounded(where: str, kind: Any) -> None:
    """Text and lists without a declared limit do not import: a limit stands where the thing is declared."""
    if kind in (str, bytes) or get_origin(kind) in (list, dict) or kind in (list, dict):
        raise TypeError(
            f"{where} is {kind} without a limit; use a form of carewire.forms or Annotated[…, Meta(max_length=…)]"
        )
    if get_origin(kind) is Annotated:
        return
    for part in get_args(kind):
        if part is not type(None) and get_origin(kind) is not Literal:
            _refuse_unbounded(where, part)
