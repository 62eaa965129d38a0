"""What commands answer: a token with its place and expected time."""

from typing import Any

from channels.queue.estimate import Expected
from channels.queue.line import Line, Token
from channels.queue.projection import TokenFact, fact


class TokenView(TokenFact, frozen=True, kw_only=True):
    """A token, how many are before it, and when it is expected to be called."""

    before: int | None
    expected: Expected | None


class DeskView(TokenView, frozen=True, kw_only=True):
    """A token as the desk gets it: with the patient's name."""

    name: str


def view(line: Line, token: Token) -> TokenView:
    """For the token's holder."""
    return TokenView(**_values(line, token))


def desk_view(line: Line, token: Token) -> DeskView:
    """For the desk."""
    return DeskView(name=token.name, **_values(line, token))


def _values(line: Line, token: Token) -> dict[str, Any]:
    known = fact(line, token)
    values = {name: getattr(known, name) for name in TokenFact.__struct_fields__}
    return values | {"before": line.before(token), "expected": line.expected(token)}
