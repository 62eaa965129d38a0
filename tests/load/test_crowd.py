"""The crowd's runs with a few hundred clients: what does not hang on the machine's speed has to hold here too."""

from load.crowd import moving, overload, slow, storm


async def test_a_node_that_stops_moves_hundreds_of_clients_without_a_gap_and_no_command_is_lost_or_done_twice() -> None:
    result = await moving.run(clients=300, lines=10)
    assert not result.problems
    assert result.figures["events heard"] > 300
    assert result.figures["commands meanwhile"] > 0
    assert result.figures["start-overs"] == 0


async def test_readers_that_stop_are_closed_within_the_declared_memory_and_catch_up_without_a_gap() -> None:
    result = await slow.run(clients=100, per_s=60, calm_s=1, phases=1)
    assert not result.problems
    assert result.figures["closed with 4102"] == result.figures["of them stopped"]
    assert result.figures["brought by resumes"] + result.figures["start-overs"] > 0


async def test_clients_of_a_killed_node_come_back_to_the_other_without_a_start_over_and_never_dearer_than_alone() -> (
    None
):
    """How much they share hangs on how close they come: tests/platform/test_logins.py and test_resume.py prove that."""
    result = await storm.run(clients=400, lines=10)
    assert not result.problems
    # Alone, a resume costs five: BEGIN, heads, a question of rights for each of two kinds of topics, COMMIT.
    assert result.figures["statements per resume"] <= 5
    # And a login three: BEGIN, one question, COMMIT.
    assert result.figures["statements per login"] <= 3


async def test_a_node_with_far_too_much_work_sheds_it_typed_and_closes_nobody() -> None:
    """Eight times what it could do a moment ago: a machine that others leave meanwhile gets quicker, not so much."""
    result = await overload.run(clients=100, closed_s=2, open_s=4, phases=1, times=8)
    assert not result.problems
    assert result.figures["turned away"] > 0
    assert result.figures["advised pause, median (ms)"] >= 75
