"""What does not fit into memory is refused in a sentence, before the system ends the process without one."""

from __future__ import annotations

from optbench.errors import DataError

_GIB = 2**30


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
    import psutil

    available = psutil.virtual_memory().available
    if n_bytes > available:
        raise DataError(
            f"{what} needs {n_bytes / _GIB:.1f} GiB of memory, and {available / _GIB:.1f} GiB are free. {remedy}"
        )
