"""The audit in an operator's hands: proved, broken, and brought back by a restore."""

from uuid import UUID

from carewire.actor import Actor
from carewire.node import Node
from tests.backup.conftest import Deployment
from tests.platform.conftest import *  # noqa: F403 - its fixtures
from tests.platform.conftest import MakeNode, call


async def test_an_operator_proves_the_audit_and_learns_what_a_restore_and_an_attacker_took(
    deployment: Deployment, node: Node, make_node: MakeNode, owner: Actor, counter: UUID
) -> None:
    await call(node, owner, "toy.add", counter_id=counter)
    await node.sealer.stop()
    roots = deployment.folder / "roots"
    assert (await deployment.run("audit", "root", "--append", roots)).status == 0
    said = await deployment.run("audit", "verify", "--root", roots)
    assert (said.status, said.out) == (0, "1 rows in 1 seals, 0 not sealed yet: nothing is wrong\n"), said
    path = await deployment.back_up()

    await call(node, owner, "toy.add", counter_id=counter)
    await node.sealer.seal()
    newer = deployment.folder / "newer"
    newer.write_text((await deployment.run("audit", "root")).out)

    assert (await deployment.run("restore", path, "--replace", "--drop-old", "--force")).status == 0
    said = await deployment.run("audit", "verify", "--root", newer)
    assert said.status == 1
    assert said.out.startswith("cut: seal 2: seals 2 to 2 are gone")

    after = await make_node()
    await call(after, owner, "toy.add", counter_id=counter)
    await after.sealer.seal()
    said = await deployment.run("audit", "verify", "--root", roots)
    assert said.status == 0, said
    assert "note: from seal 2 on the database is a restored one" in said.out

    row = await deployment.sql("SELECT id FROM audit ORDER BY era LIMIT 1")
    await deployment.sql("ALTER TABLE audit DISABLE TRIGGER USER")
    await deployment.sql("UPDATE audit SET actor = uuidv7() WHERE id = $1", row)
    said = await deployment.run("audit", "verify")
    assert (said.status, said.out.splitlines()[0]) == (1, f"edited: seal 1, row {row}: its content was changed")
    assert "no root was given" in said.out


async def test_a_file_that_is_no_list_of_roots_is_one_line(deployment: Deployment) -> None:
    wrong = deployment.folder / "wrong"
    wrong.write_text("hello\n")
    said = await deployment.run("audit", "verify", "--root", wrong)
    assert said.status == 2
    assert said.complaint == "carewire: line 1 is no root: want a seal's number and 64 hex digits"
