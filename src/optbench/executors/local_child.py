"""The child of the local executor: tasks come and events go as JSON through a connection to its parent."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
from typing import TYPE_CHECKING, Any

from optbench.executors.child import carry_out, enter_worker, nobody_listens

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

EVENT, END = "event", "end"
_PATIENCE_S = 5.0  # in which a helper that was told to end waits for an order that may be on its way


def child_main(connection: Connection, is_forked: bool = False) -> int:
    """Carry out tasks one after the other and tell the parent how each ended; return the exit code.

    The first task that does not end well is the last: what it left behind in the process is not known.

    Parameters
    ----------
    is_forked : this process is a copy of its parent, with everything that was open there: a helper. SIGTERM, which a
        scheduler sends to every process of a job, ends it when it has nothing to do
    """
    enter_worker()
    if is_forked:
        _close_inherited_files()
    exit_code, is_last = 0, False
    while not (exit_code or is_last):
        if is_forked and not (signal.SIGTERM in signal.sigpending() and connection.poll(_PATIENCE_S)):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])  # the end, if it was told to
        try:
            order = receive(connection)
        except (EOFError, OSError):
            break
        is_last = order["is_last"]
        if is_forked:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        end = carry_out(order["task"], lambda event: _emit(event, connection))
        exit_code = end["exit_code"]
        with contextlib.suppress(ConnectionError):
            send(connection, [END, end])
    connection.close()
    return exit_code


def send(connection: Connection, document: object) -> None:
    """Send JSON.

    Raises
    ------
    ConnectionError
        If nobody is at the other end.
    TypeError, ValueError
        If it is no JSON: another executor could not send it either.
    """
    connection.send_bytes(json.dumps(document, allow_nan=False).encode())


def receive(connection: Connection) -> Any:
    """Wait for JSON and return it.

    Raises
    ------
    EOFError, OSError
        If nobody is at the other end.
    """
    return json.loads(connection.recv_bytes())


def _emit(event: Mapping[str, Any], connection: Connection) -> None:
    try:
        send(connection, [EVENT, event])
    except ConnectionError:
        raise nobody_listens() from None


def _close_inherited_files() -> None:
    """Close the files, locked ones among them, that were open where this process was forked from."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - names, not paths
        with contextlib.suppress(OSError):  # the descriptor of the listing itself
            if int(name) > 2 and stat.S_ISREG(os.fstat(int(name)).st_mode):  # noqa: PLR2004 - the standard streams
                os.close(int(name))
