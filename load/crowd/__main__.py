"""`python -m load.crowd moving|slow|storm|overload …`: the large runs, one after the other; without a name all four."""

import argparse
import importlib
import sys
from typing import Final

import uvloop

from load.crowd.report import Result, teller

KINDS: Final = ("moving", "slow", "storm", "overload")


async def run(kinds: list[str], clients: int | None) -> list[Result]:
    """The results of these runs."""
    more = {} if clients is None else {"clients": clients}
    results = []
    for kind in kinds:
        say = teller()
        say(kind)
        result: Result = await importlib.import_module(f"load.crowd.{kind}").run(say=say, **more)
        print(result.table(), *result.problems[:20], *result.late, sep="\n", flush=True)
        results.append(result)
    return results


def main() -> int:
    """0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m load.crowd", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="|".join(KINDS), help="which; all of them when none is named")
    parser.add_argument("--clients", type=int, help="how many instead of the large number")
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(KINDS):
        parser.error(f"no such run: {', '.join(sorted(unknown))}")
    results = uvloop.run(run(given.kinds or list(KINDS), given.clients))
    print("\n| run | figure | here |", "|---|---|---|", *(result.table() for result in results), sep="\n")
    return 1 if any(result.problems or result.late for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
