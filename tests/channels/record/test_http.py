"""Records and results over real HTTP and sockets: forms with files, downloads, and who is told at once.

Ledger: POST /api/v1/medical-records M-242, GET /api/v1/medical-records/{id}/download M-246, POST
/api/v1/lab-tests/{id}/result M-263.
"""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from carewire.client import Event, Refused, Snapshot
from carewire.ids import uuid7
from channels.directory.demo import DOCTOR_ASHA
from channels.identity.demo import PRIYA_PATIENT, TECHNICIAN
from channels.lab.demo import POTASSIUM
from tests.channels.media.conftest import Uploader, asha, document, http, priya, reason
from tests.conftest import PROMPTLY_S, Connect
from tests.patience import PATIENCE_S
from tests.people import log_in

__all__ = ["asha", "http", "priya"]

P = str(PRIYA_PATIENT)
HER_RECORD = {"patient_id": P, "record_type": "xray", "title": "Chest", "record_date": "2026-03-01"}


@pytest_asyncio.fixture
async def meera(http: httpx.AsyncClient, connect: Connect) -> Uploader:
    """The laboratory's technician."""
    client = await connect()
    return Uploader(client, await log_in(client, TECHNICIAN.phone), http)


async def form(who: Uploader, path: str, fields: dict[str, str], body: bytes = b"", key: Any = None) -> httpx.Response:
    """A browser's form: fields, then the file."""
    headers = {**who.bearer, "idempotency-key": str(key or uuid7())}
    files = {"file": ("chest.pdf", body or document(), "application/pdf")}
    return await who.http.post(path, data=fields, files=files, headers=headers)


async def test_a_form_becomes_a_record_once_and_its_file_is_read_by_whom_she_lets(
    priya: Uploader, asha: Uploader
) -> None:
    path = "/api/v1/medical-records"
    nobody = await priya.http.post(path, data=HER_RECORD, files={"file": ("a.pdf", document())})
    assert (nobody.status_code, reason(nobody)) == (401, "unauthenticated")
    for wrong, why in (
        ({**HER_RECORD, "record_type": "gossip"}, "invalid_params"),
        ({**HER_RECORD, "is_shared_with_doctors": "perhaps"}, "invalid_params"),
        ({**HER_RECORD, "colour": "red"}, "invalid_params"),
        ({**HER_RECORD, "patient_id": str(uuid4())}, "not_found"),
        ({**HER_RECORD, "title": "x" * 16_500}, "invalid_params"),
    ):
        refused = await form(priya, path, wrong)
        assert reason(refused) == why, refused.text
    stranger = await form(asha, path, HER_RECORD)
    assert (stranger.status_code, reason(stranger)) == (404, "not_found")

    key, body = uuid7(), document(padding=50)
    first = await form(priya, path, HER_RECORD | {"is_shared_with_doctors": "false"}, body, key)
    assert first.status_code == 201, first.text
    again = await form(priya, path, HER_RECORD | {"is_shared_with_doctors": "false"}, body, key)
    assert again.content == first.content
    record = first.json()
    assert (record["title"], record["record_date"], record["is_shared_with_doctors"]) == ("Chest", "2026-03-01", False)
    assert len((await priya.client.query("medical_record.list", patient_id=P))["rows"]) == 1

    address = f"{path}/{record['id']}/download"
    read = await priya.http.get(address, headers=priya.bearer)
    assert (read.status_code, read.content) == (200, body)
    assert "attachment" in read.headers["content-disposition"]
    assert read.headers["content-security-policy"] == "default-src 'none'; sandbox"
    for headers, status in ((asha.bearer, 404), ({}, 401)):
        assert (await priya.http.get(address, headers=headers)).status_code == status
    assert (await priya.http.get(f"{address}?media_id={uuid4()}", headers=priya.bearer)).status_code == 404


