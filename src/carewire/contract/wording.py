"""The words authors wrote in the source, found again: docstrings under fields, and parameters a docstring explains.

Python keeps no string that follows a field, so the class body is read once more. Without source (a stripped
installation) the words are missing and nothing else.
"""

import ast
import inspect
import re
import textwrap
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any


@cache
def field_words(cls: type) -> dict[str, str]:
    """Field (or enum member) to the docstring right under it, inherited ones included."""
    words: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ not in ("builtins", "enum", "msgspec"):
            words.update(_own_words(base))
    return words


def enum_words(cls: type[Enum]) -> dict[str, str]:
    """Value of an enum member to what is written under it."""
    words = field_words(cls)
    return {str(member.value): words[member.name] for member in cls if member.name in words}


def parameter_words(doc: str, names: list[str]) -> dict[str, str]:
    """What a docstring says of a parameter in the form "`name`: …", up to the next such name or empty line."""
    found = re.findall(r"`(\w+)`: (.*?)(?=\s*`\w+`: |\n\s*\n|\Z)", doc, flags=re.DOTALL)
    return {name: " ".join(text.split()) for name, text in found if name in names}


def paragraphs(doc: str) -> list[str]:
    """A docstring as paragraphs, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", inspect.cleandoc(doc)) if part.strip()]


def _own_words(cls: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    words: dict[str, str] = {}
    for declared, below in pairwise(body):
        name = _declared_name(declared)
        text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else None
        if name and isinstance(text, str):
            words[name] = " ".join(text.split())
    return words


def _declared_name(statement: Any) -> str | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None
