"""Documents name only what is there: every relative link resolves, every path in backticks exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
NAMED = re.compile(r"`([A-Za-z0-9_.][A-Za-z0-9_./-]*)`")
# What a run makes, or what the machine has, is named without being in the house.
MADE = (".venv", ".carewire", "tests/npm/node_modules")
ENDINGS = {
    ".py",
    ".sql",
    ".md",
    ".mjs",
    ".json",
    ".toml",
    ".yaml",
    ".yml",
    ".cfg",
    ".txt",
    ".ts",
    ".html",
    ".css",
    ".js",
}


def broken_links(page: Path, text: str) -> Iterator[str]:
    """Relative links that lead nowhere."""
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z][a-z0-9+.-]*:", target) or target.startswith("#"):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (page.parent / path).resolve()
        if not there.exists() or not there.is_relative_to(ROOT):
            yield f"{page.name}: ({target}) leads nowhere"
        elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text("utf-8")):
            yield f"{page.name}: ({target}): no such heading"


def anchors(text: str) -> set[str]:
    """The headings of a page as links name them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def missing_files(page: Path, text: str) -> Iterator[str]:
    """Files and folders that are named in backticks and are not there.

    A name with a slash is looked for from the root, beside the page, in `src/carewire` and in the folders the page
    names; a name without one is a file if it ends like one.
    """
    prose = FENCE.sub("", text)
    names = set(NAMED.findall(prose))
    made_here = {
        name for fence in re.findall(r"^```\w+ path=(\S+)$", text, re.MULTILINE) for name in (fence, Path(fence).name)
    }
    homes = [ROOT, page.parent, ROOT / "src" / "carewire", ROOT / "src", ROOT / "docs"]
    homes += [ROOT / name for name in names if name.endswith("/")] + [
        (ROOT / name).parent for name in names if "/" in name
    ]
    for name in sorted(names):
        is_path = Path(name).suffix in ENDINGS or (name.endswith("/") and len(name) > 1)
        if not is_path or name.startswith(MADE) or name in made_here or name.startswith(("/", "..")):
            continue
        if not any((home / name).exists() for home in homes) and not somewhere(name):
            yield f"{page.name}: `{name}` is not there"


def somewhere(name: str) -> bool:
    """A bare file name stands for any file called so."""
    if "/" in name:
        return False
    return (
        any(
            any(folder.rglob(name))
            for folder in (ROOT / part for part in ("src", "channels", "docs", "migrations", "scripts"))
        )
        or any(ROOT.glob(f"tests/*/{name}"))
        or any(ROOT.glob(f"tests/*/*/{name}"))
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [*broken_links(page, text), *missing_files(page, text)] == []


def test_every_decision_stands_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    pages = {path.name for path in folder.glob("[0-9]*.md")}
    assert set(re.findall(r"\]\((\d{4}[^)]+\.md)\)", index)) == pages
    numbers = [name[:4] for name in pages]
    assert len(numbers) == len(set(numbers))
    for name in pages:
        text = (folder / name).read_text("utf-8")
        assert re.match(rf"# {name[:4]} \S", text), name
        for part in ("## Context", "## Decision", "## Consequences", "## Alternatives"):
            assert part in text, f"{name} lacks {part}"


@pytest.mark.parametrize(
    "text",
    [
        "[x](nowhere.md)",
        "[x](README.md#no-such-heading)",
        "[x](../../etc)",
        "`src/carewire/nothing.py`",
        "`nothing.py`",
        "`docs/none/`",
    ],
)
def test_the_rule_sees_what_is_not_there(text: str) -> None:
    page = ROOT / "README.md"
    assert len([*broken_links(page, text), *missing_files(page, text)]) == 1
