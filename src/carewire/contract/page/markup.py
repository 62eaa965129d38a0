"""HTML as nested calls. Text is escaped; what is markup already says so by its type."""

import html
import json
import re
from typing import Any, Final

from carewire.contract.wire import Schema


class Markup(str):
    """A string that is HTML already."""

    __slots__ = ()


Part = str | Markup | None


def tag(name: str, /, *parts: Part, **attributes: str | bool | None) -> Markup:
    """An element. `class_` and `data_text` spell `class` and `data-text`."""
    words = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        spelled = key.rstrip("_").replace("_", "-")
        words.append(spelled if value is True else f'{spelled}="{html.escape(str(value))}"')
    head = " ".join([name, *words])
    if name in ("input", "link", "meta", "br", "hr"):
        return Markup(f"<{head}>")
    return Markup(f"<{head}>{join(*parts)}</{name}>")


def join(*parts: Part, by: str = "") -> Markup:
    """Parts one after the other."""
    return Markup(by.join(p if isinstance(p, Markup) else html.escape(p, quote=False) for p in parts if p is not None))


def prose(text: str) -> Markup:
    """A line of documentation: `code` between backticks, and names of commands and types stay as they are."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return join(text)
    return join(*(tag("code", piece) if number % 2 else piece for number, piece in enumerate(pieces)))


def paragraphs(text: str) -> Markup:
    """Documentation of several paragraphs."""
    return join(*(tag("p", prose(part)) for part in text.split("\n\n") if part))


_TOKENS: Final = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b')


def frame(value: Any, label: str) -> Markup:
    """A JSON message as a block that can be copied."""
    return code(_coloured(json.dumps(value, indent=2, ensure_ascii=False)), label)


def code(content: Part, label: str) -> Markup:
    """A block of code with its label and a copy button (which the script brings to life)."""
    return tag(
        "figure",
        tag("figcaption", tag("span", label), tag("button", "Copy", type="button", class_="copy", hidden=True)),
        tag("pre", tag("code", content), tabindex="0"),
        class_="code",
    )


def _coloured(text: str) -> Markup:
    parts: list[Part] = []
    end = 0
    for found in _TOKENS.finditer(text):
        parts.append(text[end : found.start()])
        if found[1] and found[2]:
            parts += [tag("b", found[1]), found[2]]
        else:
            parts.append(tag("i" if found[1] else "em", found[0]))
        end = found.end()
    return join(*parts, text[end:])


def limits_of(schema: Schema) -> list[str]:
    """The limits of a plain value in words."""
    words = []
    for low, high, unit in (("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items")):
        words += _between(schema.get(low), schema.get(high), unit)
    words += _between(schema.get("minimum"), schema.get("maximum"), "")
    words += _between(schema.get("minProperties"), schema.get("maxProperties"), "members")
    if (above := schema.get("exclusiveMinimum")) is not None:
        words.append(f"above {above}")
    if (below := schema.get("exclusiveMaximum")) is not None:
        words.append(f"below {below}")
    if "pattern" in schema:
        words.append(f"matches `{schema['pattern']}`")
    return words


def _between(low: Any, high: Any, unit: str) -> list[str]:
    # One character at least is what anybody expects of a text.
    if unit and low in (0, 1):
        low = None
    if low is None and high is None:
        return []
    if high == 2**63 - 1:
        high = None
    first, last = (None if figure is None else _figure(figure) for figure in (low, high))
    both = f"{first} to {last}" if first and last else None
    text = both or (f"at most {last}" if last else f"at least {first}")
    return [f"{text} {unit}".strip()]


def _figure(figure: float) -> str:
    # Years are figures too, and nobody writes 1,880.
    return f"{figure:,}" if abs(figure) >= 10_000 else f"{figure}"
