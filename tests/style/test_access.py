"""Nothing is declared without its cells in the access matrix, and the matrix asks for everybody there is."""

from typing import Any

import msgspec
import pytest
from msgspec.inspect import StructType

from carewire.command import REGISTRY
from channels.identity.nouns import Capacity, Duty, Scope
from tests.access import matrix, page
from tests.access.who import ACTORS, ADMINS, DUTY, FORMER_DESK, FRONT_DESK, HERSELF, OWNER, SCOPE, holding


def test_every_command_query_and_topic_has_its_cells_and_the_page_shows_them() -> None:
    assert page.stale() == []


@pytest.mark.parametrize("capacity", list(Capacity))
def test_every_capacity_has_an_actor(capacity: Capacity) -> None:
    assert holding(capacity), f"nobody in tests/access/who.py is {capacity}"


def test_every_duty_and_scope_has_an_actor() -> None:
    assert (set(DUTY), set(SCOPE)) == (set(Duty), set(Scope))


def test_the_coarse_gate_is_read_off_the_declaration() -> None:
    matrix.load_cells()
    row = matrix.CELLS["place.members"]
    assert REGISTRY["place.members"].allow == {Capacity.STAFF}
    assert row.refusal(HERSELF) == "forbidden"
    assert row.refusal(FORMER_DESK) == "forbidden"
    assert row.refusal(ACTORS["no login"]) == "unauthenticated"
    assert row.refusal(FRONT_DESK) == "not_found"
    assert row.verdict(OWNER) is matrix.Verdict.OPENS


def test_what_is_missing_left_over_or_contradicts_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that never fails may as well not be there."""
    matrix.load_cells()
    cells = dict(matrix.CELLS)
    monkeypatch.setattr(matrix, "CELLS", cells)
    for name in ("queue.join", "line:{session_id}", "place.members"):
        del cells[name]
    matrix.cells("queue.jump")
    matrix.cells("place.members", opens=ADMINS)
    line, members, join, jump = matrix.problems()
    assert line == 'line:{session_id} has no cells: add hears("line:{session_id}", …) to tests/access/cells/queue.py'
    assert members.startswith("place.members opens to [verify, ")
    assert join == 'queue.join has no cells: add cells("queue.join", …) to tests/access/cells/queue.py'
    assert jump == "queue.jump has cells and is not declared: remove them"


def test_params_take_no_member_they_do_not_declare_however_deep() -> None:
    """The params themselves refuse them by construction; here are the structs inside."""
    commands = matrix.product().commands
    open_ = {c.name: found for c in commands if (found := _open_structs(msgspec.inspect.type_info(c.params)))}
    assert not open_, "say forbid_unknown_fields=True"


def _open_structs(kind: Any) -> list[str]:
    """The structs in a type that would let unknown members pass."""
    found = [kind.cls.__name__] if isinstance(kind, StructType) and not kind.forbid_unknown_fields else []
    inner = [field.type for field in kind.fields] if isinstance(kind, StructType) else []
    inner += list(getattr(kind, "types", ())) + list(getattr(kind, "item_types", ()))
    inner += [getattr(kind, name) for name in ("item_type", "value_type") if hasattr(kind, name)]
    return found + [name for part in inner for name in _open_structs(part)]
