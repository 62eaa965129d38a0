"""The file: whole or refused, private, never half there."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from carewire.backup import BackupError, archive
from carewire.backup.tools import split_password
from tests.backup.conftest import Deployment

Damage = Callable[[bytes], bytes]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def remade(path: Path, **changes: object) -> Path:
    """The backup with other words in its manifest, sealed as if they were true."""
    manifest = archive.read_manifest(path)
    other = path.with_name("remade.backup")
    other.write_bytes(path.read_bytes()[: manifest.bytes])
    archive.seal(other, msgspec.structs.replace(manifest, **changes))
    return other


DAMAGES: tuple[tuple[Damage, str], ...] = (
    (lambda data: b"", "torn"),
    (lambda data: data[:1000], "torn"),
    (lambda data: data[:-1], "torn"),
    (lambda data: data + b"\n", "torn"),
    (lambda data: archive.MAGIC + b" 9999999999 " + b"0" * 64 + b"\n", "torn"),
    (lambda data: b"PGDMP" + os.urandom(10_000), "made by another program"),
    (lambda data: data[100:], "bytes of data where its manifest says"),
    (lambda data: flipped(data, len(data) - 200), "its manifest is damaged"),
    (lambda data: flipped(data, len(data) - 5), "its manifest is damaged"),
    (lambda data: flipped(data, 5_000), "its data is damaged"),
)


async def test_a_file_that_is_not_as_it_was_written_is_refused_in_one_line_and_nothing_happens(
    deployment: Deployment,
) -> None:
    path = await deployment.back_up()
    mark = await deployment.mark()
    whole = path.read_bytes()
    assert archive.verify(path, lambda text: None).bytes > 50_000
    for damage, why in DAMAGES:
        path.write_bytes(damage(whole))
        with pytest.raises(BackupError, match=why):
            archive.verify(path, lambda text: None)
    said = await deployment.run("restore", path, "--replace", "--force")
    assert why in said.complaint
    assert await deployment.has(mark)


async def test_a_file_that_is_not_there_is_refused_in_one_line(deployment: Deployment) -> None:
    said = await deployment.run("restore", deployment.folder / "nothing.backup")
    assert "No such file" in said.complaint


async def test_a_backup_newer_than_the_program_or_the_server_is_refused(deployment: Deployment) -> None:
    path = await deployment.back_up()
    known = archive.read_manifest(path).migrations
    newer = remade(path, migrations=[*known, "9999_from_the_future"])
    assert "newer than this program: it has 9999_from_the_future" in (await deployment.run("restore", newer)).complaint
    newer = remade(path, server=990_001)
    assert "the backup is of PostgreSQL 99" in (await deployment.run("restore", newer, "--replace")).complaint


async def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_behind(deployment: Deployment) -> None:
    folder = deployment.folder / "small"
    said = await deployment.run("backup", f"{folder}/", file_size=40_000)
    assert "mend: free some disk" in said.complaint
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("place", ["/proc/one.backup", "/proc/folder/one.backup"])
async def test_a_folder_that_cannot_be_written_is_told_in_one_line(deployment: Deployment, place: str) -> None:
    assert "mend: name another folder" in (await deployment.run("backup", place)).complaint


async def test_a_backup_is_for_its_owner_alone_and_takes_nobodys_place(deployment: Deployment) -> None:
    path = await deployment.back_up()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert "exists already" in (await deployment.run("backup", path)).complaint
    assert path.read_bytes() == before


async def test_what_a_killed_backup_left_goes_with_the_next_one(deployment: Deployment) -> None:
    """Its name holds the number of the process that wrote it; this one has ended."""
    child = await deployment.start("--help")
    await child.communicate()
    left = deployment.folder / f".old.backup.{child.pid}.part"
    busy = deployment.folder / f".busy.backup.{os.getpid()}.part"
    left.write_bytes(b"half")
    busy.write_bytes(b"half")
    await deployment.back_up()
    assert not left.exists()
    assert busy.exists()


async def test_without_a_name_it_lies_in_the_folder_for_backups_and_the_doctor_sees_it(deployment: Deployment) -> None:
    secret = {"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": "n3ZbqgC0vS7kX1yTtW8dLrP5mHfJ2aEu"}
    assert "warn  backups: none in" in (await deployment.run("doctor", **secret)).out
    said = await deployment.run("backup")
    path = Path(said.out.strip())
    assert path.parent == deployment.folder / "backups"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "ok    backups: the newest is 0 h old" in (await deployment.run("doctor", **secret)).out
    os.utime(path, (0, 0))
    assert "warn  backups: the newest is" in (await deployment.run("doctor", **secret)).out


async def test_the_password_of_the_url_is_never_told(deployment: Deployment) -> None:
    secret = deployment.url.replace("carewire@", "carewire:hush@")
    path = deployment.folder / "one.backup"
    for words in (("backup", path), ("restore", path), ("restore", path, "--replace", "--drop-old"), ("backup", path)):
        said = await deployment.run(*words, CAREWIRE_DATABASE_URL=secret)
        assert "hush" not in said.out + said.err
    away = await deployment.run("backup", CAREWIRE_DATABASE_URL="postgresql://carewire:hush@127.0.0.1:1/x")
    assert "hush" not in away.complaint


@pytest.mark.parametrize(
    ("url", "plain", "password"),
    [
        ("postgresql://me:a%40b@host:1/x", "postgresql://me@host:1/x", "a@b"),
        ("postgresql://me@/x?host=/tmp&password=p", "postgresql://me@/x?host=%2Ftmp", "p"),
        ("postgresql:///x", "postgresql:///x", None),
    ],
)
def test_a_password_is_kept_from_the_words_of_a_program(url: str, plain: str, password: str | None) -> None:
    assert split_password(url) == (plain, password)


async def test_programs_that_are_too_old_are_named_with_the_mend(deployment: Deployment) -> None:
    folder = deployment.folder / "old"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 15.9'\n")
        (folder / name).chmod(0o755)
    said = await deployment.run("backup", CAREWIRE_PG_BIN=str(folder))
    assert f"{folder} has 15" in said.complaint
    assert "CAREWIRE_PG_BIN" in said.complaint
    assert "has none" in (await deployment.run("backup", CAREWIRE_PG_BIN="/nowhere")).complaint
