"""`python -m load.bench`: Carewire beside its peers on the same works, as ratios (docs/guide/benchmark.md)."""

import argparse
import asyncio
import functools
import resource
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import asyncpg
from websockets.exceptions import WebSocketException

from carewire.embedded import EmbeddedError
from load.bench import chart, report
from load.bench.commands import command
from load.bench.contenders import BY_NAME, FLOOR, OURS, PEERS, Contender
from load.bench.ground import standing_ground
from load.bench.install import installed
from load.bench.machine import LOAD_CORE, Unfit, compile_c, describe
from load.bench.plan import FULL, QUICK, TARGETS, TINY, WORKS, Sizes, rotated
from load.bench.report import Sample
from load.bench.resume import resume
from load.bench.stage import Figures, Stage
from load.bench.works import across, connects, fan_out, idle_sockets

HOME = Path(".carewire/bench").absolute()
RESULTS = Path(__file__).with_name("results.json")
DOCS_CHART = Path("docs/benchmark.svg")

Measure = Callable[[Stage, Contender, Figures], Awaitable[None]]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write. 0 whatever came out; with --check 1 when a target was missed or not measured."""
    args = build_parser().parse_args(argv)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sizes = FULL if args.full else TINY if args.tiny else QUICK
    bench = Bench(sizes, args.works, args.peers, args.rounds)
    try:
        asyncio.run(until_signal(bench.run()))
    except KeyboardInterrupt:
        tell("interrupted; nothing was written")
        return 130
    except (EmbeddedError, Unfit) as exc:
        tell(f"bench: {exc}")
        return 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    results = report.compare(bench.samples)
    verdicts = report.judge(results, [t for t in TARGETS if t.work in args.works])
    print("\n".join(report.lines(results, verdicts, bench.skipped)))
    whole = not args.tiny and args.works == "".join(WORKS) and args.peers is None
    report.save(results, RESULTS if whole else HOME / "results.json")
    picture = chart.draw(results, f"{describe()}, {time.strftime('%Y-%m-%d', time.gmtime())}")
    (HOME / "chart.svg").write_text(picture)
    if args.publish:
        DOCS_CHART.write_text(picture)
    tell(f"written: {RESULTS if whole else HOME / 'results.json'}, {HOME / 'chart.svg'}")
    return 1 if args.check and any(v.word != "reached" for v in verdicts) else 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="load.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all sizes and more rounds (about an hour)")
    parser.add_argument("--tiny", action="store_true", help="a minute's look at whether everything runs; no figures")
    parser.add_argument("--works", default="".join(WORKS), help="letters, e.g. AB (default: all)")
    parser.add_argument("--peers", help="names with commas (default: all); 'none' for ours alone")
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    parser.add_argument("--check", action="store_true", help="fail when a target is missed")
    parser.add_argument("--publish", action="store_true", help=f"draw {DOCS_CHART} anew")
    return parser


class Bench:
    """One run over the works."""

    def __init__(self, sizes: Sizes, works: str, peers: str | None, rounds: int | None) -> None:
        self.sizes = sizes
        self.works = works
        self.rounds = rounds
        names = [c.name for c in (FLOOR, *PEERS)] if peers is None else [n for n in peers.split(",") if n != "none"]
        if unknown := [name for name in names if name not in BY_NAME]:
            raise SystemExit(f"no such peer: {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
        self.names = [OURS.name, *(name for name in names if name != OURS.name)]
        self.samples: list[Sample] = []
        self.skipped: list[str] = []
        self._began = time.monotonic()
        self._done = self._steps = 0

    async def run(self) -> None:
        """Install, start, measure everything; one contender's fault costs only its own figures."""
        program = compile_c("client", HOME)
        await self.install()
        accounts = max(*self.sizes.idle, *self.sizes.listeners, self.sizes.connects, self.sizes.resumes)
        tell(f"{describe()}; PostgreSQL and Valkey start, {accounts:,} accounts log in")
        async with standing_ground(accounts) as ground:
            stage = Stage(ground, HOME, program, self.sizes, lambda text: tell(f"           {text}"))
            plan = self.plan()
            self._steps = sum(rounds * len(names) for _, _, _, rounds, names in plan)
            # Rounds outermost: those of one work lie minutes apart, as the machine's moods do.
            for turn in range(max((rounds for _, _, _, rounds, _ in plan), default=0)):
                for work, title, measure, rounds, names in plan:
                    if turn >= rounds:
                        continue
                    ground.place(None if work in "BE" else LOAD_CORE)
                    for name in rotated(names, turn):
                        if turn and self.seconds() > self.sizes.budget_s:
                            self.skip(f"{work} {title}, round {turn + 1}, {BY_NAME[name].title}: the time is up")
                            continue
                        self.show(f"{work} {title}, round {turn + 1} of {rounds}: {BY_NAME[name].title}")
                        await self.measure(stage, measure, work, turn, BY_NAME[name])
            self.skipped += stage.remarks

    async def install(self) -> None:
        for name in list(self.names):
            contender = BY_NAME[name]
            if contender.kind not in ("node", "python"):
                continue
            tell(f"environment of {contender.title}")
            try:
                await installed(contender, HOME)
            except (Unfit, OSError) as exc:
                self.skip(f"{contender.title}: {exc}")
                self.names.remove(name)

    def plan(self) -> list[tuple[str, str, Measure, int, list[str]]]:
        """The steps: work, size, how, how often, by whom."""
        works: list[tuple[str, str, Measure]] = []
        for n in self.sizes.listeners:
            works.append(("A", f"{n:,} listeners", functools.partial(fan_out, listeners=n)))
        works.append(("B", "commands", command))
        for n in self.sizes.idle:
            works.append(("C", f"{n:,} sockets", functools.partial(idle_sockets, sockets=n)))
        works += [("D", "connects", connects), ("E", "across nodes", across), ("F", "resume", resume)]
        return [
            (work, title, how, self.rounds or self.sizes.rounds[work], names)
            for work, title, how in works
            if work in self.works and (names := [name for name in self.names if work in BY_NAME[name].works])
        ]

    async def measure(self, stage: Stage, how: Measure, work: str, turn: int, contender: Contender) -> None:
        figures: Figures = {}  # what was measured before a fault counts
        try:
            await how(stage, contender, figures)
        except (Unfit, OSError, TimeoutError, asyncpg.PostgresError, WebSocketException) as exc:
            self.skip(f"{work}, round {turn + 1}, {contender.title}: {exc or type(exc).__name__}")
        self.samples += [Sample(figure, lane, contender.name, turn, value) for (figure, lane), value in figures.items()]

    def skip(self, text: str) -> None:
        self.skipped.append(text)
        tell(f"           SKIPPED {text}")

    def show(self, text: str) -> None:
        self._done += 1
        tell(f"[{self.seconds():5.0f} s] {self._done}/{self._steps}  {text}")

    def seconds(self) -> float:
        return time.monotonic() - self._began


async def until_signal(work: Awaitable[None]) -> None:
    """The work, cancelled by a signal; what it started ends with it."""
    task = asyncio.ensure_future(work)
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:  # a second Ctrl-C must not cut the clean-up short
            asked = True
            tell("stopping")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
