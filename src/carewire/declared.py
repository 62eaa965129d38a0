"""The metaclass of declared structs: class keywords beyond msgspec's own go to `declare` of the base.

msgspec's metaclass takes `name` as its own first parameter and refuses unknown keywords; `Event` and `Job` are declared
with keywords (`class LineUpdated(Event, name="queue:updated", topic=…)`), so they are taken out before it sees them.
"""

from typing import Any, ClassVar, cast

import msgspec


class DeclaredMeta(msgspec.StructMeta):
    """See the module. A base names its keywords in `keywords` and gets them in `declare(cls, **given)`."""

    def __new__(mcls, clsname: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **given: Any) -> Any:
        keywords: frozenset[str] = next((b.keywords for b in bases if hasattr(b, "keywords")), frozenset())
        mine = {key: given.pop(key) for key in list(given) if key in keywords}
        cls = super().__new__(mcls, clsname, bases, namespace, **given)
        if keywords:
            cast("type[Declared]", cls).declare(**mine)
        return cls

    def __init__(cls, *args: Any, **given: Any) -> None:
        """`type.__init__` takes no keywords."""


class Declared(msgspec.Struct, metaclass=DeclaredMeta, frozen=True, kw_only=True):
    """Base of declared structs."""

    keywords: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def declare(cls, **given: Any) -> None:
        """Take the class keywords; raise `TypeError` when something is missing."""