@pytest.mark.alone
async def test_a_consent_that_is_withdrawn_ends_the_open_list_and_every_link_to_a_file(
    priya: Uploader, asha: Uploader
) -> None:
    record = (await form(priya, "/api/v1/medical-records", HER_RECORD)).json()
    given = await priya.client.command(
        "consent.grant", patient_id=P, doctor_id=DOCTOR_ASHA, records=["medical_record"], purpose="treatment",
        until=(datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    )  # fmt: skip
    heard = await asha.client.subscribe(f"medical_records:{P}")
    snapshot = await anext(heard)
    assert isinstance(snapshot, Snapshot)
    assert [one["id"] for one in snapshot.value["records"]] == [record["id"]]
    link = await asha.client.query("media.link", media_id=record["files"][0]["id"])
    addresses = (httpx.URL(link["url"]).path, f"/api/v1/medical-records/{record['id']}/download")
    assert [(await asha.http.get(one, headers=asha.bearer)).status_code for one in addresses] == [200, 200]
    begun = time.monotonic()
    await priya.client.command("consent.revoke", consent_id=given["id"])
    assert [(await asha.http.get(one, headers=asha.bearer)).status_code for one in addresses] == [404, 404]
    with pytest.raises(Refused, match="not_found"):
        async with asyncio.timeout(PATIENCE_S):
            await anext(heard)
    assert time.monotonic() - begun < PROMPTLY_S
    with pytest.raises(Refused, match="not_found"):
        await asha.client.query("media.link", media_id=record["files"][0]["id"])


async def test_a_result_arrives_as_a_form_and_everybody_hears_at_once(
    priya: Uploader, meera: Uploader, asha: Uploader
) -> None:
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    asked = await priya.client.command("lab_test.create", patient_id=P, catalogue_id=str(POTASSIUM))
    hers = await priya.client.subscribe(f"lab_reports:{P}")
    board = await meera.client.subscribe(f"lab_desk:{asked['laboratory_id']}")
    for topic in (hers, board):
        opened = await anext(topic)
        assert isinstance(opened, Snapshot)
        assert [test["id"] for test in opened.value["tests"]] == [asked["id"]]
    with pytest.raises(Refused, match="not_found"):
        await anext(await asha.client.subscribe(f"lab_reports:{P}"))
    await meera.client.command("lab_test.schedule", lab_test_id=asked["id"], mode="visit", planned_at=at)
    await meera.client.command("lab_test.collect", lab_test_id=asked["id"])
    path = f"/api/v1/lab-tests/{asked['id']}/result"
    values = json.dumps([{"analyte": "K", "number": 6.9}])
    for who, fields, why in (
        (priya, {"values": values}, "forbidden"),
        (asha, {"values": values}, "not_found"),
        (meera, {"values": "7 or so"}, "invalid_params"),
        (meera, {"values": '[{"analyte": "NA", "number": 1}]'}, "invalid_params"),
    ):
        refused = await form(who, path, fields)
        assert reason(refused) == why, refused.text
    done = await form(meera, path, {"values": values, "remark": "Repeated"})
    assert done.status_code == 201, done.text
    report = done.json()
    assert (report["state"], report["versions"][0]["results"][0]["flag"]) == ("published", "critical_high")
    assert report["critical"]["acknowledged_at"] is None

    heard: list[Event] = []
    while len(heard) < 4:
        event = await anext(hers)
        assert isinstance(event, Event)
        heard.append(event)
    assert [event.name for event in heard] == ["lab_test:updated"] * 3 + ["lab_report:created"]
    assert [event.data["test"]["state"] for event in heard[:3]] == ["scheduled", "sample_collected", "completed"]
    states = []
    while len(states) < 3:
        event = await anext(board)
        assert isinstance(event, Event)
        states.append(event.data["test"]["state"])
    assert states == ["scheduled", "sample_collected", "completed"]
    (file,) = report["versions"][0]["media_ids"]
    assert (await priya.read(await priya.link(file))).content == document()
    known = await meera.client.command("lab_report.acknowledge", lab_report_id=report["id"], how="patient_told")
    assert known["acknowledged_at"] is not None
    told = await anext(hers)
    assert isinstance(told, Event)
    assert (told.name, told.data["report"]["critical"]["acknowledged_at"] is not None) == ("lab_report:updated", True)
