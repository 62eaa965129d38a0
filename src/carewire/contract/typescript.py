"""TypeScript types of the wire, from the AsyncAPI document: names to params, results, events and snapshots."""

import json
import re
from typing import Any, Final

from carewire.contract.schemas import REF
from carewire.contract.wire import params_of, request_of, result_of

_HEAD: Final = """\
/**
 * Carewire's wire as types. Generated from the declarations by `carewire contract`; edits are lost.
 *
 *   const token = await call("queue.join", { session_id });
 *
 * `call` is yours, over any JSON-RPC 2.0 client: declare it `const call: Call = (method, params) => ...`.
 */

/** May the same call succeed? `same`: unchanged, with its key. */
export type Retry = "never" | "same" | { after_ms: number };

/** The JSON-RPC error object of a refusal. */
export interface Refusal<R extends Reason = Reason> {
  code: number;
  message: string;
  data: { reason: R; retry: Retry; fields?: { path: string; problem: string }[]; [fact: string]: unknown };
}

/** What every event carries around its data. A durable one has an `offset`, a conflated one a `version`. */
export interface Told<D, T extends string = string> {
  topic: T;
  offset?: number;
  version?: number;
  at: string;
  data: D;
}

/** Where a listener starts: a snapshot, or the events it missed. */
export type Start<K extends keyof Topics> = {
  epoch: string;
  offset: number;
  snapshot?: Topics[K]["snapshot"];
  events?: { [N in keyof Topics[K]["events"]]: MissedEvent<N, Topics[K]["events"][N]> }[keyof Topics[K]["events"]][];
  resync?: boolean;
};

export interface MissedEvent<N, D> {
  name: N;
  offset: number;
  at: string;
  data: D;
}

/** One typed function for all commands. */
export type Call = <K extends keyof Commands>(
  method: K,
  ...params: {} extends Commands[K]["params"] ? [params?: Commands[K]["params"]] : [params: Commands[K]["params"]]
) => Promise<Commands[K]["result"]>;
"""

_WRITTEN: Final = frozenset({"Error", "ErrorReply"})
"""Components whose types stand in the head."""
_TAKEN: Final = frozenset(re.findall(r"^export (?:type|interface) (\w+)", _HEAD, flags=re.MULTILINE)) | frozenset(
    {"Array", "CloseCode", "Commands", "Date", "Map", "Notices", "Object", "Promise", "Reason", "Record", "Set"}
    | {"String", "Symbol", "Topics"}
)


def render(document: dict[str, Any]) -> str:
    """The declaration file."""
    operations = document["operations"]
    calls = {name: op for name, op in operations.items() if op["action"] == "receive"}
    parts = [_HEAD]
    reasons = " | ".join(json.dumps(error["reason"]) for error in document["x-errors"])
    codes = " | ".join(str(close["code"]) for close in document["x-close-codes"])
    parts.append(f"/** Why a call was refused. */\nexport type Reason = {reasons};\n")
    parts.append("/** How the server ends a socket; 4000-4099 come back at once, 4200 and above never. */\n")
    parts[-1] += f"export type CloseCode = {codes};\n"
    parts.append(
        _block("Commands", "Everything that can be called.", [_call(document, n, op) for n, op in calls.items()])
    )
    topics = [_topic(document, prefix, topic) for prefix, topic in document["x-topics"].items()]
    parts.append(_block("Topics", "Everything that can be heard, by the topic's first word.", topics))
    notices = {n: op for n, op in operations.items() if op.get("x-notice")}
    lines = [f"  {json.dumps(op['title'])}: {_type(params_of(document, n))};" for n, op in notices.items()]
    parts.append(_block("Notices", "What the server says of the connection itself.", lines))
    for name, schema in document["components"]["schemas"].items():
        if name in _TAKEN:
            raise ValueError(
                f"a struct of the wire cannot be called {name}: TypeScript has that name for another thing"
            )
        if name not in _WRITTEN:
            parts.append(_component(name, schema))
    return "\n".join(parts)


def _call(document: dict[str, Any], name: str, operation: dict[str, Any]) -> str:
    reasons = " | ".join(json.dumps(error["reason"]) for error in operation["x-errors"])
    return (
        f"{_comment(operation['description'], '  ')}"
        f"  {json.dumps(name)}: {{\n"
        f"    params: {_type(request_of(document, name))};\n"
        f"    result: {_type(result_of(document, name))};\n"
        f"    refusal: {reasons};\n"
        "  };"
    )


def _topic(document: dict[str, Any], prefix: str, topic: dict[str, Any]) -> str:
    name = re.sub(r"\{\w+\}", "${string}", topic["pattern"])
    events = [
        f"      {json.dumps(document['operations'][key]['title'])}: "
        f"{_type(params_of(document, key)['properties']['data'])};\n"
        for key in topic["events"]
    ]
    return (
        f"{_comment(topic['description'], '  ')}"
        f"  {json.dumps(prefix)}: {{\n"
        f"    topic: `{name}`;\n"
        f"    snapshot: {_type(topic['snapshot'])};\n"
        f"    events: {{\n{''.join(events)}    }};\n"
        "  };"
    )


def _block(name: str, doc: str, members: list[str]) -> str:
    return f"/** {doc} */\nexport interface {name} {{\n" + "\n".join(members) + "\n}\n"


def _component(name: str, schema: dict[str, Any]) -> str:
    head = _comment(schema.get("description", ""), "")
    if schema.get("type") != "object":
        return f"{head}export type {name} = {_type(schema)};\n"
    return f"{head}export interface {name} {_type(schema)}\n"


def _comment(text: str, indent: str) -> str:
    text = text.replace("*/", "* /")
    if not text:
        return ""
    lines = text.splitlines()
    if len(lines) == 1:
        return f"{indent}/** {text} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"


def _type(schema: dict[str, Any], indent: str = "") -> str:
    """A schema as a type expression."""
    if reference := schema.get("$ref"):
        return str(reference).removeprefix(REF)
    if "allOf" in schema:
        return " & ".join(_type(part, indent) for part in schema["allOf"])
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    if options := schema.get("anyOf", schema.get("oneOf")):
        return " | ".join(dict.fromkeys(_type(option, indent) for option in options))
    match schema.get("type"):
        case "object":
            return _object(schema, indent)
        case "array":
            item = _type(schema["items"], indent) if "items" in schema else "unknown"
            return f"({item})[]" if " | " in item else f"{item}[]"
        case "integer" | "number":
            return "number"
        case "string" | "boolean" | "null" as plain:
            return str(plain)
    return "unknown"


def _object(schema: dict[str, Any], indent: str) -> str:
    if "properties" not in schema:
        values = schema.get("additionalProperties")
        return f"{{ [key: string]: {_type(values, indent) if isinstance(values, dict) else 'unknown'} }}"
    if not schema["properties"]:
        return "{ [key: string]: never }"
    inner = indent + "  "
    lines = []
    for name, part in schema["properties"].items():
        mark = "" if name in schema.get("required", ()) else "?"
        key = name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)
        lines.append(f"{_comment(part.get('description', ''), inner)}{inner}{key}{mark}: {_type(part, inner)};\n")
    return f"{{\n{''.join(lines)}{indent}}}"
