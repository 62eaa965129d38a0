"""Stripe as far as we speak with it: payment intents, refunds, idempotency keys, signed events; over plain HTTP/1.1.

It does as `next` says, once: a status refuses, BREAK_OFF accepts and says nothing. `play` is the payer and her bank.
"""

import asyncio
import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import stripe

from carewire.settings import Settings
from tests.providers.fakes import BREAK_OFF

KEY, PUBLIC, SECRET = "sk_test_0123456789", "pk_test_0123456789", "whsec_0123456789abcdef"
WORDS = {401: "authentication_error", 402: "card_error", 400: "invalid_request_error"}


class FakeStripe:
    """One account with its intents and refunds."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.next: list[int] = []
        self.asked: list[str] = []
        self._keys: dict[str, tuple[Any, int, Any]] = {}
        self._server: asyncio.Server | None = None
        self._count = 0

    async def start(self, settings: Settings) -> Settings:
        """The settings of who has this account."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return msgspec.structs.replace(
            settings,
            stripe_secret_key=KEY,
            stripe_public_key=PUBLIC,
            stripe_webhook_secret=SECRET,
            stripe_url=f"http://127.0.0.1:{port}",
        )

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    # --- what is done elsewhere -----------------------------------------------------------------------------------
    def play(self, ref: str, status: str, **more: Any) -> dict[str, Any]:
        """The intent after this, as Stripe's events show it."""
        intent = self.intents[ref]
        intent |= {"status": status, **more}
        if status == "succeeded" and "amount_received" not in more:
            intent["amount_received"] = intent["amount"]
        return intent

    def event(self, kind: str, about: dict[str, Any], **more: Any) -> bytes:
        """The body of a webhook."""
        self._count += 1
        event = {
            "id": f"evt_{self._count:024}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "livemode": False,
            "data": {"object": dict(about)},
        }
        return json.dumps(event | more, indent=2).encode()

    @staticmethod
    def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
        """What stands in `Stripe-Signature`."""
        stamp = int(time.time() if at is None else at)
        header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, stamp)
        return header

    # --- its API ----------------------------------------------------------------------------------------------------
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        path = urlsplit(target).path
        self.asked.append(f"{method} {path}")
        told = self.next.pop(0) if self.next else 0
        if told > 0:
            status, answer = told, {"error": {"type": WORDS.get(told, "api_error"), "code": "told_so", "message": "no"}}
        elif headers.get("authorization") != f"Bearer {KEY}":
            status, answer = 401, _no("invalid_api_key")
        else:
            params = dict(parse_qsl(urlsplit(target).query if method == "GET" else body))
            status, answer = self._once(headers.get("idempotency-key"), method, path, params)
        if told != BREAK_OFF:
            raw = json.dumps(answer).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nRequest-Id: req_1\r\nConnection: close\r\n\r\n%b"
                % (status, len(raw), raw)
            )
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _once(self, key: str | None, method: str, path: str, params: dict[str, str]) -> tuple[int, Any]:
        if key is not None and key in self._keys:
            asked, status, answer = self._keys[key]
            if asked != (path, params):
                return 400, {"error": {"type": "idempotency_error", "message": "other parameters"}}
            return status, answer
        status, answer = self._answer(method, path.split("/")[2:], params)
        if key is not None:
            self._keys[key] = ((path, params), status, json.loads(json.dumps(answer)))
        return status, answer

    def _answer(self, method: str, path: list[str], params: dict[str, str]) -> tuple[int, Any]:
        match method, path:
            case "POST", ["payment_intents"]:
                ref = f"pi_{len(self.intents):024}"
                self.intents[ref] = {
                    "id": ref,
                    "object": "payment_intent",
                    "amount": int(params["amount"]),
                    "amount_received": 0,
                    "currency": params["currency"],
                    "status": "requires_payment_method",
                    "created": int(time.time()),
                    "metadata": _metadata(params),
                    "client_secret": f"{ref}_secret_x",
                    "last_payment_error": None,
                    "cancellation_reason": None,
                }
                return 200, self.intents[ref]
            case "GET", ["payment_intents", ref] if ref in self.intents:
                return 200, self.intents[ref]
            case "POST", ["payment_intents", ref, "cancel"] if ref in self.intents:
                if self.intents[ref]["status"] in ("succeeded", "canceled", "processing"):
                    return 400, _no("payment_intent_unexpected_state")
                return 200, self.play(ref, "canceled", cancellation_reason=params.get("cancellation_reason"))
            case "POST", ["refunds"]:
                return self._refund(params)
            case "GET", ["refunds"]:
                found = [one for one in self.refunds.values() if one["payment_intent"] == params["payment_intent"]]
                return 200, {"object": "list", "data": found[::-1], "has_more": False, "url": "/v1/refunds"}
        return 404, _no("resource_missing")

    def _refund(self, params: dict[str, str]) -> tuple[int, Any]:
        ref, amount = params["payment_intent"], int(params["amount"])
        gone = sum(one["amount"] for one in self.refunds.values() if one["payment_intent"] == ref)
        if ref not in self.intents or self.intents[ref]["status"] != "succeeded":
            return 400, _no("charge_not_refundable")
        if gone + amount > self.intents[ref]["amount_received"]:
            return 400, _no("charge_already_refunded")
        made = {
            "id": f"re_{len(self.refunds):024}",
            "object": "refund",
            "amount": amount,
            "currency": self.intents[ref]["currency"],
            "payment_intent": ref,
            "status": "succeeded",
            "metadata": _metadata(params),
        }
        self.refunds[made["id"]] = made
        return 200, made


def _no(code: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "code": code, "message": f"about {code}"}}


def _metadata(params: dict[str, str]) -> dict[str, str]:
    return {key[9:-1]: value for key, value in params.items() if key.startswith("metadata[")}
