"""B: a command with one commit, in the lanes that Carewire has and as each peer writes it."""

from contextlib import AsyncExitStack

from load.bench import plan
from load.bench.client import Setup, running_client
from load.bench.contenders import Contender
from load.bench.ground import OWN_DATABASE, PEERS_DATABASE
from load.bench.joining import join
from load.bench.machine import Unfit
from load.bench.stage import AT_ONCE, Figures, Stage

BEHIND_S = 0.5
"""A server this late after a fixed rate has carried less than it."""
OWN_ASK = '{"jsonrpc":"2.0","id":{id},"method":"%s","params":{"queue":"{queue}","idempotency_key":"{key}"}}'
LANES = {plan.BATCHED: "bench.take", plan.ORDINARY: "bench.take_one"}


async def command(stage: Stage, contender: Contender, figures: Figures) -> None:
    """B: a ticket per command, in a closed loop and at a fixed rate."""
    ground, sizes = stage.ground, stage.sizes
    asks: dict[str, str | None] = {"": None}
    if contender.kind == "ours":
        asks = {lane: OWN_ASK % method for lane, method in LANES.items()}
    database = OWN_DATABASE if contender.kind == "ours" else PEERS_DATABASE
    await ground.empty_queues(database)
    async with AsyncExitStack() as stack:
        server = await stage.server(stack, contender, None)
        for lane, ask in asks.items():
            for name, queues in ((plan.HOT, ground.hot_queue), (plan.SPREAD, ground.queues)):
                setup = Setup(contender=contender, port=server.port, tokens=ground.tokens, queues=queues, ask=ask)
                async with running_client(stage.program, setup, stage.config(), None) as client:
                    await client.open("L", sizes.commanders, AT_ONCE)
                    server.mark_cpu()
                    answer = await client.requests(f"ask {sizes.commanders} {sizes.seconds} {sizes.warm}")
                    value = answer.answered / answer.seconds
                    figures[plan.commands(name), lane] = value
                    what = f"{name}{', ' if lane else ''}{lane}"
                    stage.note_cpu(what, f"{value:,.0f}/s, p99 {answer.p99:.0f} ms", server, answer)
                    slow = value < sizes.paced_per_s * 1.1
                    if not slow:
                        answer = await client.requests(f"pace {sizes.paced_per_s} {sizes.seconds}")
                    if slow or answer.seconds > sizes.seconds + BEHIND_S:
                        stage.say(f"{what}: cannot carry {sizes.paced_per_s}/s: no latency")
                        continue
                    for share, value in (("p50", answer.p50), ("p99", answer.p99)):
                        figures[plan.command_delay(share, name, sizes.paced_per_s), lane] = value
                    stage.say(f"{what}, {sizes.paced_per_s}/s: p50 {answer.p50:.1f} ms, p99 {answer.p99:.1f} ms")
        try:
            await ground.check_queues(database)
        except Unfit:
            figures.clear()
            raise
        if contender.kind == "ours":
            await join(stage, server, figures)
