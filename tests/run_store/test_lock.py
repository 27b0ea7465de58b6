"""One writer at a time, across real processes, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from optbench.errors import StorageError
from optbench.records import RunStatus
from optbench.run_store import RunLock, RunPaths, run_status

HOLD = """
import sys
from pathlib import Path
from optbench.run_store import RunLock, RunPaths
lock = RunLock(RunPaths(Path(sys.argv[1])))
print(lock.try_acquire(), flush=True)
sys.stdin.read()
"""

HAND_ON = """
import os, sys
from pathlib import Path
from optbench.run_store import RunLock, RunPaths
lock = RunLock(RunPaths(Path(sys.argv[1])))
lock.acquire()
if os.fork():
    if sys.argv[2] == "release":
        lock.release()
    os._exit(0)
print("child", os.getpid(), flush=True)
sys.stdin.read()
"""


def start(code, paths, *arguments):
    command = [sys.executable, "-c", code, str(paths.folder), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def free_within(paths, seconds=5.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        lock = RunLock(paths)
        if lock.try_acquire():
            lock.release()
            return True
        time.sleep(0.01)
    return False


def test_another_process_is_kept_out_until_it_is_killed(paths):
    """While a process holds the lock nobody else gets it; kill -9 frees it; its pid is told."""
    holder = start(HOLD, paths)
    try:
        assert holder.stdout.readline() == "True\n"
        lock = RunLock(paths)
        assert not lock.try_acquire()
        assert f"process {holder.pid} " in lock.holder()
        assert run_status(paths) is RunStatus.RUNNING
        with pytest.raises(StorageError, match=str(holder.pid)):
            lock.acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert lock.try_acquire()
        assert run_status(paths, lock_is_ours=True) is RunStatus.UNFINISHED
        lock.release()
    finally:
        holder.kill()
        holder.communicate()
    assert run_status(paths) is RunStatus.UNFINISHED


@pytest.mark.parametrize("how", ["release", "die"])
def test_a_child_keeps_an_inherited_lock(paths, how):
    """A forked child holds the lock on when its parent releases it or dies, and frees it with its own death."""
    parent = start(HAND_ON, paths, how)
    try:
        child = int(parent.stdout.readline().split()[1])
        parent.wait()
        assert not RunLock(paths).try_acquire()
        assert run_status(paths) is RunStatus.RUNNING
        os.kill(child, signal.SIGKILL)
        assert free_within(paths)
    finally:
        parent.communicate()


def test_exactly_one_of_many_gets_it(paths):
    """Of many processes that start together exactly one gets the lock."""
    started = [start(HOLD, paths) for _ in range(6)]
    try:
        answers = [process.stdout.readline().strip() for process in started]
    finally:
        for process in started:
            process.communicate()
    assert sorted(answers) == ["False"] * 5 + ["True"]


def test_looking_never_turns_a_run_away(paths):
    """Processes that only ask for the status, however often, do not keep anybody from locking."""
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom optbench.run_store import RunPaths, run_status\n"
        "paths = RunPaths(Path(sys.argv[1]))\nprint('ready', flush=True)\nwhile True:\n"
        "    run_status(paths)\n    time.sleep(0.0005)\n"
    )
    paths.lock.touch()
    lookers = [start(code, paths) for _ in range(2)]
    try:
        for looker in lookers:
            assert looker.stdout.readline() == "ready\n"
        for _ in range(200):
            with RunLock(paths):
                pass
    finally:
        for looker in lookers:
            looker.kill()
            looker.communicate()


def test_two_locks_in_one_process(paths):
    """Within one process, too, the second lock is refused; releasing twice is harmless; the file stays."""
    first, second = RunLock(paths), RunLock(paths)
    assert first.try_acquire()
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    first.release()
    assert paths.lock.exists()
    with second:
        assert second.fileno() > 0
    with pytest.raises(StorageError, match="must be locked"):
        second.fileno()


def test_descriptor_is_not_inherited_by_programs(paths):
    """A program started meanwhile, as git, does not keep the lock alive by accident."""
    with RunLock(paths):
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        assert RunLock(paths).try_acquire()
    finally:
        sleeper.kill()
        sleeper.communicate()


def test_hostile_lock_files(paths, tmp_path):
    """A link in place of the lock is not followed, and what a lock file says is printed without control characters."""
    paths.lock.write_bytes(b"\x1b[31mred\x00" + b"x" * 10_000)
    text = RunLock(paths).holder()
    assert text.isprintable()
    assert len(text) <= 200
    paths.lock.unlink()
    paths.lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="lock"):
        RunLock(paths).try_acquire()
    assert not (tmp_path / "elsewhere").exists()
    assert RunLock(paths).holder() == "another process"


def test_missing_folder(tmp_path):
    """Locking a folder that does not exist is a sentence, and asking for its status creates nothing."""
    paths = RunPaths(tmp_path / "gone")
    with pytest.raises(StorageError, match="gone"):
        RunLock(paths).acquire()
    assert run_status(paths) is RunStatus.UNFINISHED
    assert list(tmp_path.iterdir()) == []
