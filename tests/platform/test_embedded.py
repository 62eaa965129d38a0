"""Real servers from wheels, and every way an earlier run can have left them."""

import asyncio
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from carewire.embedded import EmbeddedError, Postgres, Valkey, places, process, valkey
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]

# Starts both servers, tells their pids and waits to be killed. A frozen PostgreSQL survives that.
EARLIER_RUN = """
import asyncio, os, signal, sys
from pathlib import Path
from carewire.embedded import Postgres, Valkey
async def main(folder, freeze):
    async with Postgres(folder, fsync=False) as pg, Valkey(folder) as vk:
        if freeze:
            os.kill(pg.pid, signal.SIGSTOP)
        print(pg.pid, vk.pid, flush=True)
        await asyncio.get_running_loop().create_future()
asyncio.run(main(Path(sys.argv[1]), sys.argv[2] == "freeze"))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was started and stopped once, to be copied by tests that damage theirs."""
    folder = tmp_path_factory.mktemp("made-once")

    async def make() -> None:
        async with Postgres(folder, fsync=False) as pg:
            await execute(pg.url, "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')")

    with asyncio.Runner() as runner:
        runner.run(make())
    return folder


@pytest.fixture
def data(cluster: Path, tmp_path: Path) -> Path:
    shutil.copytree(cluster, tmp_path / "data")
    if os.getuid() == 0:
        owner = (cluster / "postgres").stat()
        for path in [tmp_path / "data/postgres", *(tmp_path / "data/postgres").rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
    return tmp_path / "data"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_folder(open_folder: Path) -> Path:
    open_folder.chmod(0o700)
    return open_folder


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def fetch(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def killed_earlier_run(folder: Path, freeze: str = "") -> tuple[list[int], list[int]]:
    """`kill -9` of a process that holds both servers; pids of the servers and handles that tell their end."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-c", EARLIER_RUN, str(folder), freeze]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env) as run:
        assert run.stdout is not None
        pids = [int(word) for word in run.stdout.readline().split()]
        handles = [os.pidfd_open(pid) for pid in pids]
        run.kill()
    return pids, handles


def ends(handle: int) -> bool:
    """Whether the process behind a pidfd ends in the end."""
    return bool(select.select([handle], [], [], PATIENCE_S)[0])


async def test_a_killed_parent_takes_both_servers_with_it(data: Path) -> None:
    _, handles = killed_earlier_run(data)
    assert [ends(handle) for handle in handles] == [True, True]
    for handle in handles:
        os.close(handle)


async def test_the_run_after_a_killed_one_finds_the_data(data: Path) -> None:
    killed_earlier_run(data)
    async with Postgres(data, fsync=False) as pg, Valkey(data):
        assert await fetch(pg.url, "SELECT text FROM note") == "kept"


async def test_a_server_that_survived_its_killed_parent_is_ended_with_one_line(data: Path) -> None:
    (orphan, _), (handle, _) = killed_earlier_run(data, "freeze")
    said: list[str] = []
    async with Postgres(data, fsync=False, say=said.append) as pg:
        assert ends(handle)
        assert pg.pid != orphan
        assert await fetch(pg.url, "SELECT text FROM note") == "kept"
    assert len(said) == 1
    assert str(orphan) in said[0]


async def test_a_valkey_that_survived_is_ended_with_one_line(tmp_path: Path) -> None:
    said: list[str] = []
    async with Valkey(tmp_path, say=said.append) as vk:
        socket = vk.sockets / "valkey.sock"
    socket.parent.mkdir(mode=0o700)
    words = [valkey.find_program(), "--port", "0", "--unixsocket", socket, "--save", ""]
    command = [str(word) for word in words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as orphan:  # noqa: ASYNC220 - a stranger
        assert orphan.stdout is not None
        assert any("accept connections" in line for line in orphan.stdout)
        async with Valkey(tmp_path, say=said.append) as vk:
            assert orphan.wait(PATIENCE_S) == -signal.SIGKILL
            assert vk.pid != orphan.pid
    assert len(said) == 1
    assert str(orphan.pid) in said[0]


async def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(data: Path) -> None:
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getppid()}\n/elsewhere\n")
    async with Postgres(data, fsync=False) as pg:
        assert await fetch(pg.url, "SELECT text FROM note") == "kept"


async def test_after_a_power_cut_neither_note_of_a_server_that_is_still_dying_is_an_obstacle(data: Path) -> None:
    """Its number stays taken until somebody has reaped it."""
    owner = places.server_owner(data / "postgres")
    notes = data / "postgres" / "postmaster.pid", places.socket_folder("postgres", data, owner) / ".s.PGSQL.5432.lock"
    command = ["cat"]
    user = owner[0] if os.getuid() == 0 else None
    with subprocess.Popen(command, stdin=subprocess.PIPE, user=user, cwd="/") as dying:  # noqa: ASYNC220 - a stand-in
        for note in notes:
            note.write_text(f"{dying.pid}\n{data / 'postgres'}\n")
            os.chown(note, *owner)
        async with Postgres(data, fsync=False) as pg:
            assert await fetch(pg.url, "SELECT text FROM note") == "kept"
        dying.kill()


async def test_data_of_another_major_version_is_refused_and_left_alone(data: Path) -> None:
    version = data / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"PostgreSQL 17, this is 18; mend: mv .*postgres-17"):
        await Postgres(data).start()
    assert version.read_text() == "17\n"


async def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "holiday.jpg").touch()
    with pytest.raises(EmbeddedError, match=r"holds no PostgreSQL data; mend: rm -r .*CAREWIRE_DATA"):
        await Postgres(tmp_path).start()
    assert (tmp_path / "postgres" / "holiday.jpg").exists()


async def test_a_first_start_that_was_killed_half_way_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    async with Postgres(tmp_path, fsync=False) as pg:
        assert await fetch(pg.url, "SELECT 1") == 1
    assert not (tmp_path / "postgres.new").exists()


async def test_two_runs_on_one_folder_are_refused_with_the_pid_of_the_first(data: Path) -> None:
    async with Postgres(data, fsync=False) as first:
        with pytest.raises(EmbeddedError, match=rf"in use by another run \(pid {os.getpid()}\)"):
            await Postgres(data).start()
        assert await fetch(first.url, "SELECT 1") == 1


async def test_a_server_that_cannot_start_says_why_in_one_line_and_frees_the_folder(data: Path) -> None:
    with pytest.raises(EmbeddedError, match="unrecognized configuration parameter") as caught:
        await Postgres(data, settings={"nonsense": 1}).start()
    assert "\n" not in str(caught.value)
    async with Postgres(data, fsync=False) as pg:
        assert await fetch(pg.url, "SELECT 1") == 1


async def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match=r"cannot hold data: .*; mend: .*CAREWIRE_DATA"):
        await Valkey(tmp_path / "file" / "below").start()


async def test_somebody_elses_folder_in_the_place_of_the_sockets_is_not_used(tmp_path: Path) -> None:
    folder = places.socket_folder("valkey", tmp_path, (os.getuid(), os.getgid()))
    folder.chmod(0o777)
    try:
        with pytest.raises(EmbeddedError, match=f"not a private folder of ours; mend: rm -r {folder}"):
            await Valkey(tmp_path).start()
    finally:
        folder.rmdir()


async def test_kill_loses_no_committed_row_and_the_url_stays(data: Path) -> None:
    async with Postgres(data) as pg:
        url, pid = pg.url, pg.pid
        await execute(url, "INSERT INTO note VALUES ('committed')")
        workers = process.children_of(pid)
        assert workers
        await pg.kill()
        assert not any(process.is_running(one) for one in (pid, *workers))
        with pytest.raises(OSError, match=r"."):
            await fetch(url, "SELECT 1")
        await pg.start()
        assert (pg.url, pg.pid != pid) == (url, True)
        assert await fetch(url, "SELECT count(*) FROM note WHERE text = 'committed'") == 1


async def test_stop_cuts_off_open_clients_and_leaves_no_process(data: Path) -> None:
    pg = Postgres(data, fsync=False)
    await pg.start()
    connection = await asyncpg.connect(pg.url)
    family = [pg.pid, *process.children_of(pg.pid)]
    await pg.stop()
    assert not any(process.is_running(one) for one in family)
    assert not pg.sockets.exists()
    connection.terminate()
    with pytest.raises(EmbeddedError, match="not running"):
        _ = pg.pid


async def test_restart_keeps_rows_and_url(data: Path) -> None:
    async with Postgres(data, fsync=False) as pg:
        before = pg.url
        await pg.restart()
        assert pg.url == before
        assert await fetch(pg.url, "SELECT text FROM note") == "kept"


@pytest.mark.parametrize("fixture", ["open_folder", "closed_folder"])
async def test_a_first_start_works_below_any_folder(fixture: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(fixture)
    async with Postgres(folder / "data", fsync=False) as pg, Valkey(folder / "data") as vk:
        assert await fetch(pg.url, "SELECT uuid_extract_version(uuidv7())") == 7
        async with aclosing(redis.asyncio.Redis.from_url(vk.url)) as client:
            assert await client.ping()


async def test_the_cluster_is_unicode_in_byte_order_and_durable_unless_told_otherwise(data: Path) -> None:
    async with Postgres(data, settings={"work_mem": "5MB"}) as pg:
        locale = "SELECT datlocale FROM pg_database WHERE datname = current_database()"
        assert await fetch(pg.url, locale) == "C.UTF-8"
        assert await fetch(pg.url, "SHOW server_encoding") == "UTF8"
        assert await fetch(pg.url, "SHOW fsync") == "on"
        assert await fetch(pg.url, "SHOW work_mem") == "5MB"
        assert await fetch(pg.url, "SHOW listen_addresses") == ""
        assert await fetch(pg.url, "SHOW timezone") == "UTC"


async def test_postgres_never_runs_as_root(data: Path) -> None:
    async with Postgres(data, fsync=False) as pg:
        assert os.stat(f"/proc/{pg.pid}").st_uid != 0


async def test_valkey_starts_empty_after_a_kill(tmp_path: Path) -> None:
    async with Valkey(tmp_path) as vk, aclosing(redis.asyncio.Redis.from_url(vk.url)) as client:
        await client.set("hint", 1)
        await vk.kill()
        await vk.start()
        assert await client.get("hint") is None


def test_programs_in_a_closed_folder_are_copied_once_to_where_the_server_may_read(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = pwd.getpwnam("daemon") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    owner = (entry.pw_uid, entry.pw_gid)
    monkeypatch.setattr(places, "CACHE", open_folder / "cache")
    source = open_folder / "closed"
    (source / "wheel" / "bin").mkdir(parents=True)
    (source / "wheel" / "bin" / "program").write_text("first")
    source.chmod(0o700)
    found = places.reachable_copy(source, ["wheel"], "wheel-1", owner)
    assert places.can_reach(found / "wheel" / "bin", owner)
    assert (found / "wheel" / "bin" / "program").read_text() == "first"
    assert places.reachable_copy(source, ["wheel"], "wheel-1", owner) == found
