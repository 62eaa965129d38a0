"""The peers' environments: a folder each, made at the first use and again when the peer's list changed."""

import asyncio
import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from load.bench.contenders import Contender
from load.bench.machine import HERE, Unfit

LISTS = {"node": "package.json", "python": "requirements.txt"}
INSTALL_S = 300.0


async def installed(contender: Contender, home: Path) -> tuple[list[str | Path], Path]:
    """The server's command and its folder. Raises `Unfit` when the packages cannot be had."""
    source = HERE / "peers" / contender.folder
    folder = home / contender.folder
    wanted = source / LISTS[contender.kind]
    stamp = folder / ".installed"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(wanted, folder)
        await (install_node if contender.kind == "node" else install_python)(folder)
        stamp.write_text(digest)
    # The code is copied at each start: only the packages are kept.
    suffix = ".js" if contender.kind == "node" else ".py"
    for file in (*source.glob(f"*{suffix}"), *source.parent.glob(f"*{suffix}")):
        if file.name != "__init__.py":
            shutil.copy(file, folder)
    if contender.kind == "node":
        return [program("node"), folder / "server.js"], folder
    return [folder / "venv" / "bin" / "python", folder / "server.py"], folder


async def install_node(folder: Path) -> None:
    words = [program("npm"), "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    await run(words, folder)


async def install_python(folder: Path) -> None:
    await run([sys.executable, "-m", "venv", folder / "venv"], folder)
    pip: list[str | Path] = [folder / "venv" / "bin" / "python", "-m", "pip", "install", "-qq"]
    await run([*pip, "--disable-pip-version-check", "--requirement", "requirements.txt"], folder)


async def run(words: Sequence[str | Path], folder: Path) -> None:
    log = folder / "install.log"
    with log.open("ab") as out:
        child = await asyncio.create_subprocess_exec(
            *words, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            status = await asyncio.wait_for(child.wait(), INSTALL_S)
        except TimeoutError:
            raise Unfit(f"not installed within {INSTALL_S:.0f} s; see {log}") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if status != 0:
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-1:]
        raise Unfit(f"cannot be installed ({' '.join(last)[:160]}); see {log}")


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Unfit(f"{name} is not installed")
    return found
