"""What the patient's side, the coordinators and the quoted providers hear of a request.

- `request:{request_id}`: her side and coordinators, the request whole.
- `requests:{bucket}`: coordinators, what is open, in sixteen topics by the last digit of the request's id. One topic
  for all of them would make every request in the country wait for every other.
- `quotes:{place_id}`: who works at a provider, its own part of what it is quoted in.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self
from uuid import UUID

import msgspec

from carewire import window
from carewire.command import Ctx
from carewire.event import Event
from carewire.store.db import Tx
from carewire.topic import Ask, topic
from channels.identity import Scope
from channels.identity import access as identity
from channels.request import doors
from channels.request.lifecycle import OPEN, RequestKind, RequestState
from channels.request.views import QuoteView, RequestView, quotes, view, views

BUCKETS: Final = "0123456789abcdef"
SHOWN: Final = 500
"""Open requests of a bucket, or quotes of a place, that a snapshot tells, the oldest first; what is beyond moves up."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A request on the coordinators' board. `admin_id`: who has it in hand."""

    id: UUID
    kind: RequestKind
    state: RequestState
    revision: int
    postal_code: str
    lines: int
    photos: int
    admin_id: UUID | None
    valid_until: datetime | None
    created_at: datetime
    changed_at: datetime


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The open requests of a bucket, the oldest first, the first `most` of them."""

    bucket: str
    most: int
    requests: list[Summary]


class Quotes(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider is quoted in and has not ended, the oldest first, the first `most` of them."""

    place_id: UUID
    most: int
    quotes: list[QuoteView]


def bucket_of(request_id: UUID) -> str:
    """The bucket a request is told in."""
    return request_id.hex[-1]


def summary(request: RequestView) -> Summary:
    """A request on the board."""
    return Summary(
        id=request.id,
        kind=request.kind,
        state=request.state,
        revision=request.revision,
        postal_code=request.postal_code,
        lines=len(request.lines),
        photos=request.photos,
        admin_id=request.admin_id,
        valid_until=request.bill.valid_until if request.bill else None,
        created_at=request.created_at,
        changed_at=request.changed_at,
    )


class _Whole(msgspec.Struct, frozen=True, kw_only=True):
    request_id: UUID
    request: RequestView

    @staticmethod
    def apply(snapshot: RequestView, event: "_Whole") -> RequestView:
        """The snapshot after this event."""
        return event.request


class _OnBoard(msgspec.Struct, frozen=True, kw_only=True):
    bucket: str
    request: Summary
    moved_up: list[Summary] = []
    """What is shown last now, where a longer list than the board shows lost one."""

    @staticmethod
    def apply(snapshot: Board, event: "_OnBoard") -> Board:
        """The snapshot after this event: a request that is not open any more leaves the board."""
        if event.request.state in OPEN:
            requests = window.put(snapshot.requests, event.request, most=snapshot.most, key=_by_id)
        else:
            requests = window.leave(snapshot.requests, event.request, event.moved_up, most=snapshot.most, key=_by_id)
        return msgspec.structs.replace(snapshot, requests=requests)

    def is_late(self) -> bool:
        """What moves up is known last."""
        return self.request.state not in OPEN

    async def completed(self, tx: Tx, times: int) -> Self:
        """With what moved up."""
        requests = await _open_requests(tx, self.bucket, *window.moved_up(times, SHOWN))
        return msgspec.structs.replace(self, moved_up=requests)


class _Quoted(msgspec.Struct, frozen=True, kw_only=True):
    place_id: UUID
    quote: QuoteView
    stands: bool
    """False: the provider is not quoted any more."""
    moved_up: list[QuoteView] = []
    """What is shown last now, where a longer list than the topic shows lost one."""

    @staticmethod
    def apply(snapshot: Quotes, event: "_Quoted") -> Quotes:
        """The snapshot after this event."""
        if event.stands:
            quotes = window.put(snapshot.quotes, event.quote, most=snapshot.most, key=_by_request)
        else:
            quotes = window.leave(snapshot.quotes, event.quote, event.moved_up, most=snapshot.most, key=_by_request)
        return msgspec.structs.replace(snapshot, quotes=quotes)

    def is_late(self) -> bool:
        """What moves up is known last."""
        return not self.stands

    async def completed(self, tx: Tx, times: int) -> Self:
        """With what moved up."""
        found = await _quotes_of(tx, self.place_id, *window.moved_up(times, SHOWN))
        return msgspec.structs.replace(self, moved_up=found)


def _by_id(request: Summary) -> UUID:
    return request.id


def _by_request(quote: QuoteView) -> UUID:
    return quote.request_id


class RequestCreated(Event, _Whole, name="request:created", topic="request:{request_id}"):
    """She asked."""


class RequestAccepted(Event, _Whole, name="request:accepted", topic="request:{request_id}"):
    """A coordinator has it in hand, or has taken it over."""


class RequestResponded(Event, _Whole, name="request:responded", topic="request:{request_id}"):
    """There is a bill, or another version of it."""


class RequestConfirmed(Event, _Whole, name="request:confirmed", topic="request:{request_id}"):
    """It is orders now."""


class RequestUpdated(Event, _Whole, name="request:updated", topic="request:{request_id}"):
    """Anything else: read, rejected, cancelled, expired, its bill withdrawn, ended."""


class BoardCreated(_OnBoard, Event, name="request:created", topic="requests:{bucket}"):
    """Somebody asked."""


class BoardAccepted(_OnBoard, Event, name="request:accepted", topic="requests:{bucket}"):
    """A coordinator has it in hand, or has taken it over."""


