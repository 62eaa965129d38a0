"""`carewire audit verify` and `carewire audit root`: what an operator types, and an auditor reads."""

import argparse
from collections.abc import Callable
from typing import Any

from carewire.audit.chain import COLUMNS, Seal
from carewire.audit.entry import Keys
from carewire.audit.sealer import append, line
from carewire.audit.verify import Report, read_roots
from carewire.audit.verify import verify as prove
from carewire.backup.reach import connected, database
from carewire.settings import Settings

Say = Callable[[str], None]
SHOWN_MAX = 200


async def root(settings: Settings, tell: Say, args: argparse.Namespace) -> int:
    """Print or keep the newest root."""
    async with database(settings, tell) as url, connected(url) as connection:
        row = await connection.fetchrow(f"SELECT {COLUMNS} FROM audit_seal ORDER BY audit_seal.n DESC LIMIT 1")
    if row is None:
        tell("carewire: nothing was sealed yet")
        return 1
    if args.append is not None:
        append(args.append, line(Seal.of(tuple(row))))
    else:
        print(line(Seal.of(tuple(row))))
    return 0


async def verify(settings: Settings, tell: Say, args: argparse.Namespace) -> int:
    """Read it all, print each finding; 1 when there is one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    roots = read_roots(args.root.read_text()) if args.root is not None else {}
    secrets = [settings.secret, *(path.read_text().strip() for path in args.secret_file)]
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with database(settings, tell) as url, connected(url) as connection:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("rows", total=None)
            report = await prove(
                connection,
                [Keys(secret) for secret in secrets],
                roots,
                lambda done, of: bar.update(task, completed=done, total=max(of, done)),
            )
    _print(report, roots)
    return int(bool(report.findings))


def _print(report: Report, roots: dict[int, Any]) -> None:
    for finding in report.findings[:SHOWN_MAX]:
        print(finding)
    if len(report.findings) > SHOWN_MAX:
        print(f"… and {len(report.findings) - SHOWN_MAX:,} more")
    for note in report.notes:
        print(f"note: {note}")
    if not roots:
        print("note: no root was given: an audit whose tail was cut off, or that was sealed anew, would pass")
    sound = f"{len(report.findings):,} things are wrong" if report.findings else "nothing is wrong"
    print(f"{report.rows:,} rows in {report.seals:,} seals, {report.unsealed:,} not sealed yet: {sound}")
