"""docs/access.md: the matrix as people read it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.access import matrix
from tests.access.matrix import CELLS, COMMANDS, Cells
from tests.access.who import ACTORS, Group

PAGE: Final = Path(__file__).parents[2] / "docs" / "access.md"

HEAD: Final = """\
# Who may do what

Generated from the declarations and from [`tests/access/cells`](../tests/access/cells); do not edit. Each sign is
asserted over a real socket by [`test_matrix.py`](../tests/access/test_matrix.py): what is refused changes nothing, what
opens was answered. `make contract` writes this page anew; what is declared without its cells fails `make check`.

| sign | the answer |
|---|---|
| ✓ | opens: done, or refused in the command's own words (`queue_full`) |
| ○ | `unauthenticated`: it needs a login |
| · | `forbidden` by capacity, before anything is read |
| ✗ | `forbidden` by scope or rank |
| – | `not_found`: as if the thing did not exist |

Everything happens around one patient ("she"), who holds a token in one sitting at one place ("here"). Each row is asked
for what is hers, of that sitting or of that place; where a row is about oneself (`profile.get`, `auth.devices`),
everybody gets her own. Each actor holds one right and no other. The signs of a group stand in this order:

"""


def render() -> str:
    """The whole page."""
    lines = [HEAD, "| group | actors, in the order of the signs |\n|---|---|\n"]
    lines += [f"| {group} | {', '.join(one.word for one in _of(group))} |\n" for group in Group]
    named = matrix.rows()
    for domain in sorted(set(named.values())):
        rows = [CELLS[name] for name, home in sorted(named.items()) if home == domain]
        lines.append(f"\n## {domain}\n\n| | {' | '.join(Group)} |\n|---|{'---|' * len(Group)}\n")
        lines += map(_row, sorted(rows, key=lambda row: row.is_topic))
    return "".join(lines)


def _row(row: Cells) -> str:
    signs = ("".join(row.verdict(one) for one in _of(group)) for group in Group)
    return f"| {_title(row)} | {' | '.join(f'`{sign}`' for sign in signs)} |\n"


def _title(row: Cells) -> str:
    if row.is_topic:
        return f"hear `{row.name}`"
    kind = " (query)" if row.name in COMMANDS and COMMANDS[row.name].kind == "query" else ""
    return f"`{row.name}`{kind}"


def _of(group: Group) -> list[matrix.Who]:
    return [one for one in ACTORS.values() if one.group is group]


def stale() -> list[str]:
    """What is wrong with the committed page, a line for each; a missing row is named once."""
    found = matrix.problems()
    if not found and (not PAGE.is_file() or PAGE.read_text("utf-8") != render()):
        found = [f"docs/{PAGE.name} is stale; run `make contract` and commit it"]
    return found


def write() -> Iterable[str]:
    """Write the page; what keeps it from being complete, a line for each."""
    found = matrix.problems()
    if not found:
        PAGE.write_text(render(), "utf-8")
    return found
