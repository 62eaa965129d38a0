"""The whole page: head, contents, sections."""

from typing import Any

from carewire.contract.page import entries, guide, types
from carewire.contract.page.markup import Markup, Part, join, prose, tag

ASSETS = ("reference.css", "reference.js")
"""Served beside the page: the security policy allows no style or script inside it."""


def render(document: dict[str, Any]) -> str:
    """The page as HTML."""
    nouns = _by_noun(document)
    lead = document["info"]["description"].split("\n\n")[0]
    sections = [
        _section(
            "start", "Start here", [*guide.guide(document), guide.refusals(document), guide.close_codes(document)], lead
        ),
        *(_section(f"noun-{noun}", noun, [_entry(document, n) for n in names]) for noun, names in nouns.items()),
        _section("topics", "Topics", [entries.topic(document, prefix) for prefix in document["x-topics"]]),
        _section("types", "Types", [types.entry(document, n, s) for n, s in types.named_types(document)]),
    ]
    page = tag(
        "html",
        _head(),
        tag(
            "body",
            tag("a", "Skip to the reference", href="#main", class_="skip"),
            _bar(document),
            tag(
                "div",
                _contents(document, nouns),
                tag(
                    "main",
                    tag("p", "Nothing matches.", id="nothing", role="status", hidden=True),
                    *sections,
                    _foot(),
                    id="main",
                ),
                class_="columns",
            ),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"


def _by_noun(document: dict[str, Any]) -> dict[str, list[str]]:
    """Calls and notices of each noun; the connection's own first."""
    nouns: dict[str, list[str]] = {}
    for name, operation in document["operations"].items():
        if operation["action"] == "receive" or operation.get("x-notice"):
            nouns.setdefault(name.partition(".")[0], []).append(name)
    for names in nouns.values():
        names.sort(key=lambda n: (document["operations"][n]["action"] == "send", n))
    first = [noun for noun in ("socket", "topic", "auth") if noun in nouns]
    return {noun: nouns[noun] for noun in first + sorted(nouns.keys() - set(first))}


def _entry(document: dict[str, Any], name: str) -> Markup:
    called = document["operations"][name]["action"] == "receive"
    return entries.call(document, name) if called else entries.notice(document, name)


def _section(anchor: str, title: str, articles: list[Markup], lead: str | None = None) -> Markup:
    below = tag("p", prose(lead), class_="lead") if lead else None
    return tag("section", tag("h2", title, id=anchor), below, *articles, aria_labelledby=anchor)


def _head() -> Markup:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", "Carewire: the wire"),
        tag("link", rel="icon", href="data:,"),
        tag("link", rel="stylesheet", href="/docs/reference.css"),
        tag("script", src="/docs/reference.js"),
    )


def _bar(document: dict[str, Any]) -> Markup:
    return tag(
        "header",
        tag(
            "button", "Contents", type="button", id="menu", aria_expanded="false", aria_controls="contents", hidden=True
        ),
        tag("a", "Carewire", tag("span", f"wire {document['info']['version']}"), href="#start", class_="brand"),
        tag(
            "search",
            tag(
                "input",
                type="search",
                id="filter",
                placeholder="Filter commands, events, types",
                aria_label="Filter commands, events and types",
                autocomplete="off",
                spellcheck="false",
            ),
            tag("kbd", "/", aria_hidden="true"),
            hidden=True,
        ),
        tag("button", "Theme", type="button", id="theme", aria_label="Switch between light and dark", hidden=True),
        class_="bar",
    )


def _contents(document: dict[str, Any], nouns: dict[str, list[str]]) -> Markup:
    start = [(anchor, title) for anchor, title in guide.STEPS]
    start += [("refusals", "Refusals"), ("close-codes", "Close codes")]
    groups = [_group("Start here", "start", start, open_=True)]
    for noun, names in nouns.items():
        links = []
        for name in names:
            operation = document["operations"][name]
            called = operation["action"] == "receive"
            links.append((name if called else entries.anchor(name), operation["title"]))
        groups.append(_group(noun, f"noun-{noun}", links))
    topics = [(f"topic-{prefix}", topic["pattern"]) for prefix, topic in document["x-topics"].items()]
    groups.append(_group("Topics", "topics", topics))
    groups.append(_group("Types", "types", [(f"type-{name}", name) for name, _ in types.named_types(document)]))
    return tag("nav", *groups, id="contents", aria_label="Contents")


def _group(title: str, anchor: str, links: list[tuple[str, str]], *, open_: bool = False) -> Markup:
    items: list[Part] = [tag("li", tag("a", text, href=f"#{to}")) for to, text in links]
    number = tag("span", str(len(links)), class_="quiet")
    return tag("details", tag("summary", title, number), tag("ul", *items), open=open_, data_section=anchor)


def _foot() -> Markup:
    return tag(
        "footer",
        tag(
            "p",
            "Generated from the declarations of the running server. For machines: ",
            join(
                tag("a", "AsyncAPI", href="/contract/asyncapi.json"),
                tag("a", "TypeScript", href="/contract/carewire.ts"),
                tag("a", "OpenAPI of the HTTP routes", href="/openapi.json"),
                by=", ",
            ),
            ".",
        ),
    )
