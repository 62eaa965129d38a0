"""What one command, event or topic looks like on the page."""

from collections.abc import Sequence
from typing import Any

from carewire.contract.page.markup import Markup, Part, frame, join, paragraphs, prose, tag
from carewire.contract.page.types import expression, members
from carewire.contract.wire import example_of, params_of, request_of, resolve, result_of

Document = dict[str, Any]
MANY = 5
WHO = {"anyone": "anyone, also before login", "known": "anyone with a login"}


def call(document: Document, name: str) -> Markup:
    """A command, a query or a method of the socket."""
    operation = document["operations"][name]
    params = members(document, request_of(document, name), sent=True)
    facts: list[Part] = [_fact("May call", _who(operation["x-allow"]))]
    if operation["x-emits"]:
        facts.append(_fact("Tells", join(*(_event_link(document, key) for key in operation["x-emits"]), by=", ")))
    if operation["x-kind"] == "command":
        facts.append(_fact("Repeating", _repeating(operation["x-receipt"])))
    if rate := operation.get("x-rate"):
        text = f"{rate['burst']:,} at once, then {rate['per_minute']:,g} a minute"
        facts.append(_fact("Rate", join(text + (", counted over all nodes" if rate["shared"] else ""))))
    body = [
        paragraphs(operation["description"]),
        tag("dl", *facts, class_="facts"),
        tag("h4", "Parameters"),
        params or tag("p", "None.", class_="quiet"),
        tag("h4", "Reply"),
        _reply(document, name),
        tag("h4", "Refusals"),
        _refusals(operation["x-errors"]),
    ]
    frames = [
        frame(example, label)
        for label, example in (
            ("Call", example_of(document, name)),
            ("Reply", example_of(document, name, reply=True)),
        )
        if example is not None
    ]
    badges = [_badge(operation["x-kind"])]
    if operation.get("x-development"):
        badges.append(_badge("development only"))
    return article(name, name, badges, body, frames, operation["description"])


def notice(document: Document, name: str) -> Markup:
    """A message about the connection."""
    operation = document["operations"][name]
    body = [
        paragraphs(operation["description"]),
        tag("h4", "Params"),
        members(document, params_of(document, name), sent=False),
    ]
    frames = [frame(example, "Sent to you")] if (example := example_of(document, name)) else []
    return article(anchor(name), operation["title"], [_badge("notice")], body, frames, operation["description"])


def topic(document: Document, prefix: str) -> Markup:
    """A topic with its snapshot and everything said on it."""
    declared = document["x-topics"][prefix]
    nothing = resolve(document, declared["snapshot"]).get("type") == "null"
    body: list[Part] = [
        paragraphs(declared["description"]),
        tag("h4", "Snapshot"),
        tag("p", "None; wait for the next event.") if nothing else _shape(document, declared["snapshot"]),
    ]
    frames = []
    for key in declared["events"]:
        operation = document["operations"][key]
        data = params_of(document, key)["properties"]["data"]
        lane = "Numbered; none is ever lost." if operation["x-durable"] else "Only the newest value counts."
        by = [name for name in operation["x-said-by"] if ":" not in name]
        links: list[Part] = [tag("a", tag("code", name), href=f"#{name}") for name in by]
        body += [
            tag(
                "h4", tag("a", tag("code", operation["title"]), href=f"#{anchor(key)}"), id=anchor(key), class_="event"
            ),
            paragraphs(operation["description"]),
            tag("p", lane, class_="quiet"),
            _followed(links),
            members(document, data, sent=False),
        ]
        if (example := example_of(document, key)) is not None:
            frames.append(frame(example, operation["title"]))
    said = " ".join(document["operations"][key]["title"] for key in declared["events"])
    text = f"{declared['description']} {said}"
    return article(f"topic-{prefix}", declared["pattern"], [_badge("topic")], body, frames, text)


def article(
    anchor_id: str, title: str, badges: Sequence[Part], body: Sequence[Part], frames: Sequence[Part], text: str
) -> Markup:
    """One entry: words on the left, frames on the right."""
    return tag(
        "article",
        tag("h3", tag("a", title, href=f"#{anchor_id}"), *badges),
        tag("div", tag("div", *body, class_="words"), tag("div", *frames, class_="frames"), class_="pair"),
        id=anchor_id,
        data_text=f"{title} {text}".lower(),
    )


def anchor(key: str) -> str:
    """The anchor of an event or notice."""
    return f"on-{key.replace('@', '-').replace('.', '-')}"


def retry_words(verdict: str) -> Markup:
    """A retry verdict for people."""
    if verdict == "same":
        return tag("span", "retry the same", class_="retry same")
    return tag("span", "do not repeat", class_="retry never")


def _reply(document: Document, name: str) -> Markup:
    schema = result_of(document, name)
    if schema.get("type") == "null":
        return tag("p", tag("code", "null"), ": done.")
    return _shape(document, schema)


def _shape(document: Document, schema: dict[str, Any]) -> Markup:
    """A type's name, its members folded away behind it."""
    inner = resolve(document, schema.get("items", schema) if schema.get("type") == "array" else schema)
    table = members(document, inner, sent=False)
    words = inner.get("description", "")
    if table is None:
        return tag("p", expression(schema), join(": ", prose(words)) if words else None)
    number = len(inner["properties"])
    size = tag("span", f"{number} member{'s' if number != 1 else ''}", class_="quiet")
    head = tag("summary", expression(schema), " ", size)
    return tag("details", head, tag("p", prose(words)) if words else None, table)


def _followed(links: list[Part]) -> Markup | None:
    """The commands an event follows; a long list is folded away."""
    if not links:
        return None
    if len(links) <= MANY:
        return tag("p", "Follows ", join(*links, by=", "), ".")
    return tag("details", tag("summary", f"Follows {len(links)} commands"), tag("p", join(*links, by=", "), "."))


def _refusals(errors: list[dict[str, Any]]) -> Markup:
    own = [error for error in errors if not error["common"]]
    common = [error for error in errors if error["common"]]
    rows = [
        tag(
            "tr",
            tag("th", tag("code", error["reason"]), scope="row"),
            tag("td", str(error["code"])),
            tag("td", prose(error["message"])),
            tag("td", retry_words(error["retry"])),
        )
        for error in own
    ]
    links: list[Part] = [tag("a", tag("code", e["reason"]), href=f"#reason-{e['reason']}") for e in common]
    table = tag("div", tag("table", tag("tbody", *rows), class_="refusals"), class_="scroll") if rows else None
    lead = "Also: " if rows else "Only those of every such call: "
    return join(table, tag("p", lead, join(*links, by=", "), class_="quiet") if links else None)


def _repeating(receipt: bool) -> Markup:
    if receipt:
        return join("safe with an ", tag("code", "idempotency_key"), ": one effect, the same reply")
    return join("keeps no receipt; see above for what a second call does")


def _who(allow: list[str]) -> Markup:
    if len(allow) == 1 and allow[0] in WHO:
        return join(WHO[allow[0]])
    return join(*(tag("span", word.replace("_", " "), class_="who") for word in allow), by=" ")


def _event_link(document: Document, key: str) -> Markup:
    if key not in document["operations"]:
        return tag("code", key)
    operation = document["operations"][key]
    prefix = operation["x-topic"].partition(":")[0]
    return join(tag("a", tag("code", operation["title"]), href=f"#{anchor(key)}"), f" on {prefix}:")


def _badge(word: str) -> Markup:
    return tag("span", word, class_=f"badge {word.split()[0]}")


def _fact(name: str, value: Part) -> Markup:
    return tag("div", tag("dt", name), tag("dd", value))
