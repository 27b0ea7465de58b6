"""How far a long read has got: a bar with rows and time left on a terminal, one line elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

_SILENT_SECONDS = 2.0
_MB = 1e6


class ReadingProgress:
    """Says nothing for the first two seconds, and nothing at all if it is to be quiet.

    Parameters
    ----------
    name : of what is read
    n_bytes : that there are to read
    """

    def __init__(
        self, name: str, n_bytes: int, *, quiet: bool, stream: TextIO | None = None, silent: float = _SILENT_SECONDS
    ) -> None:
        self._name, self._n_bytes = name, n_bytes
        self._stream = sys.stderr if stream is None else stream
        self._begin = None if quiet else time.monotonic()
        self._silent = silent
        self._bar: Any = None

    def show(self, *, n_bytes: int, n_rows: int) -> None:
        """Take note of how many bytes and rows have been read."""
        if self._begin is None or time.monotonic() - self._begin < self._silent:
            return
        if not self._stream.isatty():
            self._stream.write(f"reading {self._name} ({self._n_bytes / _MB:,.0f} MB)\n")
            self._begin = None
            return
        if self._bar is None:
            self._bar = _bar(f"reading {self._name}", self._n_bytes, n_bytes, self._stream)
        self._bar.set_postfix_str(f"{n_rows:,} rows", refresh=False)
        self._bar.update(n_bytes - self._bar.n)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _bar(title: str, total: int, done: int, stream: TextIO) -> Any:
    from tqdm import tqdm

    shown = "{desc}: {percentage:3.0f} % |{bar}| {postfix}, {remaining} left"
    options = {"file": stream, "leave": False, "dynamic_ncols": True, "mininterval": 0.0}
    return tqdm(desc=title, total=total, initial=done, bar_format=shown, **options)
