"""From samples to ratios: medians and spread, targets, the table and the file."""

import json
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, structs

from load.bench.contenders import BY_NAME
from load.bench.plan import BEST, WORKS, Figure, Target

OURS, FLOOR = "carewire", "floor"


class Sample(Struct, frozen=True):
    """One figure of one contender in one round."""

    figure: Figure
    lane: str
    contender: str
    round: int
    value: float


class Result(Struct, frozen=True):
    """Ours beside one peer's. `ratio` is the median of the rounds' ratios, `low` and `high` the least and greatest."""

    work: str
    variant: str
    peer: str | None
    ours: float
    theirs: float | None
    ratio: float | None
    low: float | None
    high: float | None
    rounds: int
    unit: str
    better: str
    lane: str = ""


class Verdict(Struct, frozen=True):
    """A target and what came out; `value` is None where nothing was measured."""

    target: Target
    value: float | None
    peer: str

    @property
    def word(self) -> str:
        if self.value is None:
            return "not measured"
        return "reached" if self.target.reached(self.value) else "NOT reached"


def compare(samples: Sequence[Sample]) -> list[Result]:
    """Every figure of ours beside every other contender's of the same round."""
    table: dict[tuple[Figure, str, str], dict[int, float]] = defaultdict(dict)
    for sample in samples:
        table[sample.figure, sample.lane, sample.contender][sample.round] = sample.value
    others = list(dict.fromkeys(s.contender for s in samples if s.contender != OURS))
    results = []
    for (figure, lane, contender), ours in table.items():
        if contender != OURS:
            continue
        own = statistics.median(ours.values())
        base = Result(figure.work, name(figure, lane), None, own, None, None, None, None, len(ours), figure.unit,
                      figure.better, lane)  # fmt: skip
        found = []
        for other in others:
            theirs = table.get((figure, "", other), {})
            both = sorted(ours.keys() & theirs.keys())
            ratios = [ours[turn] / theirs[turn] for turn in both if theirs[turn] > 0]
            if ratios:
                found.append(
                    structs.replace(
                        base,
                        peer=other,
                        theirs=statistics.median(theirs.values()),
                        ratio=statistics.median(ratios),
                        low=min(ratios),
                        high=max(ratios),
                        rounds=len(ratios),
                    )
                )
        results += found or [base]
    return results


def name(figure: Figure, lane: str) -> str:
    return f"{figure.variant}, {lane}" if lane else figure.variant


def judge(results: Sequence[Result], targets: Sequence[Target]) -> list[Verdict]:
    """Each target against what was measured."""
    verdicts = []
    for target in targets:
        variant = f"{target.variant}, {target.lane}" if target.lane else target.variant
        rows = [r for r in results if r.work == target.work and r.variant == variant]
        if not target.peer:
            verdicts.append(Verdict(target, rows[0].ours if rows else None, ""))
            continue
        peers = [r for r in rows if r.theirs is not None and r.peer not in (None, FLOOR)]
        if target.peer != BEST:
            peers = [r for r in rows if r.peer == target.peer]
        elif peers:
            best = max if peers[0].better == "more" else min
            peers = [best(peers, key=lambda r: r.theirs or 0.0)]
        row = peers[0] if peers else None
        verdicts.append(Verdict(target, row.ratio if row else None, (row.peer or "") if row else ""))
    return verdicts


def lines(results: Sequence[Result], verdicts: Sequence[Verdict], skipped: Sequence[str]) -> list[str]:
    """What the terminal shows."""
    shown: list[str] = []
    for work, title in WORKS.items():
        rows = [r for r in results if r.work == work]
        if not rows:
            continue
        shown += ["", f"{work}  {title}"]
        for variant in dict.fromkeys(r.variant for r in rows):
            group = [r for r in rows if r.variant == variant]
            first = group[0]
            shown.append(
                f"  {variant}: Carewire {number(first.ours)} {first.unit}"
                + ("; less is better" if first.better == "less" and first.ratio is not None else "")
            )
            for row in group:
                if row.ratio is None:
                    continue
                title_ = BY_NAME[row.peer].title if row.peer in BY_NAME else str(row.peer)
                spread = f"{row.low:.2f}–{row.high:.2f} in {row.rounds} rounds" if row.rounds > 1 else "1 round"
                met = [v for v in verdicts if is_about(v, row)]
                judged = "".join(f"   {v.target.sign} {v.target.bound:g} {v.word}" for v in met)
                shown.append(f"    {row.ratio:8.2f}×  {title_:<20} {number(row.theirs or 0):>12}   ({spread}){judged}")
    shown += ["", "Targets"]
    for verdict in verdicts:
        t = verdict.target
        against = t.peer + (f" ({verdict.peer})" if t.peer == BEST and verdict.peer else "")
        bound = f"{t.sign} {t.bound:g}{'× ' + against if t.peer else ' ' + unit_of(t, results)}"
        value = "–" if verdict.value is None else f"{verdict.value:.2f}"
        lane = f", {t.lane}" if t.lane else ""
        shown.append(f"  {verdict.word:<13} {value:>9}  {t.work} {t.variant}{lane}: {bound}")
    reached = sum(v.word == "reached" for v in verdicts)
    measured = sum(v.value is not None for v in verdicts)
    shown.append(f"  {reached} of {measured} measured targets reached")
    if skipped:
        shown += ["", "Not measured, or with a reservation", *(f"  {text}" for text in skipped)]
    return shown


def is_about(verdict: Verdict, row: Result) -> bool:
    t = verdict.target
    variant = f"{t.variant}, {t.lane}" if t.lane else t.variant
    return t.work == row.work and variant == row.variant and row.peer is not None and row.peer == verdict.peer


def unit_of(target: Target, results: Sequence[Result]) -> str:
    return next((r.unit for r in results if r.work == target.work and r.variant.startswith(target.variant)), "")


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def save(results: Sequence[Result], path: Path) -> None:
    """The results as a list of {work, variant, peer, ours, theirs, ratio, …}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{key: rounded(value) for key, value in structs.asdict(r).items() if key != "lane"} for r in results]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


def rounded(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