class BoardResponded(_OnBoard, Event, name="request:responded", topic="requests:{bucket}"):
    """It was answered with a bill."""


class BoardConfirmed(_OnBoard, Event, name="request:confirmed", topic="requests:{bucket}"):
    """It is orders now, and leaves the board."""


class BoardUpdated(_OnBoard, Event, name="request:updated", topic="requests:{bucket}"):
    """Anything else; one that ended leaves the board."""


class QuoteResponded(_Quoted, Event, name="request:responded", topic="quotes:{place_id}"):
    """This place is on a bill; what it offers is kept until `valid_until`."""


class QuoteConfirmed(_Quoted, Event, name="request:confirmed", topic="quotes:{place_id}"):
    """The bill was confirmed: `part.order_id` is the order of this place."""


class QuoteUpdated(_Quoted, Event, name="request:updated", topic="quotes:{place_id}"):
    """The bill changed, or came to nothing."""


TELLS: Final[frozenset[type[Event]]] = frozenset(
    {RequestCreated, RequestAccepted, RequestResponded, RequestConfirmed, RequestUpdated, BoardCreated, BoardAccepted,
     BoardResponded, BoardConfirmed, BoardUpdated, QuoteResponded, QuoteConfirmed, QuoteUpdated}
)  # fmt: skip

_WHOLE: Final = {kind.spec.name: kind for kind in (RequestCreated, RequestAccepted, RequestResponded, RequestConfirmed)}
_BOARD: Final = {kind.spec.name: kind for kind in (BoardCreated, BoardAccepted, BoardResponded, BoardConfirmed)}
_QUOTE: Final = {kind.spec.name: kind for kind in (QuoteResponded, QuoteConfirmed)}


async def may_hear_request(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Her side and the coordinators."""
    return await doors.since_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


@topic("request:{request_id}", may=may_hear_request)
async def request_topic(ctx: Ctx, request_id: UUID) -> RequestView:
    """A request as it stands."""
    return await view(ctx.tx, request_id)


async def may_hear_board(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """The coordinators, since they are; what was told before is on the board."""
    rows = await ctx.tx.fetch(
        "SELECT account_id, min(since) AS since FROM admin_scope WHERE until IS NULL"
        " AND scope IN ('coordinate', 'super') AND account_id = ANY($1) GROUP BY account_id",
        await identity.with_scope(ctx.tx, Scope.COORDINATE),
    )
    since = {row["account_id"]: row["since"] for row in rows}
    return [since.get(actor.id) if len(key[0]) == 1 and key[0] in BUCKETS else None for actor, key in asks]


@topic("requests:{bucket}", may=may_hear_board)
async def board(ctx: Ctx, bucket: str) -> Board:
    """The open requests whose id ends with this digit."""
    return Board(bucket=bucket, most=SHOWN, requests=await _open_requests(ctx.tx, bucket, SHOWN))


async def _open_requests(tx: Tx, bucket: str, limit: int, skip: int = 0) -> list[Summary]:
    rows = await tx.fetch(
        "SELECT id FROM request WHERE state IN ('created', 'accepted', 'responded') AND right(id::text, 1) = $1"
        " ORDER BY id LIMIT $2 OFFSET $3",
        bucket,
        limit,
        skip,
    )
    found = await views(tx, [row["id"] for row in rows])
    return [summary(found[row["id"]]) for row in rows]


async def may_hear_quotes(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Everybody who works there."""
    return await identity.works_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


@topic("quotes:{place_id}", may=may_hear_quotes)
async def quotes_topic(ctx: Ctx, place_id: UUID) -> Quotes:
    """The open and confirmed bills this place is on, its own part of each."""
    return Quotes(place_id=place_id, most=SHOWN, quotes=await _quotes_of(ctx.tx, place_id, SHOWN))


async def _quotes_of(tx: Tx, place_id: UUID, limit: int, skip: int = 0) -> list[QuoteView]:
    rows = await tx.fetch(
        "SELECT r.id FROM request r JOIN bill_part p ON p.bill_id = r.bill_id AND p.place_id = $1"
        " WHERE r.state IN ('responded', 'confirmed') ORDER BY r.id LIMIT $2 OFFSET $3",
        place_id,
        limit,
        skip,
    )
    found = await views(tx, [row["id"] for row in rows])
    return [quote for row in rows for quote in quotes(found[row["id"]]) if quote.part.place_id == place_id]


async def tell(ctx: Ctx, name: str, after: RequestView, before: RequestView | None) -> None:
    """Tell everybody a request that is locked: what `name` means to each."""
    ctx.emit(_WHOLE.get(name, RequestUpdated)(request_id=after.id, request=after))
    ctx.emit(_BOARD.get(name, BoardUpdated)(bucket=bucket_of(after.id), request=summary(after)))
    stand = {quote.part.place_id: quote for quote in quotes(after)} if _stand(after) else {}
    stood = {quote.part.place_id: quote for quote in quotes(before)} if before is not None and _stand(before) else {}
    for place_id, quote in sorted(stand.items()):
        ctx.emit(_QUOTE.get(name, QuoteUpdated)(place_id=place_id, quote=quote, stands=True))
    for place_id, quote in sorted(stood.items()):
        if place_id not in stand:
            gone = msgspec.structs.replace(quote, state=after.state, revision=after.revision)
            ctx.emit(QuoteUpdated(place_id=place_id, quote=gone, stands=False))


def _stand(request: RequestView) -> bool:
    return request.state in (RequestState.RESPONDED, RequestState.CONFIRMED)
