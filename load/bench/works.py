"""The works: each starts a contender's server, drives it with the load client and answers figures."""

import asyncio
import time
from contextlib import AsyncExitStack

from load.bench import plan
from load.bench.client import LoadClient, Setup, running_client
from load.bench.commands import LANES, OWN_ASK
from load.bench.contenders import EMIT_OURS, Contender, Step
from load.bench.ground import OWN_DATABASE, PEERS_DATABASE
from load.bench.machine import LOAD_CORE, SERVER_CORE, descriptors, rss_kib
from load.bench.servers import LISTENED, Server, capture
from load.bench.stage import AT_ONCE, Figures, Stage

PACED, BURST = 2, 32
"""Events in flight."""
WARM_SOCKETS = 200
SETTLE_S = 2.0
TOPICS = ("a", "b", "c")


async def fan_out(stage: Stage, contender: Contender, figures: Figures, listeners: int) -> None:
    """A: one event to many, in a closed loop and at a fixed rate."""
    sizes, ground = stage.sizes, stage.ground
    topic = contender.topic(LISTENED)
    async with AsyncExitStack() as stack:
        server = await stage.server(stack, contender, SERVER_CORE)
        setup = Setup(
            contender=contender,
            port=server.port,
            listen=contender.wire.subscriptions([topic]),
            tokens=ground.tokens,
            emit=EMIT_OURS.replace("{topic}", topic) if contender.kind == "ours" else None,
            redis=None if contender.kind == "ours" else ground.redis_socket,
            message=None if contender.kind == "ours" else await capture(server, ground),
        )
        client = await stage.client(stack, setup, LOAD_CORE)
        await client.open("L", listeners, AT_ONCE)
        if contender.kind == "ours":
            await client.open("P", 2, 2)
        for in_flight, figure in ((PACED, plan.paced(listeners)), (BURST, plan.burst(listeners))):
            server.mark_cpu()
            answer = await client.events(f"fan {in_flight} {sizes.seconds} {sizes.warm}")
            value = answer.delivered / answer.seconds
            figures[figure, ""] = value
            stage.note_cpu(figure.variant, f"{value:,.0f}/s", server, answer)
        if figures[plan.paced(listeners), ""] < sizes.deliveries_per_s * 1.1:
            stage.say(f"cannot carry {sizes.deliveries_per_s:,} deliveries/s: no latency")
            return
        server.mark_cpu()
        answer = await client.events(f"rate {sizes.deliveries_per_s / listeners} {sizes.tail_s}")
        for share, value in (("p50", answer.p50), ("p99", answer.p99)):
            figures[plan.fan_delay(share, listeners), ""] = value
        stage.note_cpu("latency", f"p50 {answer.p50:.1f} ms, p99 {answer.p99:.1f} ms", server, answer)


async def idle_sockets(stage: Stage, contender: Contender, figures: Figures, sockets: int) -> None:
    """C: what a socket costs that only listens to three topics."""
    topics = [contender.topic(name) for name in TOPICS]
    async with AsyncExitStack() as stack:
        server = await stage.server(stack, contender, SERVER_CORE)
        listen = contender.wire.subscriptions(topics)
        setup = Setup(contender=contender, port=server.port, listen=listen, tokens=stage.ground.tokens)
        client = await stage.client(stack, setup, LOAD_CORE)
        await warm_up(client, server)
        before = rss_kib(server.pid)
        await client.open("L", sockets, AT_ONCE)
        await asyncio.sleep(SETTLE_S)
        value = (rss_kib(server.pid) - before) / sockets
        stage.say(f"{sockets:,} sockets: {value:.1f} KiB each (from {before / 1024:.0f} MiB)")
        figures[plan.memory(sockets), ""] = value


async def connects(stage: Stage, contender: Contender, figures: Figures) -> None:
    """D: sockets opened per second, ours with the check of a token; then the same with three topics each."""
    bare: list[Step] = []
    listening = contender.wire.subscriptions([contender.topic(name) for name in TOPICS])
    async with AsyncExitStack() as stack:
        server = await stage.server(stack, contender, SERVER_CORE)
        for figure, listen in ((plan.CONNECTS, bare), (plan.CONNECTS_LISTENING, listening)):
            setup = Setup(contender=contender, port=server.port, listen=listen, tokens=stage.ground.tokens)
            async with running_client(stage.program, setup, stage.config(), LOAD_CORE) as client:
                await warm_up(client, server)
                server.mark_cpu()
                answer = await client.open("L", stage.sizes.connects, AT_ONCE)
                figures[figure, ""] = value = answer.opened / answer.seconds
                stage.note_cpu(figure.variant, f"{value:,.0f}/s", server, answer)


async def warm_up(client: LoadClient, server: Server) -> None:
    """Compiled code, filled caches, first arenas: not what a socket costs."""
    idle = descriptors(server.pid)
    await client.open("L", WARM_SOCKETS, AT_ONCE)
    await client.order("close L")
    deadline = time.monotonic() + SETTLE_S
    while descriptors(server.pid) > idle + 20 and time.monotonic() < deadline:  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.05)


CROSS_LISTENERS = 100
SMALL_EVENT_BYTES = 100


async def across(stage: Stage, contender: Contender, figures: Figures) -> None:
    """E: commands on one node, at a fixed rate; the delay of their events on another node, over Redis."""
    queue = stage.ground.hot_queue.read_text().strip()
    own = contender.kind == "ours"
    await stage.ground.empty_queues(OWN_DATABASE if own else PEERS_DATABASE)
    topic = f"bench_queue:{queue}" if own else f"queue.{queue}"
    ask = OWN_ASK % LANES[plan.BATCHED] if own else contender.wire.ask
    async with AsyncExitStack() as stack:
        here = await stage.server(stack, contender, None)
        there = await stage.server(stack, contender, None)
        setup = Setup(
            contender=contender,
            port=there.port,
            publish_port=here.port,
            listen=contender.wire.subscriptions([topic]),
            tokens=stage.ground.tokens,
            emit=ask.replace("{queue}", queue),
            event="taken",
            event_bytes_min=SMALL_EVENT_BYTES,
            stamped=not own,
        )
        client = await stage.client(stack, setup, None)
        await client.open("L", CROSS_LISTENERS, AT_ONCE)
        await client.open("P", 10, 10)
        await client.events(f"rate {stage.sizes.commands_per_s[0]} {stage.sizes.warm}")
        for per_s in stage.sizes.commands_per_s:
            there.mark_cpu()
            answer = await client.events(f"rate {per_s} {stage.sizes.tail_s}")
            for share, value in (("p50", answer.p50), ("p99", answer.p99)):
                figures[plan.cross_delay(share, per_s), ""] = value
            stage.note_cpu(f"{per_s}/s", f"p50 {answer.p50:.1f} ms, p99 {answer.p99:.1f} ms", there, answer)
