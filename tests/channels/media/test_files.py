"""Uploading, following it, reading by link, attaching, deleting (ledger: H-086, H-087, M-318, M-319, M-320, M-336,
M-337, M-338, M-051, M-063, M-036)."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from carewire.client import Event, Refused, Snapshot
from carewire.clock import Clock
from carewire.command import Ctx
from carewire.errors import InvalidParams
from carewire.ids import uuid7
from carewire.jobs.job import Trip
from carewire.providers import storage
from carewire.settings import Settings
from carewire.store.db import Database, Tx
from channels.media import access, jobs
from channels.media.nouns import LOOSE_MAX, MediaKind
from tests.channels.media.conftest import Uploader, document, picture, reason, scan
from tests.patience import PATIENCE_S


async def test_a_file_goes_up_and_comes_back_by_a_link(priya: Uploader) -> None:
    for kind, body, name, mime in (
        ("image", picture("PNG"), "me.png", "image/png"),
        ("image", picture("WEBP"), "me.webp", "image/webp"),
        ("document", document(), "licence.pdf", "application/pdf"),
        ("document", picture("JPEG"), "licence.jpg", "image/jpeg"),
        ("medical-record", scan(), "chest.dcm", "application/dicom"),
    ):
        await goes_up_and_comes_back(priya, kind, body, name, mime)


async def goes_up_and_comes_back(priya: Uploader, kind: str, body: bytes, name: str, mime: str) -> None:
    stored = await priya.store(kind, body, name)
    assert (stored["kind"], stored["name"], stored["mime"]) == (kind.replace("-", "_"), name, mime)
    assert await priya.client.query("media.get", media_id=stored["id"]) == stored
    link = await priya.link(stored["id"])
    back = await priya.read(link)
    assert back.headers["content-type"] == mime
    assert len(back.content) == stored["size"] == int(back.headers["content-length"])
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in back.headers["content-security-policy"]
    assert back.headers["content-disposition"].startswith("attachment;")
    if not mime.startswith("image/"):
        assert back.content == body  # to the byte: signatures hang on it


async def test_a_form_as_a_browser_sends_it_is_taken(priya: Uploader) -> None:
    answer = await priya.http.post(
        "/api/v1/upload/document",
        headers=priya.bearer,
        data={"note": "beside the file"},
        files={"file": ("मेरा.pdf", document(), "text/html")},
    )
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["mime"]) == ("मेरा.pdf", "application/pdf")
    for broken in (b"--x\r\nno end", b"", b"--y--"):
        refused = await priya.http.post(
            "/api/v1/upload/document",
            headers={**priya.bearer, "content-type": "multipart/form-data; boundary=x"},
            content=broken,
        )
        assert (refused.status_code, reason(refused)) == (422, "invalid_params")


async def test_the_same_key_and_bytes_give_the_same_file_also_at_once(priya: Uploader, files: Any) -> None:
    key, body = uuid7(), document(padding=200_000)
    answers = await asyncio.gather(*(priya.send("document", body, "a.pdf", key) for _ in range(4)))
    stored = {answer.content for answer in answers if answer.status_code == 201}
    assert len(stored) == 1
    for answer in answers:
        assert answer.status_code == 201 or answer.json()["data"]["retry"] != "never", answer.text
    assert (await priya.send("document", body, "a.pdf", key)).content == stored.pop()
    assert files() == {f"kept/{priya.account}/{key}/{hashlib.sha256(body).hexdigest()}"}
    assert len((await priya.client.query("media.list"))["rows"]) == 1


async def test_the_uploaders_socket_follows_and_snapshot_and_events_are_a_fresh_snapshot(priya: Uploader) -> None:
    topic = await priya.client.subscribe(f"uploads:{priya.account}")
    first = await anext(topic)
    assert isinstance(first, Snapshot)
    state: dict[str, Any] = {one["upload_id"]: one for one in first.value["uploads"]}
    assert not state
    good, bad = uuid7(), uuid7()
    stored = (await priya.send("document", document(), "a.pdf", good)).json()
    assert (await priya.send("document", b"MZ" + bytes(2000), "a.pdf", bad)).status_code == 415
    async with asyncio.timeout(PATIENCE_S):
        async for told in topic:
            assert isinstance(told, Event)
            state[told.data["upload_id"]] = told.data["upload"]
            if {one["state"] for one in state.values()} == {"stored", "refused"}:
                break
    assert state[str(good)]["media_id"] == stored["id"]
    assert state[str(bad)]["reason"] == "wrong_content"
    await priya.client.unsubscribe(topic)
    fresh = await anext(await priya.client.subscribe(f"uploads:{priya.account}"))
    assert isinstance(fresh, Snapshot)
    assert {one["upload_id"]: one for one in fresh.value["uploads"]} == state


async def test_nobody_else_follows_my_uploads(priya: Uploader, asha: Uploader) -> None:
    with pytest.raises(Refused, match="not_found"):
        await asha.client.subscribe(f"uploads:{priya.account}")


async def test_an_upload_that_breaks_off_leaves_nothing_and_can_be_sent_again(priya: Uploader, files: Any) -> None:
    key = uuid7()
    topic = await priya.client.subscribe(f"uploads:{priya.account}")
    await anext(topic)

    async def breaks_off() -> Any:
        yield document(padding=50_000)[:30_000]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await priya.send("document", breaks_off(), "a.pdf", key)  # type: ignore[arg-type]
    async with asyncio.timeout(PATIENCE_S):
        async for told in topic:
            assert isinstance(told, Event)
            if told.data["upload"]["state"] == "refused":
                assert told.data["upload"]["reason"] == "upload_interrupted"
                break
    assert not files()
    assert (await priya.send("document", document(), "a.pdf", key)).status_code == 201


@pytest.fixture
def shelf() -> Iterator[dict[UUID, set[UUID]]]:
    """Things of a domain of these tests: who reads each."""
    readers: dict[UUID, set[UUID]] = {}

    @access.readers("shelf")
    async def may_read(tx: Tx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
        return [datetime(2020, 1, 1, tzinfo=UTC) if who in readers.get(thing, ()) else None for who, thing in asks]

    yield readers
    del access.READERS["shelf"]


async def attach(settings: Settings, db: Database, who: Uploader, media_id: str, thing: UUID) -> None:
    """What a domain's command does."""
    from carewire.actor import Actor

    now = Clock().now()
    actor = Actor(id=UUID(who.account), login_id=uuid7(), capacities=frozenset(), expires_at=now)
    async with db.transaction() as tx:
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=settings, actor=actor)
        await access.attach(ctx, [UUID(media_id)], "shelf", thing, frozenset({MediaKind.DOCUMENT}))


