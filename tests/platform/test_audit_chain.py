"""The chain of the audit: whatever is done to it is found, and where. M-052, M-066, M-115, M-456."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from carewire import metrics
from carewire.actor import Actor
from carewire.audit.chain import LEAF, Seal, leaf, root_of
from carewire.audit.entry import Keys
from carewire.audit.sealer import Sealer
from carewire.audit.verify import FIELDS, ROWS, SEALS, Report, judge, read_roots, stream, verify
from carewire.clock import Clock
from carewire.node import Node
from tests.conftest import SECRET
from tests.platform.conftest import MakeNode, call

KEYS = Keys(SECRET)
BY_HAND = "id, month, at, kind, hash, era, command"
VALUES = "uuidv7(), date_trunc('month', now()), now() - interval '6 seconds', 'write', sha256(''), 0"


@pytest_asyncio.fixture
async def chained(node: Node, owner: Actor, counter: UUID) -> Node:
    """A node that has written twelve seals of a few rows each, and seals no more by itself."""
    await node.sealer.stop()
    for n in range(12):
        await asyncio.gather(*(call(node, owner, "toy.count", counter_id=counter) for _ in range(n % 4 + 2)))
        await node.sealer.seal()
    return node


@pytest_asyncio.fixture
async def attacker(chained: Node) -> AsyncIterator[Any]:
    """Whoever owns the database: no trigger stops her."""
    connection = await asyncpg.connect(chained.db.url)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


async def prove(node: Node, roots: dict[int, bytes] | None = None, *keys: Keys) -> Report:
    connection = await asyncpg.connect(node.db.url)
    try:
        return await verify(connection, keys or [KEYS], roots or {})
    finally:
        await connection.close()


async def kept(node: Node) -> dict[int, bytes]:
    """The newest root, as somebody keeps it elsewhere."""
    async with node.db.snapshot() as tx:
        n, root = await tx.fetchrow("SELECT n, root FROM audit_seal ORDER BY n DESC LIMIT 1")
    return {n: root}


# --- what an attacker does by SQL ------------------------------------------------------------------------------------
EDITS = {
    "actor": "actor = gen_random_uuid()",
    "at": "at = at - interval '1 second'",
    "month": "month = month + interval '1 month'",
    "kind": "kind = 'login'",
    "command": "command = 'toy.get'",
    "subject": "subject = gen_random_uuid()",
    "input": "input = sha256('x')",
    "hash": "hash = sha256('x')",
    "xid": "xid = '3'",
    "a transaction that will never be": "xid = '18446744073709551615'",
    "era": "era = -7",
    "content and hash": "actor = gen_random_uuid(), hash = sha256('y')",
}


async def test_an_edit_names_its_row(chained: Node, attacker: Any) -> None:
    assert (await prove(chained, await kept(chained))).findings == []
    row = await attacker.fetchval("SELECT id FROM audit ORDER BY xid OFFSET 17 LIMIT 1")
    for name, edit in EDITS.items():
        await attacker.execute("BEGIN")
        await attacker.execute(f"UPDATE audit SET {edit} WHERE id = $1", row)
        found = (await judge(stream(attacker, SEALS), stream(attacker, ROWS), [KEYS], {})).findings
        assert {finding.row for finding in found} == {row}, name
        assert all(finding.fault in ("edited", "moved") for finding in found), name
        await attacker.execute("ROLLBACK")


async def test_rows_that_are_taken_out_or_put_in_are_named_with_their_seal(chained: Node, attacker: Any) -> None:
    gone = await attacker.fetch(
        "DELETE FROM audit WHERE xid IN (SELECT xid FROM audit ORDER BY xid LIMIT 2) RETURNING id"
    )
    forged = await attacker.fetchval(
        f"INSERT INTO audit ({BY_HAND}, xid) SELECT {VALUES}, command, xid FROM audit ORDER BY xid OFFSET 9 LIMIT 1"
        " RETURNING id"
    )
    found = (await prove(chained)).findings
    assert {(f.fault, f.row) for f in found} == {("deleted", r["id"]) for r in gone} | {("inserted", forged)}
    assert all(f.seal is not None for f in found)


async def test_a_forged_row_at_the_end_is_found_before_and_after_it_is_sealed(chained: Node, attacker: Any) -> None:
    forged = await attacker.fetchval(f"INSERT INTO audit ({BY_HAND}) SELECT {VALUES}, 'toy.add' RETURNING id")
    assert [(f.fault, f.row) for f in (await prove(chained)).findings] == [("inserted", forged)]
    await chained.sealer.seal()
    assert [(f.fault, f.row) for f in (await prove(chained)).findings] == [("edited", forged)]


async def test_a_cut_tail_is_found_by_the_root_kept_elsewhere(chained: Node, attacker: Any) -> None:
    roots = await kept(chained)
    await attacker.execute(
        "DELETE FROM audit a USING audit_seal s WHERE s.n = 9 AND (a.era, a.xid, a.id) > (s.era, s.xid, s.last)"
    )
    await attacker.execute("DELETE FROM audit_seal WHERE n > 9")
    assert (await prove(chained)).findings == [], "by itself a shorter chain is as good as a longer one"
    (found,) = (await prove(chained, roots)).findings
    assert (found.fault, found.seal) == ("cut", 10)
    assert "10 to 12" in found.text


async def test_who_holds_the_secret_and_seals_anew_is_told_by_two_roots(
    chained: Node, attacker: Any, owner: Actor, counter: UUID
) -> None:
    async with chained.db.snapshot() as tx:
        roots = {row["n"]: row["root"] for row in await tx.fetch("SELECT n, root FROM audit_seal WHERE n IN (4, 11)")}
    row = await attacker.fetchrow("SELECT era, xid::text AS xid, last FROM audit_seal WHERE n = 6")
    await attacker.execute("DELETE FROM audit WHERE (era, xid, id) = ($1, $2::text::xid8, $3)", *row)
    await attacker.execute("DELETE FROM audit_seal WHERE n > 5")
    await chained.sealer.seal()
    for _ in range(6):
        await call(chained, owner, "toy.add", counter_id=counter)
        await chained.sealer.seal()
    assert (await prove(chained)).findings == []
    (found,) = (await prove(chained, roots)).findings
    assert (found.fault, found.seal) == ("root", 11)
    assert "after seal 4" in found.text


async def test_seals_under_an_older_secret_pass_when_it_is_given(
    make_node: MakeNode, owner: Actor, chained: Node, counter: UUID
) -> None:
    other = await make_node(secret="another secret that is as long as it has to be")
    await call(other, owner, "toy.add", counter_id=counter)
    await other.sealer.stop()
    report = await prove(chained)
    assert [(f.fault, f.seal) for f in report.findings if f.row is None] == [("key", 13)]
    assert (await prove(chained, None, KEYS, other.trail.keys)).findings == []


# --- a thousand ways, by chance --------------------------------------------------------------------------------------
class Audit:
    """Rows and seals as the database holds them, to be tampered with."""

    def __init__(self, rows: Sequence[Any], seals: Sequence[Any], by: random.Random) -> None:
        self.rows = [list(row) for row in rows]
        self.seals = [list(seal) for seal in seals]
        self.by = by
        self.touched: set[UUID] = set()
        self.links: set[int] = set()

    def pick(self) -> list[Any]:
        row = self.by.choice(self.rows)
        self.touched.add(row[0])
        return row

    async def judged(self, roots: dict[int, bytes]) -> Report:
        self.rows.sort(key=lambda row: (row[FIELDS + 1], int(row[FIELDS + 2]), row[0]))
        self.seals.sort(key=lambda seal: seal[0])
        return await judge(_each(self.seals), _each(self.rows), [KEYS], roots)


async def _each(those: list[Any]) -> AsyncIterator[Any]:
    for one in those:
        yield one


def edit_a_row(audit: Audit) -> None:
    row = audit.pick()
    field = audit.by.randrange(1, FIELDS + 1)
    old = row[field]
    if isinstance(old, UUID):
        row[field] = uuid4()
    elif isinstance(old, int):
        row[field] = old + 1
    elif isinstance(old, bytes):
        row[field] = bytes([old[0] ^ 1]) + old[1:]
    elif isinstance(old, str):
        row[field] = old[:-1] + chr(ord(old[-1]) ^ 1)
    elif old is None:
        row[field] = "x"
    else:
        row[field] = old + timedelta(days=31)


def take_rows_out(audit: Audit) -> None:
    for _ in range(audit.by.randint(1, 3)):
        audit.rows.remove(audit.pick())


def put_a_row_in(audit: Audit) -> None:
    row = list(audit.by.choice(audit.rows))
    row[0] = uuid4()
    audit.touched.add(row[0])
    audit.rows.append(row)


def swap_what_two_rows_say(audit: Audit) -> None:
    a, b = audit.by.sample(audit.rows, 2)
    for field in range(1, FIELDS + 1):
        a[field], b[field] = b[field], a[field]
    audit.touched |= {a[0], b[0]}


def swap_the_places_of_two_rows(audit: Audit) -> None:
    a, b = audit.by.sample(audit.rows, 2)
    while a[FIELDS + 2] == b[FIELDS + 2]:
        a, b = audit.by.sample(audit.rows, 2)
    a[FIELDS + 1 :], b[FIELDS + 1 :] = b[FIELDS + 1 :], a[FIELDS + 1 :]
    audit.touched |= {a[0], b[0]}


def change_a_seal(audit: Audit) -> None:
    seal = audit.by.choice(audit.seals)
    field = audit.by.choice([1, 2, 3, 4, 5, 6, 8, 9])
    old = seal[field]
    if isinstance(old, UUID):
        seal[field] = uuid4()
    elif isinstance(old, int):
        seal[field] = old + 1
    elif isinstance(old, bytes):
        at = audit.by.randrange(len(old))
        seal[field] = old[:at] + bytes([old[at] ^ 1]) + old[at + 1 :]
    elif isinstance(old, str):
        seal[field] = str(int(old) + audit.by.choice([-2, 2, 40])) if old.isdecimal() else old[::-1]
    else:
        seal[field] = old + timedelta(seconds=1)
    audit.links.add(seal[0])


def take_a_seal_out(audit: Audit) -> None:
    seal = audit.by.choice(audit.seals[:-1])
    audit.seals.remove(seal)
    audit.links.add(seal[0])


def hide_a_deletion_in_the_list(audit: Audit) -> None:
    seal = audit.by.choice(audit.seals)
    at = audit.by.randrange(len(seal[5]) // LEAF) * LEAF
    gone = UUID(bytes=seal[5][at : at + 16])
    seal[5] = seal[5][:at] + seal[5][at + LEAF :]
    seal[4] -= 1
    audit.rows = [row for row in audit.rows if row[0] != gone]
    audit.links.add(seal[0])


def seal_anew_without_the_secret(audit: Audit) -> None:
    """Every root from here on, by somebody who knows how it is done but not the key."""
    first = audit.by.randrange(len(audit.seals))
    before = audit.seals[first - 1][8] if first else b""
    guess = Keys("a guess")
    hide_a_deletion_in_the_list(audit)
    for seal in audit.seals[first:]:
        seal[8] = before = root_of(Seal.of(seal), before, guess)
    audit.links = {audit.seals[first][0]}


def cut_the_tail(audit: Audit) -> None:
    left = audit.by.randrange(len(audit.seals))
    last = Seal.of(audit.seals[left - 1]).position if left else None
    audit.links.add(left + 1)
    audit.seals = audit.seals[:left]
    audit.rows = [r for r in audit.rows if last is not None and (r[FIELDS + 1], int(r[FIELDS + 2]), r[0]) <= last]


TAMPERINGS: list[Callable[[Audit], None]] = [
    edit_a_row, take_rows_out, put_a_row_in, swap_what_two_rows_say, swap_the_places_of_two_rows, change_a_seal,
    take_a_seal_out, hide_a_deletion_in_the_list, seal_anew_without_the_secret, cut_the_tail,
]  # fmt: skip


async def test_a_thousand_tamperings_are_all_found_and_located(chained: Node) -> None:
    async with chained.db.snapshot() as tx:
        rows, seals = await tx.fetch(ROWS), await tx.fetch(SEALS)
    roots = await kept(chained)
    for seed in range(1000):
        audit = Audit(rows, seals, random.Random(seed))
        tampering = TAMPERINGS[seed % len(TAMPERINGS)]
        tampering(audit)
        found = (await audit.judged(roots)).findings
        said = f"{tampering.__name__}, seed {seed}: {[*map(str, found)]}"
        assert found, said
        named = {f.row for f in found if f.row is not None}
        if audit.links:
            assert audit.links <= {f.seal for f in found}, said
        else:
            assert named == audit.touched, said
    assert (await Audit(rows, seals, random.Random(0)).judged(roots)).findings == []


# --- the sealer ------------------------------------------------------------------------------------------------------
async def test_rows_of_transactions_that_commit_out_of_order_are_sealed_in_order_and_none_is_left_out(
    chained: Node, owner: Actor, counter: UUID
) -> None:
    slow = await asyncpg.connect(chained.db.url)
    await slow.execute("BEGIN")
    await slow.execute(f"INSERT INTO audit ({BY_HAND}) SELECT {VALUES}, 'slow'")
    await call(chained, owner, "toy.add", counter_id=counter)
    assert await chained.sealer.seal() == 0, "an older transaction may still put a row before this one"
    await slow.execute("COMMIT")
    await slow.close()
    assert await chained.sealer.seal() == 2
    assert await chained.sealer.seal() == 0
    async with chained.db.snapshot() as tx:
        first, second = await tx.fetch("SELECT command FROM audit ORDER BY xid DESC LIMIT 2")
    assert (second["command"], first["command"]) == ("slow", "toy.add")


async def test_transactions_are_in_the_order_of_numbers_not_of_words(node: Node, owner: Actor, counter: UUID) -> None:
    await node.sealer.stop()
    for _ in range(3):
        await call(node, owner, "toy.add", counter_id=counter)
    connection = await asyncpg.connect(node.db.url)
    await connection.execute("SET session_replication_role = replica")
    for xid in ("9", "10", "100"):
        await connection.execute(
            "UPDATE audit SET xid = $1::text::xid8 WHERE id = (SELECT id FROM audit ORDER BY xid DESC LIMIT 1)", xid
        )
    await connection.close()
    assert await node.sealer.seal() == 3
    assert await node.sealer.seal() == 0
    assert (await prove(node)).findings == []


async def test_many_sealers_at_once_seal_every_row_once(
    chained: Node, make_node: MakeNode, owner: Actor, counter: UUID
) -> None:
    others = [Sealer(db=chained.db, clock=Clock(), keys=KEYS) for _ in range(3)]
    for _ in range(5):
        calls = [call(chained, owner, "toy.add", counter_id=counter) for _ in range(5)]
        await asyncio.gather(*calls, *(sealer.seal() for sealer in others))
    await chained.sealer.seal()
    report = await prove(chained, await kept(chained))
    assert (report.findings, report.unsealed) == ([], 0)
    async with chained.db.snapshot() as tx:
        assert await tx.fetchval("SELECT sum(rows) FROM audit_seal") == await tx.fetchval("SELECT count(*) FROM audit")


async def test_a_look_leaves_young_rows_to_the_next_one_and_seals_all_when_the_oldest_is_not_young(
    chained: Node, attacker: Any
) -> None:
    young = VALUES.replace("- interval '6 seconds'", "+ interval '1 hour'")
    await attacker.execute(f"INSERT INTO audit ({BY_HAND}) SELECT {young}, 'young'")
    await chained.sealer.look()
    assert (await prove(chained)).unsealed == 1
    await attacker.execute("UPDATE audit SET at = now() - interval '1 second' WHERE command = 'young'")
    await attacker.execute(f"INSERT INTO audit ({BY_HAND}) SELECT {young}, 'younger'")
    await chained.sealer.look()
    assert (await prove(chained)).unsealed == 0


async def test_what_was_found_in_another_database_or_behind_another_seal_is_not_chained(
    chained: Node, attacker: Any
) -> None:
    await attacker.execute(f"INSERT INTO audit ({BY_HAND}) SELECT {VALUES}, 'x'")
    found = await chained.sealer.find(None)
    before = await attacker.fetchval("UPDATE deployment SET id = uuidv7() RETURNING old.id")
    assert await chained.sealer.link(found) == 0, "it was restored in between"
    await attacker.execute("UPDATE deployment SET id = $1", before)
    assert await chained.sealer.link(found) == 1
    assert await chained.sealer.link(found) == 0, "another node was quicker"


async def test_a_row_that_nobody_seals_for_five_seconds_is_an_alarm(
    chained: Node, attacker: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await chained.sealer.look()
    assert metrics.AUDIT_UNSEALED_SECONDS._value.get() == 0
    await attacker.execute(f"INSERT INTO audit ({BY_HAND}, xid) SELECT {VALUES}, 'x', '18446744073709551615'")
    await chained.sealer.look()
    assert metrics.AUDIT_UNSEALED_SECONDS._value.get() > 5
    assert "audit_unsealed" in capsys.readouterr().out
    await chained.sealer.look()
    assert "audit_unsealed" not in capsys.readouterr().out, "said once, not each second"


async def test_in_a_restored_database_the_chain_goes_on_and_says_so(
    chained: Node, attacker: Any, owner: Actor, counter: UUID
) -> None:
    """Its transaction ids start anew, below those of the rows it brought; some of these were not sealed."""
    await call(chained, owner, "toy.add", counter_id=counter)
    unsealed = await attacker.fetchval("SELECT id FROM audit ORDER BY xid DESC LIMIT 1")
    await attacker.execute("UPDATE audit SET xid = '99000000000' WHERE id = $1", unsealed)
    await attacker.execute("UPDATE deployment SET audit_era = audit_era + 1")
    await call(chained, owner, "toy.add", counter_id=counter)
    assert await chained.sealer.seal() == 2
    await call(chained, owner, "toy.add", counter_id=counter)
    assert await chained.sealer.seal() == 1
    report = await prove(chained, await kept(chained))
    assert (report.findings, report.unsealed) == ([], 0)
    assert len(report.notes) == 1
    assert "restored" in report.notes[0]


async def test_roots_are_kept_in_a_file_and_read_back(
    chained: Node, tmp_path: Any, owner: Actor, counter: UUID
) -> None:
    file = tmp_path / "roots"
    keeper = Sealer(db=chained.db, clock=Clock(), keys=KEYS, roots=file)
    for _ in range(3):
        await call(chained, owner, "toy.add", counter_id=counter)
        await keeper.seal()
    roots = read_roots(file.read_text())
    assert list(roots) == [13], "one a minute"
    assert (await prove(chained, roots)).findings == []
    with pytest.raises(ValueError, match="line 2"):
        read_roots(file.read_text() + "13 abcd\n")


def test_a_leaf_tells_the_place() -> None:
    assert len({leaf(b"h" * 32, era, xid) for era in range(3) for xid in range(3)}) == 9
