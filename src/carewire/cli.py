"""`carewire up | serve | migrate | seed | admin | backup | restore | new-epoch | audit | contract | doctor | worker`.

The operator's door. Heavy modules are imported by the subcommand that needs them, so that `--help` and errors come
at once.
"""

import argparse
import asyncio
import getpass
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from carewire.settings import URL_SCHEMES, Settings, SettingsError, check_url

# The product's own parts, known to the platform by name only.
SEEDER = ("channels.seed", "seed")
LARGE_SEEDER = ("channels.large", "run")
RESTORED = ("channels.restored", "restored")
OUTLIVES = ("channels.restored", "outlives")
FIRST_ADMIN = ("channels.administrator", "create")

FAILED, UNUSABLE = 1, 2
WORKERS_MAX = 64


class Unfit(Exception):
    """A subcommand cannot begin: the line to say, and the process's exit status."""

    def __init__(self, problem: str, status: int) -> None:
        super().__init__(problem)
        self.status = status


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; the process's exit status."""
    args = build_parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = args.run
    try:
        return command(args)
    except SettingsError as exc:
        return complain(str(exc), UNUSABLE)
    except Unfit as exc:
        return complain(str(exc), exc.status)
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="carewire",
        description="The real-time backend of a healthcare marketplace.",
        epilog="Settings come from CAREWIRE_* variables; `carewire doctor` shows and checks them.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    add("up", up, "Bring up a working clinic: servers, schema, demo data, gateway.")
    serving = add("serve", serve, "Run a gateway on an existing database.")
    serving.add_argument(
        "--workers",
        type=count_workers,
        default=1,
        metavar="N",
        help="gateway processes on the one port (1); SIGHUP replaces them one after the other",
    )
    serving.add_argument("--duty", help=argparse.SUPPRESS)  # how such a process is started by its parent
    add("migrate", migrate, "Bring the database's schema up to date.")
    add_seed(add("seed", seed, "Put the demo clinic into the database, once; or a large generated directory."))
    backup_parser = add("backup", backup, "Write a backup of the database into one file, while writers write.")
    backup_parser.add_argument("to", nargs="?", metavar="FILE|DIR", help="default: CAREWIRE_BACKUPS")
    add_restore(add("restore", restore, "Bring a backup back, whole or not at all; every client starts over."))
    add("new-epoch", new_epoch, "After files or a snapshot were brought back by other means: every client starts over.")
    add_admin(add("admin", admin, "Make an administrator, here where one has the database anyway."))
    add_audit(add("audit", audit, "Prove that nobody changed the audit, or keep what proves it."))
    contract_parser = add("contract", contract, "Write the generated contract to docs/contract.")
    contract_parser.add_argument("--check", action="store_true", help="only compare; fail when it is stale")
    add("doctor", doctor, "Check this deployment and say what is wrong with it.")
    add("worker", worker, "Run background jobs; start as many as you like.")
    return parser


def add_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what `carewire backup` wrote")
    parser.add_argument("--into", metavar="URL", help="another database than CAREWIRE_DATABASE_URL")
    for name, text in (
        ("--force", "cut off who is connected"),
        ("--replace", "take the place of a database that is not empty; it is kept under another name"),
        ("--drop-old", "do not keep it"),
        ("--foreign", "the backup is of another deployment, and this database shall become that one"),
        ("--keep-logins", "leave everybody logged in, also who was logged out after the backup"),
    ):
        parser.add_argument(name, action="store_true", help=text)


def add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", choices=["demo", "large"], default="demo", help="large: ten thousand of everything")
    parser.add_argument("--doctors", type=int, default=10_000, metavar="N", help="how many doctors a large one has")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same number makes the same directory")


def add_admin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["create"], help="create: the password is read from standard input")
    parser.add_argument("--email", required=True, help="what she logs in with")
    parser.add_argument("--name", required=True, help="how she is called")


