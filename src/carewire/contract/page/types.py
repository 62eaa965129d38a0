"""Types on the page: an expression in one line, a table of members, and the list of all named ones."""

from typing import Any

from carewire.contract.page.markup import Markup, Part, join, limits_of, prose, tag
from carewire.contract.schemas import REF
from carewire.contract.wire import Schema, params_of, resolve

FEW = 9
"""Closed lists up to this length are shown where they are used."""
_FORMATS = {"uuid": "UUID", "date-time": "time", "date": "date"}


def expression(schema: Schema) -> Markup:
    """A type in one line, named ones as links."""
    if reference := schema.get("$ref"):
        name = str(reference).removeprefix(REF)
        return tag("a", name, href=f"#type-{name}")
    if "allOf" in schema:
        return expression(schema["allOf"][0])
    if options := schema.get("anyOf", schema.get("oneOf")):
        return join(*(expression(option) for option in options), by=" | ")
    if "enum" in schema:
        return join(*(tag("code", _literal(value)) for value in schema["enum"]), by=" | ")
    if "const" in schema:
        return tag("code", _literal(schema["const"]))
    match schema.get("type"):
        case "array":
            return join("list of ", expression(schema["items"]) if "items" in schema else "anything")
        case "object":
            values = schema.get("additionalProperties")
            return join("map to ", expression(values)) if isinstance(values, dict) else join("object")
        case "string":
            return join(_FORMATS.get(schema.get("format", ""), "text"))
        case "boolean":
            return join("true or false")
        case str(plain):
            return join(plain)
    return join("anything")


def members(document: dict[str, Any], schema: Schema, *, sent: bool) -> Markup | None:
    """A table of an object's members; None when it has none. `sent`: the client fills them in."""
    whole = resolve(document, schema)
    properties: dict[str, Schema] = whole.get("properties", {})
    if not properties:
        return None
    required = whole.get("required", [])
    ordered = sorted(properties, key=lambda name: (name == "idempotency_key", sent and name not in required))
    rows = [_row(document, name, properties[name], name in required, sent=sent) for name in ordered]
    head = tag("tr", *(tag("th", word, scope="col") for word in ("Name", "Type", "Meaning")))
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows), class_="members"), class_="scroll")


def named_types(document: dict[str, Any]) -> list[tuple[str, Schema]]:
    """The types a reader can look up; what stands with its command, event or notice does not stand here again."""
    own = {_reference(params_of(document, name)) for name in document["operations"]}
    own |= {
        _reference(params_of(document, key)["properties"]["data"])
        for topic in document["x-topics"].values()
        for key in topic["events"]
    }
    return [(n, s) for n, s in document["components"]["schemas"].items() if n not in own and n != "ErrorReply"]


def entry(document: dict[str, Any], name: str, schema: Schema) -> Markup:
    """A named type, whole."""
    body: list[Part] = [tag("h3", tag("a", name, href=f"#type-{name}"))]
    if schema.get("description"):
        body.append(tag("p", prose(schema["description"])))
    if "enum" in schema:
        words = schema.get("x-enum-descriptions", {})
        values = [
            tag("li", tag("code", _literal(v)), join(": ", prose(words[v])) if v in words else None)
            for v in schema["enum"]
        ]
        body.append(tag("ul", *values, class_="values" if words else "values in-line"))
    else:
        body.append(members(document, schema, sent=False))
    text = f"{name} {schema.get('description', '')}".lower()
    return tag("article", *body, id=f"type-{name}", class_="type", data_text=text)


def _row(document: dict[str, Any], name: str, schema: Schema, required: bool, *, sent: bool) -> Markup:
    notes: list[Part] = []
    if text := _description(schema):
        notes.append(prose(text))
    if limits := _limits(schema):
        notes.append(tag("span", prose(", ".join(limits)), class_="limits"))
    if values := _values(document, schema):
        notes.append(tag("span", "one of ", join(*(tag("code", v) for v in values), by=", "), class_="limits"))
    if (default := schema.get("default")) is not None:
        notes.append(tag("span", "default ", tag("code", _literal(default)), class_="limits"))
    mark: Part = None
    if sent and required:
        mark = tag("span", "required", class_="required")
    elif not sent and not required:
        mark = tag("span", "may be absent", class_="optional")
    return tag(
        "tr",
        tag("th", tag("code", name), mark, scope="row"),
        tag("td", expression(_without_null(schema) if sent and not required else schema)),
        tag("td", join(*notes, by=" ") if notes else None),
    )


def _without_null(schema: Schema) -> Schema:
    """An optional parameter that may also be null is just optional."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return options[0] if len(options) == 1 else schema


def _description(schema: Schema) -> str:
    if "description" in schema:
        return str(schema["description"])
    return next((str(o["description"]) for o in schema.get("anyOf", ()) if "description" in o), "")


def _limits(schema: Schema) -> list[str]:
    return limits_of(schema) + [limit for option in schema.get("anyOf", ()) for limit in limits_of(option)]


def _values(document: dict[str, Any], schema: Schema) -> list[str]:
    """The words of a short closed list, so that nobody has to look them up."""
    for part in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())):
        values = resolve(document, part).get("enum", ()) if "$ref" in part else ()
        if values and len(values) <= FEW:
            return [_literal(value) for value in values]
    return []


def _literal(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _reference(schema: Schema) -> str:
    return str(schema.get("$ref", "")).removeprefix(REF)
