"""What a replay found: figures as JSON, one plot per seed, and one page over all of them."""

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from load.audit import Audit
from load.listener import Journal
from load.score import Guess, Rehearsed, Score, percentile

REHEARSAL = "rehearsal.json"


class Delay(Struct, frozen=True, kw_only=True):
    """Milliseconds."""

    count: int
    p50: float
    p99: float
    worst: float


class Outcome(Struct, frozen=True, kw_only=True):
    """One command by name and outcome."""

    command: str
    outcome: str
    count: int
    p50: float
    p99: float


class Report(Struct, frozen=True, kw_only=True):
    """One replayed day."""

    seed: int
    source: str
    rate: float
    hours: float
    took_s: float
    skew_ms: float
    patients: int
    sockets: int
    ends: dict[str, int]
    """How the tokens ended."""
    outcomes: list[Outcome]
    push: Delay
    """From the moment the server took the causing command (or timed job) up to the frame in the listener's reader."""
    push_from_send: Delay
    """The same from the moment the causing command was sent, for events of exactly one command under way."""
    audit: Audit
    score: Score
    guesses: list[Guess]
    note: str = ""
    """What else the reader should know of the machine."""


def outcomes(journal: Journal) -> list[Outcome]:
    """Every command by name and outcome, with its round trip."""
    took: dict[tuple[str, str], list[float]] = defaultdict(list)
    for sent in journal.sent:
        took[sent.method, sent.outcome].append((sent.replied - sent.sent) * 1000)
    return [
        Outcome(
            command=method, outcome=outcome, count=len(times), p50=percentile(times, 0.5), p99=percentile(times, 0.99)
        )
        for (method, outcome), times in sorted(took.items())
    ]


def push_delays(journal: Journal, wall: Any) -> tuple[Delay, Delay]:
    """Latency of every frame of every listener. `wall` gives the wall moment of a product time.

    An event's `at` is the product time at which the server took its command up, so it names a moment of the wall
    clock to the microsecond. Where exactly one of our commands was under way at that moment it is the cause, and the
    delay is counted from its sending as well.
    """
    moves = sorted((s for s in journal.sent if s.method.startswith(("queue.", "session."))), key=lambda s: s.sent)
    causes: dict[str, float | None] = {}
    taken, whole = [], []
    for receipt in journal.receipts:
        began = wall(datetime.fromisoformat(receipt.at))
        taken.append((receipt.wall - began) * 1000)
        if receipt.at not in causes:
            under_way = [s.sent for s in moves if s.sent <= began <= s.replied]
            causes[receipt.at] = under_way[0] if len(under_way) == 1 else None
        if (sent := causes[receipt.at]) is not None:
            whole.append((receipt.wall - sent) * 1000)
    return _delay(taken), _delay(whole)


def _delay(times: list[float]) -> Delay:
    return Delay(
        count=len(times), p50=percentile(times, 0.5), p99=percentile(times, 0.99), worst=max(times, default=0.0)
    )


def ends_of(tokens: list[Any]) -> dict[str, int]:
    """How many tokens ended how."""
    return dict(sorted(Counter(f"{t.state}({t.reason})" if t.reason else str(t.state) for t in tokens).items()))


def save(report: Report, folder: Path) -> None:
    """Figures and plot of this seed, and the page over all seeds in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(report))), indent=1)
    (folder / f"seed-{report.seed}.json").write_bytes(figures + b"\n")
    plot(report, folder / f"seed-{report.seed}.svg")
    write_page(folder)


def save_rehearsal(rehearsed: Rehearsed, folder: Path) -> None:
    """The figures of many rehearsed days, beside those of the replayed ones."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(rehearsed))), indent=1)
    (folder / REHEARSAL).write_bytes(figures + b"\n")
    write_page(folder)


def write_page(folder: Path) -> None:
    """The page over all figures in the folder."""
    from load.page import render  # the page knows the report

    paths = sorted(folder.glob("seed-*.json"), key=lambda path: int(path.stem.partition("-")[2]))
    reports = [msgspec.json.decode(path.read_bytes(), type=Report) for path in paths]
    rehearsal = folder / REHEARSAL
    rehearsed = msgspec.json.decode(rehearsal.read_bytes(), type=Rehearsed) if rehearsal.exists() else None
    if reports:
        (folder / "README.md").write_text(render(reports, rehearsed))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def plot(report: Report, path: Path) -> None:
    """Told against true waits, each with its interval, and the two rules beside it."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "carewire"  # the same figures give the same file
    from matplotlib import pyplot as plt

    truth = [g.truth for g in report.guesses]
    top = max([*truth, *(g.high for g in report.guesses)]) * 1.05
    figure, axes = plt.subplots(figsize=(7.5, 6))
    axes.plot([0, top], [0, top], color="0.6", linewidth=1, label="told = true")
    axes.errorbar(
        truth,
        [g.mid for g in report.guesses],
        yerr=[[g.mid - g.low for g in report.guesses], [g.high - g.mid for g in report.guesses]],
        fmt="o",
        markersize=4,
        linewidth=1,
        color="tab:blue",
        label=f"estimate with its 80 % interval (off by {report.score.mae:.1f} min)",
    )
    rules = (
        ("longest", "^", "tab:orange", f"longest wait + 15 min ({report.score.mae_longest:.1f} min)"),
        ("mean", "s", "tab:green", f"position × mean ({report.score.mae_mean:.1f} min)"),
    )
    for name, marker, colour, label in rules:
        guesses = [getattr(g, name) for g in report.guesses]
        axes.plot(truth, guesses, marker, markersize=4, alpha=0.6, color=colour, label=label)
    axes.set(xlim=(0, max(truth) * 1.05), ylim=(0, top))
    axes.set_xlabel("true wait from arrival to call, minutes")
    axes.set_ylabel("wait told at arrival, minutes")
    axes.set_title(f"Seed {report.seed}: {report.score.patients} patients called")
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
