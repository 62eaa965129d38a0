"""Outside companies as far as their protocol goes: Twilio's Messages resource, and a mail server.

Both keep what they took in `accepted` and do as `next` says, once: refuse with a code, or break off after accepting.
"""

import asyncio
import base64
import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session

ACCOUNT, TOKEN, SENDER = "AC0123456789", "a token", "+15005550006"
BREAK_OFF = -1


class Accepted(NamedTuple):
    """A letter that arrived. `name` is what the company or the mail calls it."""

    to: str
    subject: str | None
    text: str
    name: str


class FakeTwilio:
    """`POST` and `GET /2010-04-01/Accounts/{sid}/Messages.json` over plain HTTP/1.1."""

    def __init__(self) -> None:
        self.accepted: list[Accepted] = []
        self.next: list[int] = []
        self.asked: list[str] = []
        self.callbacks: list[str | None] = []
        """Where each accepted message is to be reported."""
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"twilio+http://{ACCOUNT}:{quote(TOKEN)}@127.0.0.1:{port}/?from={quote(SENDER)}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        self.asked.append(method)
        status, answer = self._answer(method, target, headers, body)
        if status != BREAK_OFF:
            raw = json.dumps(answer).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(raw), raw)
            )
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        want = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if headers.get("authorization") != want:
            return 401, {"code": 20003}
        url = urlsplit(target)
        if url.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return 404, {"code": 20404}
        if method == "GET":
            to = parse_qs(url.query)["To"][0]
            return 200, {"messages": [self._shown(a) for a in reversed(self.accepted) if a.to == to]}
        form = {name: values[0] for name, values in parse_qs(body).items()}
        assert form["From"].removeprefix("whatsapp:") == SENDER
        assert form["To"].startswith("whatsapp:") == form["From"].startswith("whatsapp:")
        told = self.next.pop(0) if self.next else 0
        if told > 0:
            return (told, {}) if told in (429, 500, 503) else (400, {"code": told, "message": f"about {form['To']}"})
        accepted = Accepted(form["To"], None, form["Body"], f"SM{len(self.accepted):032}")
        self.accepted.append(accepted)
        self.callbacks.append(form.get("StatusCallback"))
        return (BREAK_OFF, None) if told == BREAK_OFF else (201, self._shown(accepted))

    @staticmethod
    def _shown(accepted: Accepted) -> dict[str, Any]:
        now = format_datetime(datetime.now(UTC))
        return {"sid": accepted.name, "body": accepted.text, "status": "queued", "date_created": now, "to": accepted.to}


class FakeMailServer:
    """A mail server without TLS on this machine, by aiosmtpd."""

    def __init__(self) -> None:
        self.accepted: list[Accepted] = []
        self.next: list[int] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="fake", loop=loop), "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"smtp://127.0.0.1:{port}/?from={quote('clinic@example.test')}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.next and self.next[0] > 0:
            return f"{self.next.pop(0)} about {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        text = mail.get_content().rstrip("\r\n")
        self.accepted.append(Accepted(envelope.rcpt_tos[0], mail["Subject"], text, mail["Message-ID"]))
        if self.next and self.next.pop(0) == BREAK_OFF:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"
