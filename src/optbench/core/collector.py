"""Python's garbage collector at rest while things are made that stay."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the collector rest: looking through what modules define, or ten thousand records, finds nothing to free.

    It takes a sixth of the import of TensorFlow, and a twelfth of a comparison of ten thousand runs.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
