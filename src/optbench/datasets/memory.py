"""What does not fit into memory is refused in a sentence, before the system ends the process without one."""

from __future__ import annotations

from optbench.errors import DataError

LARGE_TABLE = "OPTBENCH_LARGE_TABLE_MB"
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
            f"{what} needs {n_bytes / _GIB:.1f} GiB of memory, and {available / _GIB:.1f} GiB are free. {remedy}",
            code="data-too-large",
        )


def has_pyarrow() -> bool:
    """Return True if pyarrow is installed, with which tables are read in chunks."""
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


def table_remedy() -> str:
    """Return what to do if a table does not fit into memory, a sentence."""
    if has_pyarrow():
        return f"Set {LARGE_TABLE} to a smaller number, so that it is read in chunks."
    return 'Run: pip install "optbench[parquet]". With pyarrow a table is read in chunks and may be larger than memory.'