async def test_what_a_file_is_attached_to_decides_who_reads_it_from_then_on(
    priya: Uploader, asha: Uploader, settings: Settings, db: Database, shelf: dict[UUID, set[UUID]]
) -> None:
    thing, other = uuid7(), uuid7()
    stored = await priya.store("document", document(), "licence.pdf")
    with pytest.raises(InvalidParams):
        await attach(settings, db, asha, stored["id"], thing)
    await attach(settings, db, priya, stored["id"], thing)
    await attach(settings, db, priya, stored["id"], thing)  # twice changes nothing
    with pytest.raises(InvalidParams):
        await attach(settings, db, priya, stored["id"], other)

    for who in (priya, asha):
        with pytest.raises(Refused, match="not_found"):
            await who.client.query("media.get", media_id=stored["id"])
    shelf[thing] = {UUID(asha.account)}
    url = await asha.link(stored["id"])
    assert (await asha.read(url)).content == document()
    shelf[thing] = {UUID(priya.account)}
    assert (await asha.read(url)).status_code == 404, "the right is asked for when the link is used"
    with pytest.raises(Refused, match="file_in_use"):
        await priya.client.command("media.delete", media_id=stored["id"])
    (row,) = (await priya.client.query("media.list", about="shelf"))["rows"]
    assert (row["id"], row["about_id"]) == (stored["id"], str(thing))
    shelf[thing] = set()
    assert (await priya.client.query("media.list"))["rows"] == []


async def test_the_database_itself_keeps_a_file_what_and_where_it_is(priya: Uploader, db: Database) -> None:
    import asyncpg

    stored = await priya.store("document", document(), "licence.pdf")
    for change in ("size = size + 1", "path = path || 'x'", "sha256 = decode(repeat('00', 32), 'hex')"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with db.transaction() as tx:
                await tx.execute(f"UPDATE media SET {change} WHERE id = $1", UUID(stored["id"]))


async def test_a_deleted_file_is_gone_with_its_bytes(priya: Uploader, files: Any) -> None:
    stored = await priya.store("image", picture(), "me.png")
    url = await priya.link(stored["id"])
    await priya.client.command("media.delete", media_id=stored["id"])
    assert (await priya.read(url)).status_code == 404
    async with asyncio.timeout(PATIENCE_S):
        while files():  # noqa: ASYNC110 - the job follows the commit
            await asyncio.sleep(0)


async def test_who_keeps_too_many_loose_files_is_told(priya: Uploader, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute(
            "INSERT INTO media (account_id, kind, name, mime, size, sha256, path, created_at) SELECT $1, 'document',"
            " 'a', 'application/pdf', 1, decode(repeat('00', 32), 'hex'), 'x/' || n, now()"
            " FROM generate_series(1, $2) n",
            UUID(priya.account),
            LOOSE_MAX,
        )
    answer = await priya.send("document", document())
    assert (answer.status_code, reason(answer)) == (409, "too_many_files")


async def test_pages_of_files_meet_without_a_gap(priya: Uploader) -> None:
    made = [(await priya.store("document", document(padding=n), f"{n}.pdf"))["id"] for n in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = await priya.client.query("media.list", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in page["rows"]]
        if (cursor := page["cursor"]) is None:
            break
    assert seen == made[::-1]
    assert (await priya.client.query("media.list", file_type="image"))["rows"] == []


async def test_the_night_removes_what_nobody_refers_to_and_nothing_else(
    priya: Uploader, settings: Settings, db: Database, files: Any
) -> None:
    kept = await priya.store("document", document(), "kept.pdf")
    mine = files()
    store = storage.provider(settings)

    async def bytes_() -> Any:
        yield b"of an upload whose answer was lost"

    for path in ("kept/orphan", "incoming/20260101/orphan"):
        await store.put(path, bytes_())

    async def sweep(at: datetime) -> str:
        trip = Trip(ref=uuid7(), doubtful=False, now=at, real_now=at, settings=settings, db=db)
        return await jobs.sweep(trip, jobs.SweepDue())

    now = datetime.now(UTC)
    assert await sweep(now) == "0 removed", "it may belong to a try whose key still works"
    assert await sweep(now + timedelta(days=2)) == "2 removed"
    assert files() == mine
    async with db.transaction() as tx:
        ctx = Ctx(tx=tx, now=now + timedelta(days=8), real_now=now + timedelta(days=8), settings=settings)
        await jobs.delete_loose(ctx, jobs.LooseDue())
        assert [job for job, _, _ in ctx.jobs] == [jobs.MediaRemoved(path=mine.pop())]
    with pytest.raises(Refused, match="not_found"):
        await priya.client.query("media.get", media_id=kept["id"])
