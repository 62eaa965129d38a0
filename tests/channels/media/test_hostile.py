"""Files that are not what they say, names that are paths, links of others (ledger: H-087, M-029, M-051, M-337)."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from carewire.client import Refused
from carewire.ids import uuid7
from channels.media import content
from channels.media.errors import UnsafeFile
from channels.media.nouns import LIMITS, MediaKind
from tests.channels.media.conftest import Uploader, bomb, document, picture, reason, scan

ARCHIVE_END = b"PK\x05\x06" + bytes(18)
MALICE: dict[str, tuple[str, bytes, str]] = {
    "a page that calls itself a picture": ("image", b"<html><script>alert(1)</script>", "wrong_content"),
    "a drawing with a script": ("image", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "wrong_content"),
    "a program": ("document", b"MZ\x90\x00" + bytes(2000), "wrong_content"),
    "a document where a picture is wanted": ("image", document(), "wrong_content"),
    "a scan where a document is wanted": ("document", scan(), "wrong_content"),
    "a picture that unpacks to gigabytes": ("image", bomb(), "unsafe_file"),
    "half a picture": ("image", picture()[:60], "unsafe_file"),
    "a document with a script": ("document", document(holds=b"<</S/JavaScript/JS(x)>>"), "unsafe_file"),
    "a script written another way": ("document", document(holds=b"<</S/#4aava#53cript>>"), "unsafe_file"),
    "a document that starts a program": ("document", document(holds=b"<</S/Launch/F(cmd.exe)>>"), "unsafe_file"),
    "a document with a file inside": ("document", document(holds=b"<</Type/EmbeddedFile>>"), "unsafe_file"),
    "a document that is an archive, too": ("document", document() + ARCHIVE_END, "unsafe_file"),
    "an archive after the end": ("document", document() + b"x" * 30_000 + ARCHIVE_END + b"%%EOF", "unsafe_file"),
    "a document that is a page, too": ("document", b"%PDF-1.4 <script>x()</script>" + document(), "unsafe_file"),
    "a document that breaks off": ("document", document()[:-6], "unsafe_file"),
    "a scan that is a program, too": ("medical-record", scan(b"MZ" + bytes(126)), "unsafe_file"),
    "nothing": ("document", b"", "invalid_params"),
}


async def test_what_a_file_really_is_counts_and_nothing_of_a_bad_one_is_kept(priya: Uploader, files: Any) -> None:
    for what, (kind, body, expected) in MALICE.items():
        answer = await priya.send(kind, body, "holiday.png")
        assert reason(answer) == expected, what
    assert not files()
    assert (await priya.client.query("media.list"))["rows"] == []


def test_a_script_cut_in_two_by_the_network_is_seen() -> None:
    body = document(holds=b"<</S/JavaScript>>", padding=100_000)
    for cut in range(body.index(b"/Java"), body.index(b"Script") + 7):
        inspection = content.Inspection("application/pdf", body[:1024])
        with pytest.raises(UnsafeFile):  # noqa: PT012 - in which piece it is noticed does not matter
            inspection.look(body[:cut])
            inspection.look(body[cut:])


async def test_a_picture_leaves_its_place_its_camera_and_its_passengers_behind(priya: Uploader) -> None:
    exif = picture("JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00 secret place", comment=b"secret words")
    stored = await priya.store("image", exif + b"PK\x03\x04 secret archive", "me.jpg")
    link = await priya.link(stored["id"])
    back = await priya.read(link)
    assert back.content.startswith(b"\xff\xd8\xff")
    assert b"secret" not in back.content
    assert b"Exif" not in back.content


@pytest.mark.parametrize("length", ["announced", "chunked"])
async def test_too_large_is_refused_before_it_is_read_or_where_it_passes_the_limit(
    length: str, priya: Uploader, files: Any
) -> None:
    limit = LIMITS[MediaKind.DOCUMENT].max_bytes
    body = document(padding=limit)

    async def pieces() -> Any:
        for start in range(0, len(body), 1 << 20):
            yield body[start : start + (1 << 20)]

    try:
        answer = await priya.send("document", body if length == "announced" else pieces())  # type: ignore[arg-type]
    except httpx.WriteError:
        assert length == "announced"  # it hung up while we were still sending
    else:
        assert answer.status_code == 413
        assert answer.json()["data"]["max_bytes"] == limit
    assert not files()


NAMES = {
    "../../etc/passwd": "passwd.pdf",
    "C:\\Users\\x\\report.pdf": "report.pdf",
    "a\x00b\r\nSet-Cookie: x.pdf": "abSet-Cookie: x.pdf",
    "invoice\u202efdp.exe": "invoicefdp.exe.pdf",
    "..": "file.pdf",
    "": "file.pdf",
    "रिपोर्ट.pdf": "रिपोर्ट.pdf",
    "x" * 500 + ".pdf": "x" * 116 + ".pdf",
    "REPORT.PDF": "REPORT.pdf",
}


async def test_a_name_is_a_label_and_never_a_path_or_a_header(priya: Uploader, files: Any) -> None:
    for given, kept in NAMES.items():
        stored = await priya.store("document", document(), quote(given))
        assert stored["name"] == kept
        link = await priya.link(stored["id"])
        back = await priya.read(link)
        assert "set-cookie" not in back.headers
        assert quote(kept, safe="") in back.headers["content-disposition"]
    assert all(path.startswith(f"kept/{priya.account}/") for path in files())


async def test_who_is_not_logged_in_uploads_and_reads_nothing(priya: Uploader) -> None:
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic eDp5"}):
        answer = await priya.http.post("/api/v1/upload/image", content=picture(), headers=headers)
        assert (answer.status_code, reason(answer)) == (401, "unauthenticated")
    assert (await priya.http.post("/api/v1/upload/virus", content=b"x", headers=priya.bearer)).status_code == 404
    assert (await priya.http.get("/api/v1/media/AAAA")).status_code == 404


async def test_what_only_our_routes_may_run_does_not_exist_on_a_socket(priya: Uploader) -> None:
    for name in ("media.receive", "media.progress", "media.store", "media.open"):
        with pytest.raises(Refused, match="method_not_found"):
            await priya.client.call(name)


async def test_a_stranger_finds_nothing_and_a_changed_link_opens_nothing(priya: Uploader, asha: Uploader) -> None:
    stored = await priya.store("medical-record", document(), "blood.pdf")
    for method in ("media.get", "media.link", "media.delete"):
        with pytest.raises(Refused, match="not_found"):
            await asha.client.call(method, media_id=stored["id"])
    assert (await asha.client.query("media.list"))["rows"] == []
    url: str = await priya.link(stored["id"])
    assert (await priya.read(url)).status_code == 200
    for changed in (url[:-1] + ("A" if url[-1] != "A" else "B"), url[:-4], url + "AAAA", url.replace(url[-20], "-")):
        assert (await priya.read(changed)).status_code == (200 if changed == url else 404)


async def test_a_link_dies_with_the_login_that_made_it(priya: Uploader, asha: Uploader) -> None:
    stored = await priya.store("document", document(), "licence.pdf")
    url = await priya.link(stored["id"])
    await priya.client.logout()
    answer = await asha.read(url)
    assert (answer.status_code, reason(answer)) == (404, "not_found")


async def test_a_key_used_for_other_bytes_is_a_conflict_and_the_first_file_stays(priya: Uploader) -> None:
    key = uuid7()
    first = await priya.send("document", document(), key=key)
    other = await priya.send("document", document(padding=9), key=key)
    assert (first.status_code, other.status_code, reason(other)) == (201, 409, "key_conflict")
    url = await priya.link(first.json()["id"])
    assert (await priya.read(url)).content == document()
