"""An attribute of one object replaced for a while, past the tracking of Keras."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_NONE = object()


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let `owner.name` be `value` in this block; afterwards what was there, or what its class has."""
    before = vars(owner).get(name, _NONE)
    vars(owner)[name] = value
    try:
        yield
    finally:
        if before is _NONE:
            del vars(owner)[name]
        else:
            vars(owner)[name] = before
