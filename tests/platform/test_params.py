"""What callers give, strictly decoded: times that are no moments, and problems that name their field.

Ledger: validation H-054 M-044, validation.common M-074.
"""

from datetime import datetime
from uuid import UUID

import msgspec
import pytest

from carewire.errors import InvalidParams
from carewire.params import decode_params


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    called_at: datetime | None = None


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: datetime | None = None
    papers: list[Paper] = []
    offsets: dict[str, int] = {}


class Holder:
    params = Params


def refused(raw: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidParams) as caught:
        decode_params(Holder, raw)
    (field,) = caught.value.fields
    return field.path, field.problem


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-23T14:00:00",  # no offset: which moment?
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",  # before the first moment Python has in UTC
        "9999-12-31T23:59:59-12:00",  # after the last one
        "2200-01-01T00:00:00Z",
    ],
)
def test_a_time_that_is_no_moment_or_overflows_is_refused_and_named(time: str) -> None:
    assert refused(b'{"at":"%b"}' % time.encode())[0] == "$.at"
    assert refused(b'{"papers":[{},{"called_at":"%b"}]}' % time.encode())[0] == "$.papers[1].called_at"


def test_a_time_with_an_offset_is_taken() -> None:
    decoded = decode_params(Holder, b'{"at":"2026-11-23T14:00:00+05:30","papers":[{"called_at":null}]}')
    assert decoded == Params(at=datetime.fromisoformat("2026-11-23T14:00:00+05:30"), papers=[Paper()])


def test_the_path_of_a_bad_member_name_is_the_object_that_holds_it() -> None:
    class Named(msgspec.Struct, frozen=True):
        ids: dict[UUID, int] = {}

    class NamedHolder:
        params = Named

    with pytest.raises(InvalidParams) as caught:
        decode_params(NamedHolder, b'{"ids":{"x":1}}')
    assert caught.value.fields[0].path == "$.ids"
