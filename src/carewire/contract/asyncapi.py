"""The AsyncAPI 3.0 document of the whole wire.

Seen from the server: a command is an operation it `receive`s and replies to, an event one it `send`s. There is one
channel per wire noun and all of them are the one socket at `/ws`: one channel for everything would be truer, but the
usual parser's time grows with the square of what a channel holds. Operations and replies refer to the messages of their
channel, which AsyncAPI demands. What it has no words for stands in `x-` members.
"""

import json
from typing import Any, Final

import msgspec
from msgspec import Struct

from carewire.command import Command
from carewire.contract import refusals
from carewire.contract.declarations import Declarations
from carewire.contract.examples import example_of, sample_id
from carewire.contract.notices import NOTICES
from carewire.contract.schemas import REF, Schemas
from carewire.contract.wording import paragraphs, parameter_words
from carewire.event import Event
from carewire.gateway.methods import Method
from carewire.refusals import COMMON, of_command

VERSION: Final = "1.0.0"
"""Of the wire, not of the server: the first number is that of the subprotocol `carewire.v1`."""
ADDRESS: Final = "/ws"
ID: Final = {"type": ["string", "integer", "null"], "description": "Echoed in the reply, byte for byte"}
VERSION_MEMBER: Final = {"type": "string", "const": "2.0"}
MOMENT: Final = "2026-03-02T04:30:00Z"
KEY: Final = "Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing"

DESCRIPTION: Final = """\
One websocket for each patient, doctor, desk and display. JSON-RPC 2.0 in text frames: commands go up, events come down.

Every message is a JSON-RPC request, reply or notification; parameters go by name and unknown ones are refused.
Events of a topic are numbered without gaps. `x-topics` lists what can be heard, `x-close-codes` how a socket ends and
what to do then."""


def build(declared: Declarations) -> dict[str, Any]:
    """The document, in an order that only depends on what is declared."""
    events = [e for e in declared.events if declared.topic_of(e) is not None]
    inputs: list[Any] = [c.params for c in declared.commands] + [m.params for m in declared.methods]
    outputs: list[Any] = [c.returns for c in declared.commands] + [m.returns for m in declared.methods]
    outputs += [*events, *(t.returns for t in declared.topics), *NOTICES.values()]
    book = _Book(Schemas(inputs, outputs))
    for command in declared.commands:
        book.add_command(command)
    for method in declared.methods:
        book.add_method(method)
    for event in events:
        book.add_event(event, declared.emits.get(event, []))
    for name, notice in NOTICES.items():
        book.add_notice(name, notice)
    used = {r.reason: r for c in declared.commands for r in of_command(c)}
    used.update((r.reason, r) for m in declared.methods for r in refusals.of_method(m))
    used.update((r.reason, r) for r in (*refusals.OF_FRAME, *declared.refusals))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Carewire", "version": VERSION, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": "{host}",
                "protocol": "wss",
                "description": "Any node; they are all alike. Plain ws on one's own machine.",
                "variables": {"host": {"default": "localhost:8000", "description": "Where this product is served"}},
            }
        },
        "channels": {noun: book.channels[noun] for noun in sorted(book.channels)},
        "operations": {name: book.operations[name] for name in sorted(book.operations)},
        "components": {"schemas": {**ENVELOPES, **book.schemas.components}},
        "x-topics": {
            topic.pattern.prefix: {
                "pattern": topic.pattern.text,
                "description": "\n\n".join(paragraphs(topic.doc)),
                "snapshot": book.schemas.of(topic.returns),
                "events": [_event_key(e) for e in declared.events_of(topic)],
            }
            for topic in declared.topics
        },
        "x-errors": [refusals.describe(r) for r in sorted(used.values(), key=lambda r: (r.code, r.reason))],
        "x-close-codes": refusals.close_codes(),
    }


