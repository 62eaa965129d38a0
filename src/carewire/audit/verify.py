"""The proof: the whole audit read once, every row and every link held against what was sealed.

What was done to it is found and located: a row that was edited, moved, put in or taken out by its id and the seal it
belongs to, a link by its number, a tail that was cut by the roots that are kept elsewhere. Whoever holds the
deployment's secret too can make a chain anew; only such a root tells, and between which two kept roots it was.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from carewire.audit.chain import COLUMNS, LEAF, Position, Seal, leaf, root_of
from carewire.audit.entry import Entry, Keys, form

Fault = Literal["edited", "inserted", "deleted", "moved", "seal", "cut", "root", "key"]

_DIGESTS: Final = {"input", "address", "agent"}
_FORM: Final = ", ".join(f"encode({name}, 'hex')" if name in _DIGESTS else name for name in Entry._fields)
ROWS: Final = f"SELECT {_FORM}, hash, era, xid::text FROM audit ORDER BY audit.era, audit.xid, audit.id"
SEALS: Final = f"SELECT {COLUMNS} FROM audit_seal ORDER BY audit_seal.n"
AT_ONCE: Final = 5_000
FIELDS: Final = len(Entry._fields)


class Finding(NamedTuple):
    """One thing that is not as it was sealed. `seal` is the link's number, `row` an id, where there is one."""

    fault: Fault
    seal: int | None
    row: UUID | None
    text: str

    def __str__(self) -> str:
        where = ", ".join(f"{name} {value}" for name, value in (("seal", self.seal), ("row", self.row)) if value)
        return f"{self.fault}: {where}: {self.text}"


class Report(NamedTuple):
    """What was read, what is wrong with it, and what is worth knowing."""

    rows: int
    seals: int
    unsealed: int
    findings: list[Finding]
    notes: list[str]


class _Window:
    """Seals that are judged together: broken ones and the sound one behind them."""

    def __init__(self) -> None:
        self.listed: dict[UUID, tuple[int, bytes]] = {}
        self.broken: list[int] = []

    def add(self, seal: Seal, *, sound: bool) -> None:
        if not sound:
            self.broken.append(seal.n)
            return
        for at in range(0, len(seal.leaves), LEAF):
            self.listed[UUID(bytes=seal.leaves[at : at + 16])] = (seal.n, seal.leaves[at + 16 : at + LEAF])


class Verification:
    """One walk along rows and seals, both in the order of the chain."""

    def __init__(self, keys: Sequence[Keys], roots: Mapping[int, bytes]) -> None:
        self._keys = {key.fingerprint: key for key in keys}
        self._roots = roots
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.rows = self.seals = self.unsealed = 0
        self._before: set[bytes] = {b""}
        self._last: Seal | None = None
        self._forked = False
        self._window = _Window()
        self._missing: dict[UUID, int] = {}
        self._extra: dict[UUID, int | None] = {}

    # --- links ---------------------------------------------------------------------------------------------------
    def link(self, seal: Seal) -> bool:
        """Hold a seal against the one before it. True when it is sound and its rows can be held against its list."""
        self.seals += 1
        expected = self._last.n + 1 if self._last else 1
        gap = seal.n != expected
        if gap:
            self._find("seal", expected, None, f"seals {expected} to {seal.n - 1} were taken out")
        keys = self._keys.get(seal.key)
        sound = False
        made: bytes | None = None
        if keys is None:
            self._find("key", seal.n, None, "sealed under another secret; give it with --secret-file")
        else:
            sound = any(root_of(seal, before, keys) == seal.root for before in self._before)
            made = next((root_of(seal, before, keys) for before in self._before), None)
            if not sound and not gap:
                self._find("seal", seal.n, None, "it was changed after it was made")
        kept = self._roots.get(seal.n)
        if kept is not None and kept != seal.root and not self._forked:
            self._forked = True
            known = [n for n in self._roots if n < seal.n]
            since = f"after seal {max(known)}" if known else "before the first root that was kept"
            self._find("root", seal.n, None, f"not the root kept elsewhere: the chain is another one from {since} on")
        if self._last is not None and self._last.position.era != seal.position.era:
            self.notes.append(f"from seal {seal.n} on the database is a restored one (its epoch there: {seal.epoch})")
        # Who changed one seal did not change the others: the next follows either what stands there or what stood there.
        self._before = {seal.root} | ({made} if made is not None else set())
        self._last = seal
        self._window.add(seal, sound=sound)
        return sound

    def end(self) -> None:
        """No more seals: is this where the kept roots say that the chain ends?"""
        last = self._last.n if self._last else 0
        beyond = [n for n in self._roots if n > last]
        if beyond:
            text = f"seals {last + 1} to {max(beyond)} are gone"
            if self.notes:
                text += "; a backup that was older than them was restored, or they were cut off"
            self._find("cut", last + 1, None, text)

    # --- rows ----------------------------------------------------------------------------------------------------
    def row(self, values: Sequence[Any], *, sealed: bool) -> None:
        """Hold a row against its hash and, in a sealed part, against the list."""
        self.rows += 1
        content = form(values[:FIELDS])
        id_, hash_, (era, xid, _) = values[0], values[FIELDS] or b"", _position(values)
        genuine = any(key.hash(content) == hash_ for key in self._keys.values())
        if not sealed:
            self.unsealed += 1
            if id_ in self._missing:
                self._extra[id_] = None
            elif not genuine:
                self._find("inserted", None, id_, "the product did not write it, and it is not sealed")
            return
        window = self._window
        listed = window.listed.pop(id_, None)
        if listed is None:
            if not window.broken:
                self._extra[id_] = self._last.n if self._last else None
            elif not genuine:
                self._find("edited", window.broken[0], id_, "the product did not write it like this")
        elif listed[1] != leaf(hash_, era, xid):
            text = "its place was changed" if genuine else "its content or its hash was changed"
            self._find("edited", listed[0], id_, text)
        elif not genuine:
            self._find("edited", listed[0], id_, "its content was changed")

    def judges(self, position: Position) -> bool:
        """Is a row here, behind the last sound seal, one of a broken one's?"""
        return bool(self._window.broken) and self._last is not None and position <= self._last.position

    def close_window(self) -> None:
        """All rows up to a sound seal were seen: who is still on a list is not there."""
        for id_, (n, _) in self._window.listed.items():
            self._missing[id_] = n
        self._window = _Window()

    def settle(self) -> None:
        """Who is missing in one place and too many in another was moved."""
        for id_, n in self._missing.items():
            if id_ in self._extra:
                to = self._extra.pop(id_)
                self._find(
                    "moved", n, id_, f"it stands {'behind the last seal' if to is None else f'in seal {to}'} now"
                )
            else:
                self._find("deleted", n, id_, "it is not there any more")
        for id_, where in self._extra.items():
            self._find("inserted", where, id_, "it was not there when this was sealed")

    def _find(self, fault: Fault, seal: int | None, row: UUID | None, text: str) -> None:
        self.findings.append(Finding(fault, seal, row, text))


