"""The import rule: no arrow upwards, and into a domain only through its doors."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLATFORM = ROOT / "src" / "carewire"
PRODUCT = ROOT / "channels"

# What one domain offers another. Its commands and jobs are its own. `errors` are words of the wire like events;
# `tables` and `demo` are for their own kind only: a foreign key names the table it points to, a demo its people.
DOORS = {"access", "events", "lifecycle", "errors"}
ONLY_FOR_THEIR_LIKE = {"tables", "demo"}
MOST_LINES = 400


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py"))


def module_of(path: Path) -> tuple[str, ...]:
    base = PLATFORM.parent if path.is_relative_to(PLATFORM) else ROOT
    parts = path.relative_to(base).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every imported module as (line, dotted parts); `from a.b import c` gives a.b.c, relative ones are resolved."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path)[:-1]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, tuple(name.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = (*above, *(node.module.split(".") if node.module else ()))
            for name in node.names:
                yield node.lineno, (*module, name.name)


def breaches_of(path: Path) -> list[str]:
    """Each import of a file that breaks the rule, as file:line and reason."""
    home = module_of(path)
    found = []
    for line, target in imports(path):
        reason = None
        if home[0] == "carewire" and target[0] == "channels":
            reason = "the platform knows no medicine"
        elif home[0] == "carewire" and target[0] in ("tests", "load"):
            reason = "the product does not depend on its tests"
        elif home[0] == "channels" and len(home) > 2 and target[0] == "channels" and len(target) > 2:
            other, part = target[1], target[2]
            is_module = (PRODUCT / other / f"{part}.py").exists() or (PRODUCT / other / part).is_dir()
            like = part in ONLY_FOR_THEIR_LIKE and home[2] == part
            if other != home[1] and is_module and part not in DOORS and not like:
                reason = f"{part} is private to {other}; its doors are {', '.join(sorted(DOORS))} and __init__"
        if reason:
            found.append(f"{path.relative_to(ROOT)}:{line}: imports {'.'.join(target)}: {reason}")
    return found


def test_no_arrow_points_upwards_and_domains_enter_each_other_by_their_doors() -> None:
    breaches = [breach for folder in (PLATFORM, PRODUCT) for path in sources(folder) for breach in breaches_of(path)]
    assert not breaches, "\n".join(breaches)


def test_domains_form_an_order_without_circles() -> None:
    needs: dict[str, set[str]] = {}
    for path in sources(PRODUCT):
        home = module_of(path)
        if len(home) < 2 or not (PRODUCT / home[1]).is_dir():
            continue
        others = {target[1] for _, target in imports(path) if target[0] == "channels" and len(target) > 1}
        needs.setdefault(home[1], set()).update(other for other in others if (PRODUCT / other).is_dir())
    placed: set[str] = set()
    while left := {name for name in needs if name not in placed}:
        free = {name for name in left if needs[name] - {name} <= placed | (needs[name] - set(needs))}
        assert free, f"these domains import each other in a circle: {', '.join(sorted(left))}"
        placed |= free


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (PLATFORM / "dispatch.py", "import channels.queue"),
        (PLATFORM / "store" / "db.py", "from channels import queue"),
        (PLATFORM / "node.py", "from tests.toy import commands"),
    ],
)
def test_the_rule_sees_a_breach(file: Path, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that never fails may as well not be there: the same file with one more line breaks it."""
    copy = tmp_path / file.relative_to(ROOT)
    copy.parent.mkdir(parents=True)
    copy.write_text(f"def late() -> None:\n    {line}\n")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    monkeypatch.setattr(f"{__name__}.PLATFORM", tmp_path / "src" / "carewire")
    assert len(breaches_of(copy)) == 1


def test_no_file_grows_beyond_what_a_reader_holds_in_mind() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for folder in (PLATFORM, PRODUCT)
        for path in sources(folder)
        if (count := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert not long, f"split these by verb or noun: {long}"