def encode(document: dict[str, Any]) -> bytes:
    """The document as the file holds it."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


ENVELOPES: Final[dict[str, Any]] = {
    "Error": {
        "title": "Error",
        "description": "A refusal: the call changed nothing, unless `outcome_unknown` says that nobody knows.",
        "type": "object",
        "required": ["code", "message", "data"],
        "properties": {
            "code": {"type": "integer", "description": "JSON-RPC's own, or like HTTP's"},
            "message": {"type": "string", "description": "For people; it may change"},
            "data": {
                "type": "object",
                "required": ["reason", "retry"],
                "properties": {
                    "reason": {"type": "string", "description": "A stable word to decide by"},
                    "retry": {
                        "description": "May the same call succeed? `never`; `same` = unchanged, with its key; or when.",
                        "oneOf": [
                            {"type": "string", "enum": ["never", "same"]},
                            {
                                "type": "object",
                                "required": ["after_ms"],
                                "properties": {"after_ms": {"type": "integer", "minimum": 0}},
                            },
                        ],
                    },
                    "fields": {
                        "type": "array",
                        "description": "Which parameter is wrong",
                        "items": {
                            "type": "object",
                            "required": ["path", "problem"],
                            "properties": {"path": {"type": "string"}, "problem": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
    "ErrorReply": {
        "title": "ErrorReply",
        "type": "object",
        "required": ["jsonrpc", "id", "error"],
        "properties": {"jsonrpc": VERSION_MEMBER, "id": ID, "error": {"$ref": REF + "Error"}},
    },
}


class _Book:
    """The parts of the document that grow with each declaration."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self.channels: dict[str, dict[str, Any]] = {}
        self.operations: dict[str, dict[str, Any]] = {}

    def add_command(self, command: Command) -> None:
        """A command or query."""
        self._explain_params(command)
        operation = self._add_call(command.name, command.params, command.returns, command.doc)
        operation |= {
            "x-kind": command.kind,
            "x-allow": sorted(command.allow),
            "x-emits": sorted(_event_key(event) for event in command.emits),
            "x-receipt": command.receipt,
            "x-rate": msgspec.to_builtins(command.rate),
            "x-errors": [refusals.describe(r) | {"common": r not in command.errors} for r in of_command(command)],
        }
        if command.development:
            operation["x-development"] = True

    def add_method(self, method: Method) -> None:
        """A method of the socket itself."""
        operation = self._add_call(method.name, method.params, method.returns, method.doc)
        operation |= {
            "x-kind": "socket",
            "x-allow": ["anyone"],
            "x-emits": [],
            "x-receipt": False,
            "x-errors": [refusals.describe(r) | {"common": r in COMMON} for r in refusals.of_method(method)],
        }

    def add_event(self, event: type[Event], said_by: list[str]) -> None:
        """An event on its topic."""
        position = {"type": "integer", "minimum": 0}
        place = (
            {"offset": {**position, "description": "Counts this topic's events within the epoch, without gaps"}}
            if event.spec.durable
            else {"version": {**position, "description": "Ignore what is not newer than you have seen"}}
        )
        params = {
            "type": "object",
            "required": ["topic", *place, "at", "data"],
            "properties": {
                "topic": {"type": "string", "description": f"`{event.spec.pattern.text}`"},
                **place,
                "at": {"type": "string", "format": "date-time", "description": "When, by the clinic's clock"},
                "data": self.schemas.of(event),
            },
        }
        key = _event_key(event)
        there, data = self._example(event)
        topic = event.spec.pattern.format(**{name: sample_id(name) for name in event.spec.pattern.parameters})
        told = {"topic": topic, next(iter(place)): 42, "at": MOMENT, "data": data}
        self._add_told(key, event.spec.name, params, event.__doc__ or "", told if there else None)
        self.operations[key] |= {
            "x-topic": event.spec.pattern.text,
            "x-durable": event.spec.durable,
            "x-said-by": said_by,
        }
        if not event.spec.durable:
            self.operations[key]["x-key"] = event.spec.key

    def add_notice(self, name: str, notice: type[Struct]) -> None:
        """A message about the connection."""
        there, value = self._example(notice)
        key = name.replace(":", ".")
        self._add_told(key, name, self.schemas.of(notice), notice.__doc__ or "", value if there else None)
        self.operations[key]["x-notice"] = True

    def _add_call(self, name: str, params: type[Struct], returns: Any, doc: str) -> dict[str, Any]:
        noun, at = self._channel(name)
        words = paragraphs(doc)
        request: dict[str, Any] = {
            "name": name,
            "title": name,
            "summary": words[0],
            "payload": {
                "type": "object",
                "required": ["jsonrpc", "method", *(["params"] if _has_required(self.schemas, params) else [])],
                "properties": {
                    "jsonrpc": VERSION_MEMBER,
                    "id": ID,
                    "method": {"type": "string", "const": name},
                    "params": self.schemas.of(params),
                },
            },
        }
        reply: dict[str, Any] = {
            "name": f"{name}.reply",
            "title": f"{name}: reply",
            "summary": "The result, or why not.",
            "payload": {
                "oneOf": [
                    {
                        "type": "object",
                        "required": ["jsonrpc", "id", "result"],
                        "properties": {"jsonrpc": VERSION_MEMBER, "id": ID, "result": self.schemas.of(returns)},
                    },
                    {"$ref": REF + "ErrorReply"},
                ]
            },
        }
        there, value = self._example(params)
        if there:
            call = {"jsonrpc": "2.0", "id": 7, "method": name, "params": value}
            request["examples"] = [{"name": "call", "payload": call}]
        there, value = self._example(returns)
        if there:
            reply["examples"] = [{"name": "result", "payload": {"jsonrpc": "2.0", "id": 7, "result": value}}]
        at["messages"][name] = request
        at["messages"][f"{name}.reply"] = reply
        place = f"#/channels/{noun}"
        operation = self.operations[name] = {
            "action": "receive",
            "channel": {"$ref": place},
            "title": name,
            "summary": words[0],
            "description": "\n\n".join(words),
            "messages": [{"$ref": f"{place}/messages/{name}"}],
            "reply": {"channel": {"$ref": place}, "messages": [{"$ref": f"{place}/messages/{name}.reply"}]},
        }
        return operation

    def _add_told(self, key: str, name: str, params: dict[str, Any], doc: str, example: Any) -> None:
        noun, at = self._channel(name)
        words = paragraphs(doc)
        message: dict[str, Any] = {
            "name": name,
            "title": name,
            "summary": words[0],
            "payload": {
                "type": "object",
                "required": ["jsonrpc", "method", "params"],
                "properties": {
                    "jsonrpc": VERSION_MEMBER,
                    "method": {"type": "string", "const": name},
                    "params": params,
                },
            },
        }
        if example is not None:
            frame = {"jsonrpc": "2.0", "method": name, "params": example}
            message["examples"] = [{"name": "told", "payload": frame}]
        at["messages"][key] = message
        self.operations[key] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{noun}"},
            "title": name,
            "summary": words[0],
            "description": "\n\n".join(words),
            "messages": [{"$ref": f"#/channels/{noun}/messages/{key}"}],
        }

    def _channel(self, name: str) -> tuple[str, dict[str, Any]]:
        noun = name.replace(":", ".").partition(".")[0]
        fresh: dict[str, Any] = {"address": ADDRESS, "title": noun, "messages": {}}
        return noun, self.channels.setdefault(noun, fresh)

    def _example(self, kind: Any) -> tuple[bool, Any]:
        return example_of(kind, self.schemas.of(kind), self.schemas.components)

    def _explain_params(self, command: Command) -> None:
        """Give parameters the words the command's docstring has for them."""
        properties = self.schemas.components[self.schemas.name_of(command.params)]["properties"]
        for name, text in parameter_words(command.doc, list(properties)).items():
            properties[name]["description"] = text
        if command.receipt:
            properties["idempotency_key"]["description"] = KEY


def _event_key(event: type[Event]) -> str:
    """The same name on two topics is two events: `queue.updated@line`."""
    return f"{event.spec.name.replace(':', '.')}@{event.spec.pattern.prefix}"


def _has_required(schemas: Schemas, params: type[Struct]) -> bool:
    return bool(schemas.components[schemas.name_of(params)].get("required"))
