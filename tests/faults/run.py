"""`python -m tests.faults.run --seed N [-v]`: one seed; exits 1 when something promised did not hold."""

import argparse
import signal
import sys

import msgspec
import uvloop

from carewire.discovery import discover
from tests.faults.leash import die_with_parent
from tests.faults.schedule import RUN_S, schedule
from tests.faults.trial import Verdict, quiet, run
from tests.faults.world import SWITCHES as NAMES

SHOWN = 30


def main() -> int:
    parser = argparse.ArgumentParser(description="One trial of the delivery checker.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--run-s", type=float, default=RUN_S, help="how long the faults go on")
    parser.add_argument("--only", default="", help="only these kinds of faults, separated by commas")
    parser.add_argument("--batch", type=int, help="members of a batch at most; 0: no lanes; unset: the seed decides")
    parser.add_argument("--without", default="", help=f"switch off parts of the gateways: {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON, and end with the caller")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell each fault as it happens")
    args = parser.parse_args()
    if args.json:
        die_with_parent(signal.SIGINT)
    discover("channels")
    only = frozenset(filter(None, args.only.split(","))) or None
    faults = schedule(args.seed, run_s=args.run_s, only=only)
    verdict = uvloop.run(
        run(
            args.seed,
            run_s=args.run_s,
            faults=faults,
            batch=args.batch,
            without=list(filter(None, args.without.split(","))),
            say=tell if args.verbose else quiet,
            keep=args.keep,
        )
    )
    if args.json:
        print(msgspec.json.encode(verdict).decode())
    else:
        show(verdict)
    return 1 if verdict.violations else 0


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def show(verdict: Verdict) -> None:
    """The figures, and the first violations."""
    facts = msgspec.to_builtins(verdict)
    found = facts.pop("violations")
    for name, value in facts.items():
        print(f"{name:>10}  {value}")
    for text in found[:SHOWN]:
        print(f"VIOLATION   {text[:600]}")
    print(f"{len(found)} violations")


if __name__ == "__main__":
    sys.exit(main())
