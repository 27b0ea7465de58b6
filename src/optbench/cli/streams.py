"""stdout and stderr as commands see them: what goes wrong with a stream is never taken for a bug of a command."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, TYPE_CHECKING, Any

from optbench.core.worded import worded
from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator


class GuardedStream:
    """A text stream whose reader may go away and whose disk may be full.

    Parameters
    ----------
    stream : what is written to
    name : for messages
    is_data : True for stdout: a full disk is then an error, since data would be missing; what only tells (stderr)
        may be lost, and a reader that has closed its pipe has enough of either

    Attributes
    ----------
    has_written : whether anything has been written
    """

    def __init__(self, stream: IO[str], name: str, *, is_data: bool) -> None:
        self._stream = stream
        self._name = name
        self._is_data = is_data
        self.has_written = False

    def write(self, text: str) -> int:
        """Write text.

        Raises
        ------
        MachineError
            If data cannot be written for another reason than a closed pipe.
        """
        self.has_written = True
        with self._guarded():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush; raises like `write`."""
        with self._guarded():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._send_to_nowhere()
            if self._is_data and not isinstance(error, BrokenPipeError):
                told = (error.strerror or str(error)).lower()
                raise MachineError(
                    worded(
                        "need-output",
                        "{name} could not be written: {told}. What was printed is incomplete.",
                        name=self._name,
                        told=told,
                    ),
                    code="machine-output-unwritable",
                ) from error

    def _send_to_nowhere(self) -> None:
        # the buffer still holds the text, and Python tries it once more at its end
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def guarded_streams() -> Iterator[None]:
    """Guard `sys.stdout` and `sys.stderr` for the length of a command; characters a stream cannot encode are escaped.

    Raises
    ------
    MachineError
        If data cannot be written.
    """
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - devnull is no path to build on
        sys.stdout = _guarded(before[0] or nowhere, "stdout", is_data=True)
        sys.stderr = _guarded(before[1] or nowhere, "stderr", is_data=False)
        try:
            yield
            sys.stdout.flush()
        finally:
            sys.stdout, sys.stderr = before


def _guarded(stream: Any, name: str, *, is_data: bool) -> Any:
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return GuardedStream(stream, name, is_data=is_data)
