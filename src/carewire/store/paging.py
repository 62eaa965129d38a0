"""Keyset paging: a cursor says after which row the next page begins, so pages stay right while rows come and go."""

import base64
import binascii
from typing import Any, Generic, TypeVar

import msgspec

from carewire.errors import Field, InvalidParams

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for."""

    rows: list[T]
    cursor: str | None
    total: int | None = None


def encode(*position: Any) -> str:
    """The sort values of the last row of a page, as an opaque word."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode(cursor: str, form: Any) -> Any:
    """The position in a cursor, of the given tuple type. Raises `InvalidParams` for anything we did not make."""
    try:
        return msgspec.json.decode(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True), type=form)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise InvalidParams(fields=(Field("$.cursor", "is not a cursor of this list"),)) from None
