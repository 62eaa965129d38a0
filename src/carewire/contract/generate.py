"""Writing the contract, and telling when the committed files are older than the declarations.

The command runs in the project's folder, where `docs/contract` stands.
"""

import sys
from pathlib import Path
from typing import Final

from carewire.contract import asyncapi, typescript
from carewire.contract.declarations import Declarations, discover_product
from carewire.contract.rules import violations

FOLDER: Final = Path("docs/contract")


def render(declarations: Declarations) -> dict[str, bytes]:
    """Every generated file by its name."""
    document = asyncapi.build(declarations)
    return {
        "asyncapi.json": asyncapi.encode(document),
        "carewire.ts": typescript.render(document).encode(),
    }


def find_stale(folder: Path = FOLDER, declarations: Declarations | None = None) -> list[str]:
    """Names of files that are missing, stale, or left over from an earlier contract."""
    wanted = render(declarations or discover_product())
    there = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}
    there.pop("README.md", None)
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


check = find_stale
"""The name the command line and the tests know it by; `run` has a flag of that name."""


def write(folder: Path = FOLDER, declarations: Declarations | None = None) -> list[str]:
    """Write the files; returns the names of those that changed."""
    wanted = render(declarations or discover_product())
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, content in sorted(wanted.items()):
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
            changed.append(name)
    return changed


def run(*, check: bool, folder: Path = FOLDER) -> int:
    """`carewire contract [--check]`: 0 when all is well; otherwise each problem on a line of its own."""
    declarations = discover_product()
    problems = violations(declarations)
    if check:
        stale = find_stale(folder, declarations)
        problems += [f"{folder / name} is stale; run `carewire contract` and commit it" for name in stale]
    else:
        changed = write(folder, declarations)
        print(f"wrote {', '.join(changed)}" if changed else "the contract is up to date")
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0
