"""Canaries: values that occur nowhere else, in the form of what people are and say; and who carries them in."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import websockets
from msgspec import inspect as kinds

from carewire.command import Command
from carewire.ids import uuid7
from tests.patience import PATIENCE_S


class Nest:
    """Makes canaries and knows all it made."""

    def __init__(self) -> None:
        self.made: set[str] = set()

    def _new(self, value: str) -> str:
        self.made.add(value)
        return value

    def text(self) -> str:
        """A word nobody says; it fits into the shortest field."""
        return self._new(f"zq{len(self.made):05d}xv")

    def phone(self) -> str:
        """A number of no country's plan in use here."""
        return self._new(f"+9198765{len(self.made):05d}")

    def email(self) -> str:
        return self._new(f"zq{len(self.made):05d}@canary.example")

    def day(self) -> str:
        """A date of birth: each day is used once."""
        return self._new((date(1931, 1, 1) + timedelta(days=len(self.made))).isoformat())

    def found_in(self, text: str) -> set[str]:
        """Canaries in a text, also as JSON, repr or a URL would write them."""
        words = set(re.findall(r"zq\d{5}xv|zq\d{5}@canary|(?:\+|%2[bB])?9198765\d{5}|19[3-9]\d-\d\d-\d\d", text))
        plain = {word.replace("%2B", "+").replace("%2b", "+") for word in words}
        return {
            one
            for one in self.made
            if one in plain or one.lstrip("+") in plain or one.split("@")[0] + "@canary" in plain
        }


# What a parameter is called decides what form its canary has; everything else is a word.
PHONES = {"phone", "emergency_phone"}
EMAILS = {"email"}


def params_of(command: Command, nest: Nest, known: dict[str, Any]) -> dict[str, Any]:
    """Params in the declared form, with a canary in every text."""
    info = kinds.type_info(command.params)
    assert isinstance(info, kinds.StructType)
    return {
        field.name: _value(field.name, field.type, nest, known)
        for field in info.fields
        if field.name != "idempotency_key"
    } | ({"idempotency_key": str(uuid7())} if command.receipt else {})


def _value(name: str, kind: kinds.Type, nest: Nest, known: dict[str, Any]) -> Any:
    if isinstance(kind, kinds.Metadata):
        return _value(name, kind.type, nest, known)
    if name in known:
        return known[name]
    if isinstance(kind, kinds.UnionType):
        return _value(name, next(t for t in kind.types if not isinstance(t, kinds.NoneType)), nest, known)
    if isinstance(kind, kinds.StrType):
        return _text(name, kind, nest)
    if isinstance(kind, kinds.UUIDType):
        return str(uuid4())
    if isinstance(kind, kinds.DateType):
        return nest.day()
    if isinstance(kind, kinds.DateTimeType):
        return (datetime.now(UTC) + timedelta(days=1)).isoformat()
    if isinstance(kind, kinds.IntType | kinds.FloatType):
        return kind.ge if kind.ge is not None else 1
    if isinstance(kind, kinds.BoolType):
        return True
    if isinstance(kind, kinds.LiteralType):
        return kind.values[0]
    if isinstance(kind, kinds.EnumType):
        return next(iter(kind.cls)).value
    if isinstance(kind, kinds.ListType | kinds.SetType | kinds.CollectionType | kinds.VarTupleType):
        return [_value(name, kind.item_type, nest, known)]
    if isinstance(kind, kinds.DictType):
        return {nest.text(): _value(name, kind.value_type, nest, known)}
    if isinstance(kind, kinds.StructType):
        return {f.encode_name: _value(f.name, f.type, nest, known) for f in kind.fields}
    return nest.text()


def _text(name: str, kind: kinds.StrType, nest: Nest) -> str:
    if name in PHONES:
        return nest.phone()
    if name in EMAILS:
        return nest.email()
    word = nest.text()
    if kind.pattern is not None and not re.search(kind.pattern, word):
        for sample in ("123456", "en", "INR", "IN", "Asia/Kolkata", "a_word"):
            if re.search(kind.pattern, sample):
                return sample
    return word


class Wire:
    """A socket that keeps every frame it hears."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._ids = 0
        self.heard: list[str] = []

    @classmethod
    async def open(cls, url: str, **headers: str) -> "Wire":
        wire = cls(await websockets.connect(url, additional_headers=headers))
        wire.heard.append(await wire._socket.recv())
        return wire

    async def call(self, method: str, **params: Any) -> Any:
        """The answer, an error as it stands on the wire."""
        self._ids += 1
        await self.say(json.dumps({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params}))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self._socket.recv()
                self.heard.append(frame)
                answer = json.loads(frame)
                if isinstance(answer, dict) and answer.get("id") == self._ids:
                    return answer

    async def say(self, frame: str) -> None:
        await self._socket.send(frame)

    async def log_in(self, phone: str, **more: Any) -> Any:
        await self.call("auth.otp_send", phone=phone)
        async with asyncio.timeout(PATIENCE_S):
            while not (letters := (await self.call("dev.mailbox", to=phone))["result"]):
                pass
        code = re.search(r"\b\d{6}\b", letters[0]["body"])
        assert code is not None
        return (await self.call("auth.otp_verify", phone=phone, code=code[0], **more))["result"]

    async def code(self, phone: str, before: int) -> str:
        """A fresh code to a number that had so many letters."""
        await self.call("auth.otp_send", phone=phone)
        async with asyncio.timeout(PATIENCE_S):
            while len(letters := (await self.call("dev.mailbox", to=phone, limit=100))["result"]) <= before:
                pass
        code = re.search(r"\b\d{6}\b", letters[0]["body"])
        assert code is not None
        return code[0]

    async def close(self) -> None:
        await self._socket.close()


def errors_of(frames: list[str]) -> Iterator[str]:
    """The error objects among frames."""
    for frame in frames:
        answer = json.loads(frame)
        for one in answer if isinstance(answer, list) else [answer]:
            if "error" in one:
                yield json.dumps(one["error"], ensure_ascii=False)
