"""How far a long read has got: a bar with rows and time left on a terminal, one line elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

_SILENT_SECONDS = 2.0
_MB = 1e6
_NO_FRAME_YET = 1e-9  # seconds: the first is drawn when there is something to say


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
            self._bar = _bar(f"reading {self._name}", self._n_bytes, self._stream)
        self._bar.set_postfix_str(f"{n_rows:,} rows, {self._left(n_bytes)} left", refresh=False)
        self._bar.update(n_bytes - self._bar.n)

    def _left(self, n_bytes: int) -> str:
        """Return how long the rest takes, if it is read as fast as what was read so far."""
        from tqdm import tqdm

        elapsed = time.monotonic() - (self._begin or 0.0)
        shown: str = tqdm.format_interval(elapsed * max(self._n_bytes - n_bytes, 0) / max(n_bytes, 1))
        return shown

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _bar(title: str, total: int, stream: TextIO) -> Any:
    from tqdm import tqdm

    shown = "{desc}: {percentage:3.0f} % |{bar}|{postfix}"
    size = shutil.get_terminal_size()  # 80 x 24 where a terminal does not know, of which tqdm would make no bar
    place = {"file": stream, "ncols": size.columns, "nrows": size.lines, "leave": False}
    return tqdm(desc=title, total=total, bar_format=shown, mininterval=0.0, delay=_NO_FRAME_YET, **place)
