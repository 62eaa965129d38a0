"""Replay a generated clinic day through real sockets: `python -m load.replay_day --seed 1`.

Starts PostgreSQL, Valkey and a gateway of its own, or goes to a development server with the demo clinic (`--url`, whose
`CAREWIRE_CLOCK_RATE` then sets the speed). Figures, plot and page go to `--out`.
"""

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import uvloop

from channels.queue.estimate import Expected
from load.actors import live
from load.audit import audit
from load.clinic import prepare
from load.day import Day, Generator, Medscheduler
from load.listener import Journal
from load.report import Report, ends_of, outcomes, push_delays, save
from load.score import Guess, guess, score
from load.server import next_morning, own_server

BEFORE = timedelta(hours=2)
"""An own server's clock starts this long before the day's hours."""
BAR = 32


def main(argv: Sequence[str] | None = None) -> int:
    """Replay the seeds, one after another; 1 when a listener was told something wrong."""
    args = build_parser().parse_args(argv)
    wrong = 0
    for seed in args.seed or [1]:
        report = uvloop.run(replay(seed, args.rate, args.hours, args.url))
        save(msgspec.structs.replace(report, note=args.note), args.out)
        tell_result(report, args.out)
        wrong += len(report.audit.problems)
    return 1 if wrong else 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="load.replay_day", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", help="which day; may be given again (default: 1)")
    parser.add_argument("--rate", type=float, default=60.0, help="how fast the product's clock runs (default: 60)")
    parser.add_argument("--hours", type=float, default=24.0, help="only the first hours of the day")
    parser.add_argument("--url", help="a running server's socket, e.g. ws://127.0.0.1:8000/ws (default: start one)")
    parser.add_argument("--out", type=Path, default=Path("docs/replay"), help="folder of the figures")
    parser.add_argument("--note", default="", help="what the page should say of the machine")
    return parser


async def replay(seed: int, rate: float, hours: float, url: str | None, generator: Generator | None = None) -> Report:
    """One day, from empty room to checked logs."""
    day = (generator or Medscheduler()).day(seed).cut(timedelta(hours=hours))
    say(f"seed {seed}: {len(day.visits)} booked patients ({day.source})")
    if url is not None:
        return await replay_at(url, day, seed)
    # Early enough for everybody to log in: that takes real seconds, and the clock runs.
    async with own_server(rate, next_morning(day.opens - BEFORE, datetime.now(UTC)), say) as own:
        return await replay_at(own, day, seed)


async def replay_at(url: str, day: Day, seed: int) -> Report:
    """The day on this server."""
    journal = Journal()
    clinic = await prepare(url, day, seed, journal, say)
    began = time.monotonic()
    try:
        gc.freeze()  # a pause of our own collector would count as the server's latency
        patients = await live(clinic, show_progress)
        print(file=sys.stderr)
        took = time.monotonic() - began
        checked = await audit(clinic)
        tokens = clinic.desk.follows[f"queue:{clinic.session_id}"].state.tokens
        average = day.slot / timedelta(minutes=1)
        told = {str(p.booked.token_id): p.told for p in patients if p.told and p.told["expected"]}
        guesses: list[Guess] = []
        for token in tokens:
            if token.called_at is not None and (answer := told.get(str(token.id))):
                expected = Expected(*(datetime.fromisoformat(answer["expected"][n]) for n in ("low", "mid", "high")))
                guesses.append(guess(token, expected, answer["before"], tokens, clinic.starts_at, average))
        push, from_send = push_delays(journal, clinic.clock.wall)
        return Report(
            seed=seed,
            source=day.source,
            rate=clinic.clock.rate,
            hours=day.length / timedelta(hours=1),
            took_s=took,
            skew_ms=clinic.clock.skew_s * 1000,
            patients=len(clinic.booked),
            sockets=len(clinic.listeners),
            ends=ends_of(tokens),
            outcomes=outcomes(journal),
            push=push,
            push_from_send=from_send,
            audit=checked,
            score=score(guesses),
            guesses=guesses,
        )
    finally:
        gc.unfreeze()
        await clinic.close()


def show_progress(since_start: timedelta, ended: int, waiting: int, patients: int) -> None:
    """One line that is written over itself."""
    full = BAR * ended // max(patients, 1)
    sign, span = ("-", -since_start) if since_start < timedelta(0) else ("+", since_start)
    minutes = int(span / timedelta(minutes=1))
    print(
        f"\r{'█' * full}{'·' * (BAR - full)} {sign}{minutes // 60:d}:{minutes % 60:02d} h  "
        f"{ended}/{patients} done, {waiting} waiting   ",
        end="",
        file=sys.stderr,
        flush=True,
    )


def tell_result(report: Report, folder: Path) -> None:
    """The figures in a few lines, and every problem."""
    s, audited = report.score, report.audit
    say(f"{report.patients} patients, {sum(o.count for o in report.outcomes)} commands: {report.ends}")
    say(f"push p50 {report.push.p50:.1f} ms, p99 {report.push.p99:.1f} ms over {report.push.count} frames")
    say(f"{audited.logs} logs with {audited.events} events: {len(audited.problems)} problems")
    for problem in audited.problems:
        say(f"  {problem}")
    say(
        f"estimate off by {s.mae:.1f} min (longest wait + 15: {s.mae_longest:.1f}, position × mean: {s.mae_mean:.1f}), "
        f"coverage {s.coverage:.0%}"
    )
    say(f"written to {folder}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
