"""The ratios as one picture: a bar per peer on a logarithmic scale, drawn without a library."""

import math
from collections.abc import Sequence
from html import escape

from load.bench.contenders import BY_NAME
from load.bench.plan import WORKS
from load.bench.report import Result

WIDTH, LABEL, BAR, GAP = 900, 190, 15, 3
FONT = 'font-family="system-ui,sans-serif" font-size="12"'
GOOD, BAD, GREY = "#0a7d55", "#b3541e", "#8a8f98"
LEAST, MOST = 0.1, 40.0


def draw(results: Sequence[Result], caption: str) -> str:
    """An SVG. Every bar is how many times better Carewire is: right of the line it is ahead."""
    rows: list[str] = []
    y = 62
    for work, title in WORKS.items():
        of_work = [r for r in results if r.work == work and r.ratio is not None]
        for variant in dict.fromkeys(r.variant for r in of_work):
            rows.append(text(10, y + 12, f"{work}  {title}: {variant}", weight="600"))
            y += 20
            for row in (r for r in of_work if r.variant == variant):
                rows += bar(row, y)
                y += BAR + GAP
            y += 10
    top = [
        text(10, 20, "Carewire beside its peers: times better, in one run", weight="700"),
        text(10, 38, f"{caption}; medians, the thin line is the spread of the rounds", colour=GREY),
    ]
    grid = []
    for mark in (0.1, 0.5, 1, 2, 5, 10, 20, 40):
        x = place(mark)
        colour = "#333" if mark == 1 else "#ddd"
        grid.append(f'<line x1="{x:.1f}" y1="54" x2="{x:.1f}" y2="{y}" stroke="{colour}"/>')
        grid.append(text(x - 8, 52, f"{mark:g}×", colour=GREY))
    body = "\n".join([*grid, *top, *rows])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 10}" width="{WIDTH}" height="{y + 10}">\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def bar(row: Result, y: int) -> list[str]:
    assert row.ratio is not None
    assert row.low is not None
    assert row.high is not None
    times, one, other = (better(row, value) for value in (row.ratio, row.low, row.high))
    start, end = sorted((place(1), place(times)))
    middle = y + BAR / 2
    title = BY_NAME[row.peer].title if row.peer in BY_NAME else str(row.peer)
    return [
        text(24, y + 12, title),
        f'<rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" height="{BAR}"'
        f' fill="{GOOD if times >= 1 else BAD}"/>',
        f'<line x1="{place(one):.1f}" y1="{middle}" x2="{place(other):.1f}" y2="{middle}" stroke="#222"/>',
        text(max(end, place(max(one, other))) + 6, y + 12, f"{times:.2f}×" if times < 10 else f"{times:.0f}×"),
    ]


def better(row: Result, ratio: float) -> float:
    return ratio if row.better == "more" else 1 / max(ratio, 1e-6)


def place(times: float) -> float:
    """Where that many times better lies across the picture."""
    share = math.log(min(max(times, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LABEL + share * (WIDTH - LABEL - 70)


def text(x: float, y: float, words: str, *, weight: str = "400", colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {FONT} font-weight="{weight}" fill="{colour}">{escape(words)}</text>'
