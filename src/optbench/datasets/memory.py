"""What does not fit into memory is refused in a sentence, before the system ends the process without one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from optbench.core.memory import available_memory
from optbench.core.worded import worded
from optbench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGE_TABLE = "OPTBENCH_LARGE_TABLE_MB"
DEFAULT_MB = 64.0
_BYTES = 1_000_000
_GIB = 2**30
_BYTES_PER_ROW = 100  # labels, row numbers, one column's numbers
_FEW_ROWS = 1_000_000


def require_memory(n_bytes: int, *, what: str, remedy: str) -> None:
    """Require that `n_bytes` more bytes can be held.

    Parameters
    ----------
    what : what needs them, as the start of a sentence
    remedy : what to do instead, a sentence

    Raises
    ------
    DataError
        If fewer bytes are available.
    """
    available = available_memory()
    if n_bytes > available:
        raise DataError(
            worded(
                "need-memory",
                "{what} needs {needed:.1f} GiB of memory, and {free:.1f} GiB are free. {remedy}",
                what=what,
                needed=n_bytes / _GIB,
                free=available / _GIB,
                remedy=remedy,
            ),
            code="data-too-large",
        )


def require_memory_for_rows(n_rows: int, *, name: str) -> None:
    """Require memory for what is held of every row of a table, its inputs excepted.

    Raises
    ------
    DataError
        If there is less.
    """
    if n_rows > _FEW_ROWS:
        require_memory(
            n_rows * _BYTES_PER_ROW,
            what=f"{name} has {n_rows} rows. That",
            remedy=worded("hint-sample", "Take a sample of the rows."),
        )


def large_table_bytes(environment: Mapping[str, str] | None = None) -> float:
    """Return how many bytes of a table are held in memory; what is larger lies in temporary files.

    Raises
    ------
    UsageError
        If the variable `OPTBENCH_LARGE_TABLE_MB` is no number.
    """
    given = (os.environ if environment is None else environment).get(LARGE_TABLE, str(DEFAULT_MB))
    try:
        most = float(given) * _BYTES
    except ValueError:
        raise UsageError(
            f"{LARGE_TABLE} must be a number of megabytes. Received: {given!r}.", code="usage-setting-wrong"
        ) from None
    if not most >= 0:
        raise UsageError(f"{LARGE_TABLE} must be 0 or more megabytes. Received: {given!r}.", code="usage-setting-wrong")
    return most