def add_audit(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(required=True, metavar="WHAT", dest="what")
    text = "Read the whole audit and find whatever was edited, moved, put in, taken out or cut off."
    proof = what.add_parser("verify", help=text, description=text)
    proof.add_argument("--root", type=Path, metavar="FILE", help="roots that were kept elsewhere")
    proof.add_argument(
        "--secret-file", type=Path, action="append", default=[], metavar="FILE", help="an older CAREWIRE_SECRET"
    )
    text = "Print the newest root: kept elsewhere, it also tells an audit whose tail was cut off."
    newest = what.add_parser("root", help=text, description=text)
    newest.add_argument("--append", type=Path, metavar="FILE", help="add it to this file instead")


def up(args: argparse.Namespace) -> int:
    from carewire.up import run

    return run(Settings.from_env(), load(*SEEDER), (sys.executable, "-m", "carewire", "serve"))


def serve(args: argparse.Namespace) -> int:
    settings = Settings.from_env()
    if args.duty is not None:
        load("carewire.gateway.workers", "serve_as_worker")(settings, args.duty)
        return 0
    reach_database(settings)
    if args.workers > 1:
        status: int = load("carewire.gateway.workers", "run")(settings, args.workers)
        return status
    load("carewire.gateway.server", "run")(settings)
    return 0


def count_workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= WORKERS_MAX:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {WORKERS_MAX}, got {text!r}")
    return int(text)


def migrate(args: argparse.Namespace) -> int:
    from carewire.store.migrate import MigrationError, migrate

    settings = Settings.from_env()
    url = reach_database(settings, migrated=False)
    try:
        ran = asyncio.run(migrate(url, progress=tell))
    except MigrationError as exc:
        return complain(str(exc), FAILED)
    tell(f"{len(ran)} migrations ran" if ran else "the schema is up to date")
    return 0


def seed(args: argparse.Namespace) -> int:
    settings = Settings.from_env()
    url = reach_database(settings)
    if args.size == "demo":
        hint = asyncio.run(load(*SEEDER)(url, settings))
    else:
        try:
            hint = asyncio.run(load(*LARGE_SEEDER)(url, settings, args.doctors, args.seed))
        except RuntimeError as exc:  # what it is made from is not installed, or this is production
            return complain(str(exc), UNUSABLE)
    if hint:
        print(hint)
    return 0


def admin(args: argparse.Namespace) -> int:
    settings = Settings.from_env()
    url = reach_database(settings)
    # Never an argument: those stand in the process list and in the shell's history.
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    wrong: str | None = asyncio.run(load(*FIRST_ADMIN)(url, args.email, args.name, password))
    if wrong is not None:
        return complain(wrong, FAILED)
    tell(f"{args.email} is an administrator with every scope and logs in with auth.login")
    return 0


def backup(args: argparse.Namespace) -> int:
    from carewire.backup import BackupError
    from carewire.backup.take import take

    try:
        path = asyncio.run(take(Settings.from_env(), args.to, tell, load(*OUTLIVES)))
    except BackupError as exc:
        return complain(str(exc), FAILED)
    print(path)
    return 0


def restore(args: argparse.Namespace) -> int:
    from carewire.backup import BackupError
    from carewire.backup.restore import Wishes, restore

    settings = Settings.from_env()
    if args.into is not None:
        check_url("--into", args.into, URL_SCHEMES["database_url"])
    wishes = Wishes(
        force=args.force,
        replace=args.replace,
        foreign=args.foreign,
        drop_old=args.drop_old,
        keep_logins=args.keep_logins,
    )
    restored, outlives = load(*RESTORED), load(*OUTLIVES)
    try:
        asyncio.run(restore(settings, args.file, wishes, tell, restored=restored, into=args.into, outlives=outlives))
    except BackupError as exc:
        return complain(str(exc), FAILED)
    return 0


def new_epoch(args: argparse.Namespace) -> int:
    from carewire.backup import BackupError
    from carewire.backup.restore import renew

    try:
        was, now = asyncio.run(renew(Settings.from_env(), tell))
    except BackupError as exc:
        return complain(str(exc), FAILED)
    tell(f"the epoch was {was}, it is {now}")
    return 0


def audit(args: argparse.Namespace) -> int:
    from carewire.backup import BackupError

    settings = Settings.from_env()
    report = load("carewire.audit.report", args.what)
    try:
        return int(asyncio.run(report(settings, tell, args)))
    except (BackupError, OSError, ValueError) as exc:
        return complain(str(exc), UNUSABLE)


def contract(args: argparse.Namespace) -> int:
    status: int = load("carewire.contract.generate", "run")(check=args.check)
    return status


def doctor(args: argparse.Namespace) -> int:
    from carewire.doctor import run

    return run()


def worker(args: argparse.Namespace) -> int:
    settings = Settings.from_env()
    reach_database(settings)
    load("carewire.jobs.process", "run")(settings)
    return 0


def load(module: str, name: str) -> Any:
    """A part by its name, imported now and not before."""
    return getattr(importlib.import_module(module), name)


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def complain(text: str, status: int) -> int:
    tell(f"carewire: {text}")
    return status


async def database_problem(url: str, *, migrated: bool = True) -> str | None:
    """Why this database cannot be worked with, in one line with its mend; None when it can."""
    import asyncpg

    from carewire.store.migrate import pending

    try:
        behind = await pending(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as exc:
        # Never the address: it may hold a password.
        text = f"{type(exc).__name__}: {exc}".strip(": ")
        return f"the database cannot be reached: {text}; mend: start it, or correct CAREWIRE_DATABASE_URL"
    if migrated and behind:
        return f"the schema is behind ({', '.join(behind)}); mend: carewire migrate"
    return None


def reach_database(settings: Settings, *, migrated: bool = True) -> str:
    """The database's address, when it can be worked with. Raises `Unfit` with the line to say."""
    url = settings.database_url
    if url is None:
        raise Unfit("no database; mend: set CAREWIRE_DATABASE_URL, or use `carewire up`", UNUSABLE)
    problem = asyncio.run(database_problem(url, migrated=migrated))
    if problem is not None:
        raise Unfit(problem, FAILED)
    return url
