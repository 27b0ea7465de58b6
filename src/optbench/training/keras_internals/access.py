"""How another's attribute is reached, or replaced for a while."""

from __future__ import annotations

import contextlib
import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NONE: Final = object()


def imported(module: str, name: str) -> Any:
    """Return what a module has under a name."""
    return getattr(importlib.import_module(module), name)


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let `owner.name` be `value` in this block, past the tracking of Keras; afterwards what was there."""
    if isinstance(owner, ModuleType):  # TensorFlow's modules look names up in their own way
        before = getattr(owner, name)
        setattr(owner, name, value)
        try:
            yield
        finally:
            setattr(owner, name, before)
        return
    before = vars(owner).get(name, _NONE)
    vars(owner)[name] = value
    try:
        yield
    finally:
        if before is _NONE:
            del vars(owner)[name]
        else:
            vars(owner)[name] = before
