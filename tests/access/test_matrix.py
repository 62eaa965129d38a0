"""Every cell of docs/access.md, over real sockets: first all that refuse, and nothing changes; then all that open.

Ledger: auth.authorize H-074; and the capacity, the `:own` and the `anon` of every row of a command or query.
"""

import asyncio

import pytest

from carewire.ids import uuid7
from tests.access import matrix
from tests.access.matrix import CELLS, Cells, Verdict
from tests.access.who import EVERYBODY, HERSELF, Who, in_order
from tests.access.world import HER_NAME, REFUSED_RIGHTS, Answer, World

matrix.load_cells()
DOMAINS = sorted({domain for name, domain in matrix.rows().items() if name in CELLS})
WITH_TOPICS = sorted({domain for name, domain in matrix.rows().items() if name in CELLS and ":" in name})
NOT_A_PROOF = REFUSED_RIGHTS | {"invalid_params", "rate_limited"}
"""What never proves that a gate opened, unless the row says so."""


def of_domain(domain: str, *, topics: bool) -> list[Cells]:
    named = matrix.rows()
    return [row for row in CELLS.values() if named.get(row.name) == domain and row.is_topic is topics]


def wrong(row: Cells, one: Who, answer: Answer, world: World) -> str | None:
    """What is wrong with this answer, or None."""
    where = f"{row.name} × {one.group.value}: {one}"
    read = [word for word, readers in world.secrets.items() if word in answer.text and one not in readers]
    if read or (not row.names and HER_NAME in answer.text):
        return f"{where}: reads {read or HER_NAME}"
    if row.verdict(one) is not Verdict.OPENS:
        right = answer.reason == row.refusal(one)
        return None if right else f"{where}: {answer.reason}, should be {row.refusal(one)}; {answer.text[:300]}"
    return None if passed(row, answer.reason) else f"{where}: {answer.reason}, should open; {answer.text[:300]}"


def passed(row: Cells, reason: str) -> bool:
    """Does this answer prove that the gate opened: all is well, or the command's own business is in the way?"""
    if reason == "ok" or reason in row.answers:
        return True
    if reason in NOT_A_PROOF or row.name not in matrix.COMMANDS:
        return False
    return reason in {refusal.reason for refusal in matrix.COMMANDS[row.name].errors}


@pytest.mark.parametrize("domain", DOMAINS)
async def test_what_a_cell_does_not_open_is_refused_and_changes_nothing(domain: str, whole_world: World) -> None:
    rows = of_domain(domain, topics=False)
    refused = {one: [row for row in rows if row.verdict(one) is not Verdict.OPENS] for one in in_order(EVERYBODY)}
    asked = {(row.name, one): await row.ask(whole_world, one) for one, mine in refused.items() for row in mine}
    before = await whole_world.state()

    async def ask(one: Who) -> list[str | None]:
        answers = [(row, await whole_world.ask(one, row.name, asked[row.name, one])) for row in refused[one]]
        return [wrong(row, one, answer, whole_world) for row, answer in answers]

    found = [line for lines in await asyncio.gather(*map(ask, refused)) for line in lines if line]
    assert not found, "\n".join(found)
    assert await whole_world.state() == before


@pytest.mark.parametrize("domain", WITH_TOPICS)
async def test_a_topic_answers_a_snapshot_or_is_not_found(domain: str, whole_world: World) -> None:
    """The same by `topic.subscribe` and by `socket.resume`, and without a name where the topic has none."""
    rows = of_domain(domain, topics=True)

    async def ask(one: Who) -> list[str | None]:
        lines: list[str | None] = []
        names = {row.name: row.name.split("{")[0] + str(await row.ask(whole_world, one)) for row in rows}
        for row in rows:
            answer = await whole_world.ask(one, "topic.subscribe", {"topic": names[row.name]})
            lines.append(wrong(row, one, answer, whole_world))
            await whole_world.ask(one, "topic.unsubscribe", {"topic": names[row.name]})
        again = await whole_world.resume(one, list(names.values()))
        lines += [wrong(row, one, again[names[row.name]], whole_world) for row in rows]
        return lines

    found = [line for lines in await asyncio.gather(*map(ask, in_order(EVERYBODY))) for line in lines if line]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("domain", DOMAINS)
async def test_what_a_cell_opens_is_open(domain: str, whole_world: World) -> None:
    """One after the other: what one has changed, the next is told in the command's own words.

    And what a command did is answered once more to who asks with the same key, whatever that was: the first reply may
    have been lost.
    """
    found = []
    for row in of_domain(domain, topics=False):
        for one in in_order(EVERYBODY):
            if row.verdict(one) is Verdict.OPENS:
                params = await row.ask(whole_world, one)
                await whole_world.sql("DELETE FROM throttle")  # they share an address, and what it may try in an hour
                keyed = row.name in matrix.COMMANDS and matrix.COMMANDS[row.name].receipt
                asked = {**params, "idempotency_key": str(uuid7())} if keyed else params
                answer = await whole_world.ask(one, row.name, asked, spare=row.spare)
                found.append(wrong(row, one, answer, whole_world))
                if keyed and answer.reason == "ok" and not row.spare:
                    again = await whole_world.ask(one, row.name, asked)
                    if again != answer:
                        found.append(f"{row.name} × {one}: the same key is answered {again.text[:300]}")
    assert not any(found), "\n".join(line for line in found if line)


async def test_what_only_http_calls_is_no_method_of_the_socket(whole_world: World) -> None:
    names = [command.name for command in matrix.COMMANDS.values() if command.http]
    assert names
    for name in names:
        assert (await whole_world.ask(HERSELF, name, {})).reason == "method_not_found"