Progress = Callable[[int, int], None]


async def verify(
    connection: Any, keys: Sequence[Keys], roots: Mapping[int, bytes], progress: Progress = lambda done, of: None
) -> Report:
    """Read the audit of one moment and judge it. `roots` are those kept elsewhere, by seal number."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        total = await connection.fetchval("SELECT coalesce(sum(rows), 0) FROM audit_seal")
        seals = stream(connection, SEALS, at_once=50)
        return await judge(seals, stream(connection, ROWS), keys, roots, lambda done: progress(done, total))


async def judge(
    seals: AsyncIterator[Sequence[Any]],
    rows: AsyncIterator[Sequence[Any]],
    keys: Sequence[Keys],
    roots: Mapping[int, bytes],
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Judge what `SEALS` and `ROWS` read."""
    walk = Verification(keys, roots)
    ahead = await anext(rows, None)
    async for values in seals:
        seal = Seal.of(values)
        if not walk.link(seal):
            continue  # its rows are looked at together with those of the next sound one
        while ahead is not None and _position(ahead) <= seal.position:
            walk.row(ahead, sealed=True)
            ahead = await anext(rows, None)
            if walk.rows % AT_ONCE == 0:
                progress(walk.rows)
        walk.close_window()
    walk.end()
    while ahead is not None:
        walk.row(ahead, sealed=walk.judges(_position(ahead)))
        ahead = await anext(rows, None)
    walk.settle()
    progress(walk.rows)
    return Report(walk.rows, walk.seals, walk.unsealed, walk.findings, walk.notes)


def _position(values: Sequence[Any]) -> Position:
    return Position(values[FIELDS + 1], int(values[FIELDS + 2]), values[0])


async def stream(connection: Any, sql: str, at_once: int = AT_ONCE) -> AsyncIterator[tuple[Any, ...]]:
    """The rows of a query, some thousand at a time; only inside a transaction."""
    cursor = await connection.cursor(sql)
    while found := await cursor.fetch(at_once):
        for row in found:
            yield tuple(row)


def read_roots(text: str) -> dict[int, bytes]:
    """The roots of a file that `carewire audit root` or a node wrote: `number root time`, one a line."""
    roots: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            n, root = line.split()[:2]
            roots[int(n)] = bytes.fromhex(root)
            if len(roots[int(n)]) != 32 or int(n) < 1:
                raise ValueError
        except ValueError:
            raise ValueError(f"line {number} is no root: want a seal's number and 64 hex digits") from None
    return roots
