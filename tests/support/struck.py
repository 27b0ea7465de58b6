"""strace kills a child process, or makes a system call of it fail, at a chosen call."""

from __future__ import annotations

import os
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path

from optbench.errors import StorageError

FAULTS = {
    "kill": "signal=SIGKILL:when={n}",
    "EIO once": "error=EIO:when={n}",
    "ENOSPC from then on": "error=ENOSPC:when={n}+",
    "EROFS from then on": "error=EROFS:when={n}+",
}


def struck(work: Callable[[], object], call: str, fault: str, log: Path) -> tuple[int, bool]:
    """Work in a child under strace; returns its exit status and whether the fault was injected.

    Parameters
    ----------
    work : a StorageError that it raises is exit status 1, everything else 2
    fault : one of `FAULTS`, with its number filled in
    """
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        be_worker(work, ready)
    command = ["strace", "-f", "-o", str(log), "-p", str(child), "-e", f"trace={call}", "-e", f"inject={call}:{fault}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert "attached" in tracer.stderr.readline()
        os.write(go, b"x")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        tracer.wait(timeout=10)
    finally:
        os.close(ready)
        os.close(go)
        tracer.stderr.close()
    text = log.read_text()
    return status, "INJECTED" in text or "killed by SIGKILL" in text


def be_worker(work: Callable[[], object], ready: int) -> None:
    """What the child does: wait for strace, work, tell the end by the exit status."""
    os.read(ready, 1)
    status = 0
    try:
        work()
    except StorageError:
        status = 1
    except BaseException:  # noqa: BLE001 - the parent tells what it was
        traceback.print_exc()
        status = 2
    os._exit(status)
