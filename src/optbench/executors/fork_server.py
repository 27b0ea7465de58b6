"""A process that has imported what workers need, and forks one whenever it is asked to.

Python's own fork server is one for the whole process, and whoever starts the next child restarts it if it was killed:
in whatever environment there is then. This one belongs to an executor, which starts it with the environment that the
experiments record, the first time and every other time.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, NoReturn

from optbench.core.interpreter import installed_search_path, python_command
from optbench.errors import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_STARTS = 3  # times a server is started for one child before something else must be wrong
_LONGEST_END_S, _POLL_S = 5.0, 0.002
_NUMBER = struct.Struct("q")
_FORK = b"f"


class ForkServer:
    """The server as its owner sees it; it ends with its owner.

    Parameters
    ----------
    environment : all variables of the server and its children
    preload : module that the server imports before the first fork
    """

    def __init__(self, *, environment: Mapping[str, str], preload: str) -> None:
        self._environment = dict(environment)
        self._preload = preload
        # fixed with the environment: Python that a config names runs in this process, too, and may change its path
        self._search_path = installed_search_path(sys.path)
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id; None if there is none."""
        return None if self._server is None else self._server.pid

    def start(self) -> None:
        """Start the server if there is none; it begins to import, and this returns at once."""
        if self._server is not None and self._server.poll() is None:
            return
        self.close()
        ours, theirs = socket.socketpair()
        arguments = (str(theirs.fileno()), self._preload)
        command = python_command("optbench.executors.fork_server:serve", *arguments, search_path=self._search_path)
        with theirs, _ctrl_c_ignored():
            self._server = subprocess.Popen(
                command, env=self._environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        self._control = ours

    def fork(self) -> tuple[ForkedProcess, Connection]:
        """Return a new child, and this side of its connection; waits for the server's imports.

        Raises
        ------
        RunFailedError
            If the server dies again and again.
        """
        for _ in range(_STARTS):
            self.start()
            try:
                return self._forked()
            except (EOFError, ConnectionError):  # it was killed: the next one is started in the same environment
                self.close()
        raise RunFailedError(
            f"the process that workers are forked from ended {_STARTS} times before it could fork one. Memory may have "
            "run out, or something on this machine kills it; its own words, if it had any, stand above.",
            code="run-processes-fail",
        )

    def close(self) -> None:
        """Kill the server; its children end with it."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def _forked(self) -> tuple[ForkedProcess, Connection]:
        if self._control is None:
            raise EOFError
        ours, theirs = Pipe(duplex=True)
        told_here, told_there = os.pipe()
        try:
            socket.send_fds(self._control, [_FORK], [theirs.fileno(), told_there])
        finally:
            theirs.close()
            os.close(told_there)
        try:
            return ForkedProcess(_read_number(told_here), told_here), ours
        except EOFError:
            ours.close()
            os.close(told_here)
            raise


class ForkedProcess:
    """A child of the server, with the part of `multiprocessing.Process` that its owner needs.

    Attributes
    ----------
    pid : its process id
    sentinel : file descriptor that is ready to be read once it has ended
    """

    def __init__(self, pid: int, sentinel: int) -> None:
        self.pid = pid
        self.sentinel = sentinel
        self._exitcode: int | None = None

    @property
    def exitcode(self) -> int | None:
        """Its exit code, or minus the number of the signal that ended it; None while it runs.

        A child whose server was killed counts as killed: the kernel ends it with its parent.
        """
        if self._exitcode is None and select.select([self.sentinel], [], [], 0)[0]:
            self.join()
        return self._exitcode

    def join(self) -> None:
        """Wait for its end."""
        if self._exitcode is not None:
            return
        try:
            self._exitcode = _read_number(self.sentinel)
        except EOFError:
            self._send(signal.SIGKILL)  # where the kernel does not do it
            _wait_until_gone(self.pid)  # what it holds, such as a run's lock, is free when its end is known
            self._exitcode = -signal.SIGKILL
        os.close(self.sentinel)

    def terminate(self) -> None:
        """Send SIGTERM."""
        if self.exitcode is None:
            self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        if self.exitcode is None:
            self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def serve(arguments: Sequence[str]) -> int:
    """Import what the children need, then fork one for each request, until the owner is gone.

    Parameters
    ----------
    arguments : number of the control socket's descriptor, module to import

    Returns
    -------
    int
        0; a child never returns.
    """
    # a scheduler sends SIGTERM to every process of a job: if this one ended, the kernel would kill the workers, which
    # are coming to a safe point; it ends with its owner
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    control = socket.socket(fileno=int(arguments[0]))
    control.set_inheritable(False)
    importlib.import_module(arguments[1])
    woken, wakes = os.pipe()
    for descriptor in (woken, wakes):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    owners: dict[int, int] = {}  # who is told of a child's end
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 1 << 16)
                _tell_ends(owners)
            if control in ready:
                request, descriptors, _, _ = socket.recv_fds(control, 1, 2)
                if not request:
                    return 0
                connection, owner = descriptors
                # a stop that comes when the child ignores it, as this process does, waits until it does not
                signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
                pid = os.fork()
                if pid == 0:
                    selector.close()
                    _be_child(connection, [control.detach(), woken, wakes, owner, *owners.values()])
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
                os.close(connection)
                owners[pid] = owner
                with contextlib.suppress(BrokenPipeError):
                    os.write(owner, _NUMBER.pack(pid))


def _tell_ends(owners: dict[int, int]) -> None:
    """Collect the children that ended and tell their owners the exit codes."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        owner = owners.pop(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(owner, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os.close(owner)


def _be_child(connection: int, not_ours: Sequence[int]) -> NoReturn:
    """Carry out orders, and end without what the server would do at its own end."""
    from optbench.executors.local_child import child_main

    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        for descriptor in not_ours:
            os.close(descriptor)
        code = child_main(Connection(connection))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 - nothing may reach the server's own loop
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        os._exit(code)


def _wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that is no child of this one and has been sent SIGKILL."""
    import psutil

    give_up = time.monotonic() + _LONGEST_END_S
    while time.monotonic() < give_up:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        time.sleep(_POLL_S)


def _read_number(descriptor: int) -> int:
    data = b""
    while len(data) < _NUMBER.size:
        part = os.read(descriptor, _NUMBER.size - len(data))
        if not part:
            raise EOFError("the process that should have written is gone")
        data += part
    return int(_NUMBER.unpack(data)[0])


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Start the server so that it ignores Ctrl-C, which reaches all processes of a terminal: the owner decides."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Any = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
