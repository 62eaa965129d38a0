"""Finding the declarations: importing every module of a package fills the registries."""

import importlib
import pkgutil
from types import ModuleType


def discover(package: str) -> list[ModuleType]:
    """Import `package` and everything below it, in name order, so that nothing is ever listed by hand."""
    root = importlib.import_module(package)
    found = [root]
    for module in sorted(m.name for m in pkgutil.walk_packages(root.__path__, prefix=f"{package}.")):
        found.append(importlib.import_module(module))
    return found
