"""`make soak SEEDS=100 START=1`: many seeds, one after the other, each in a process of its own.

Each result is appended to a file; a seed that stands there already, of the same code, is not run again, so an
interrupted soak goes on where it was. Ends with a table of the faults survived; exits 1 when anything was violated.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tests.faults.schedule import KINDS

ROOT: Final = Path(__file__).resolve().parents[2]
CODE: Final = ("src", "channels", "migrations", "tests/faults")
SEED_S: Final = 300
"""No seed takes longer; one that does is a violation."""
CLEAN_UP_S: Final = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--start", type=int, default=1, help="the first seed")
    parser.add_argument("--file", type=Path, default=ROOT / ".carewire" / "soak.jsonl", help="where results are kept")
    parser.add_argument("--table", type=Path, help="write the table here too")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    args.file.parent.mkdir(parents=True, exist_ok=True)
    code = digest()
    wanted = range(args.start, args.start + args.seeds)
    results = {r["seed"]: r for r in read(args.file) if r["code"] == code and r["seed"] in wanted}
    if results:
        print(f"{len(results)} of {len(wanted)} seeds are in {args.file} already", flush=True)
    began, ran = time.monotonic(), 0
    for seed in wanted:
        if seed in results:
            continue
        result = results[seed] = run_seed(seed) | {"code": code}
        with args.file.open("a") as file:
            file.write(json.dumps(result) + "\n")
        ran += 1
        left = (time.monotonic() - began) / ran * (len(wanted) - len(results))
        print(progress(result, len(results), len(wanted), left), flush=True)
    text = table(results)
    print(text)
    if args.table is not None:
        args.table.write_text(text + "\n")
    return 1 if any(r["violations"] for r in results.values()) else 0


def run_seed(seed: int) -> dict[str, Any]:
    """One seed's verdict. Whatever becomes of its process is part of it."""
    words = [sys.executable, "-m", "tests.faults.run", "--seed", str(seed), "--json"]
    child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = child.communicate(timeout=SEED_S)
        verdict: dict[str, Any] = json.loads(out)
    except subprocess.TimeoutExpired:
        return failed(seed, f"not over after {SEED_S} s")
    except ValueError:
        return failed(seed, f"the trial itself broke ({child.returncode}): {err.decode(errors='replace')[-500:]}")
    finally:
        if child.poll() is None:
            end(child)
    return verdict


def end(child: "subprocess.Popen[bytes]") -> None:
    """Let a trial put its servers away; if it cannot, they die with it."""
    os.killpg(child.pid, signal.SIGINT)
    try:
        child.wait(CLEAN_UP_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def failed(seed: int, problem: str) -> dict[str, Any]:
    return {"seed": seed, "faults": {}, "ops": {}, "tries": 0, "events": 0, "sockets": 0, "resyncs": 0, "hints": {},
            "finish_s": 0, "heads_s": 0, "seconds": 0, "violations": [problem]}  # fmt: skip


def progress(result: dict[str, Any], done: int, wanted: int, left_s: float) -> str:
    found = result["violations"]
    verdict = f"{len(found)} VIOLATIONS, first: {found[0][:200]}" if found else "ok"
    faults = sum(result["faults"].values())
    return f"{done}/{wanted}  seed {result['seed']}: {faults} faults, {verdict}  ({left_s / 60:.0f} min left)"


def table(results: dict[int, dict[str, Any]]) -> str:
    """Faults survived by kind, and what went on meanwhile."""
    rows = list(results.values())
    done: Counter[str] = Counter()
    for row in rows:
        done.update(row["faults"])
    ops: Counter[str] = Counter()
    for row in rows:
        ops.update(row["ops"])
    bad = [row["seed"] for row in rows if row["violations"]]
    lines = [f"| fault | times, in {len(rows)} seeds |", "|---|---|"]
    lines += [f"| {kind.replace('_', ' ')} | {done[kind]} |" for kind, *_ in KINDS]
    lines += [f"| **all** | **{done.total()}** |", ""]
    lines += ["| meanwhile | |", "|---|---|"]
    lines += [
        f"| commands acknowledged / refused / given up by an impatient client | "
        f"{ops['ok']} / {ops['refused']} / {ops['unknown']} |",
        f"| times a command was sent | {sum(row['tries'] for row in rows)} |",
        f"| events heard live | {sum(row['events'] for row in rows)} |",
        f"| sockets opened | {sum(row['sockets'] for row in rows)} |",
        f"| resyncs, all of them explicit | {sum(row['resyncs'] for row in rows)} |",
        f"| last answer after the last fault, worst | {max((row['finish_s'] for row in rows), default=0)} s |",
        f"| everybody at the head after the last hint was lost, worst | "
        f"{max((row['heads_s'] for row in rows), default=0)} s |",
        f"| **violations** | **{sum(len(row['violations']) for row in rows)}**"
        f"{' in seeds ' + ', '.join(map(str, bad)) if bad else ''} |",
    ]
    return "\n".join(lines)


def read(path: Path) -> list[dict[str, Any]]:
    """The results so far; a line that was cut off by an interruption does not count."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def digest() -> str:
    """What was tested: other code, other results."""
    seen = hashlib.sha256()
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".sql"):
                seen.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
