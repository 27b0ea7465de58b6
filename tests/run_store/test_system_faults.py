"""strace kills a run, or makes a system call fail, at every call of the storage layer in turn; the end is the same.

The run is the fake one of `storage_scenario`. Each child is forked from this process, waits until strace has attached
itself, and then works; that makes a thousand of them cheap.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from pathlib import Path

import pytest
from selection import mostly_long
from storage_scenario import contents, work
from struck import FAULTS, be_worker, struck

from optbench.run_store import RunPaths, run_status

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed: apt-get install strace"
)

CALLS = ("openat", "write", "fsync", "rename", "link", "mkdir", "unlink", "unlinkat", "rmdir")
FEW_EPOCHS, MANY_EPOCHS = 1, 7
# what a read-only or a full file system refuses
REFUSED = {
    "ENOSPC from then on": ("write", "fsync", "mkdir", "rename"),
    "EROFS from then on": ("mkdir", "rename", "unlink"),
}
SAMPLED = ("kill", "ENOSPC from then on")  # of these one call of four is struck every time
LEAST = {"kill": 80, "EIO once": 80, "ENOSPC from then on": 30, "EROFS from then on": 10}


def brought_to_its_end(folder: Path, epochs: int) -> bytes:
    """Work in a child without strace; returns what the finished run holds."""
    child = os.fork()
    if child == 0:
        ready, go = os.pipe()
        os.write(go, b"x")
        be_worker(lambda: work(folder, epochs), ready)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0, status
    return contents(folder)


def every_point(root: Path, name: str, epochs: int, calls: tuple[str, ...] = CALLS, *, step: int = 1) -> int:
    """Strike every call in turn, or one of `step`, resume, and compare; returns the number of points."""
    (root / "whole").mkdir()
    work(root / "whole" / "run", epochs)  # in this process too, so that no later child imports anything
    expected = contents(root / "whole" / "run")
    points = 0
    for call in REFUSED.get(name, calls):
        number = 1
        while True:
            folder = root / f"{call}-{number}" / "run"
            folder.parent.mkdir()
            status, was_struck = struck(
                lambda at=folder: work(at, epochs), call, FAULTS[name].format(n=number), root / "strace.log"
            )
            if not was_struck:
                assert status == 0
                break
            assert status in ((-signal.SIGKILL,) if name == "kill" else (0, 1)), (call, number, status)
            if status == 0 or run_status(RunPaths(folder)).is_finished:
                assert contents(folder) == expected, (call, number)
            assert brought_to_its_end(folder, epochs) == expected, (call, number)
            shutil.rmtree(folder.parent)
            points += 1
            number += step
    return points


@pytest.mark.parametrize(
    ("name", "epochs", "step"),
    mostly_long(
        [*itertools.product(FAULTS, (FEW_EPOCHS, MANY_EPOCHS), (1,)), *((name, FEW_EPOCHS, 4) for name in FAULTS)],
        short=[(name, FEW_EPOCHS, 4) for name in SAMPLED],
        ci=[(name, FEW_EPOCHS, 4) for name in FAULTS if name not in SAMPLED],
    ),
)
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_every_system_call(tmp_path, name, epochs, step, record_property):
    """Killed or refused at each call, then left alone: byte for byte the run that nothing happened to."""
    points = every_point(tmp_path, name, epochs, step=step)
    record_property("count", f"{name}: {points} points")
    assert points > LEAST[name] / step


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_naive_writer_is_found_out(tmp_path, monkeypatch):
    """Negative control: with a claim written in place, some kill leaves what is no claim and is in the way of any."""

    rename = Path.rename

    def in_place(record, target):
        if record.name != "claim":
            return rename(record, target)
        target.mkdir()
        for source in record.iterdir():
            data = source.read_bytes()
            with (target / source.name).open("wb", buffering=0) as file:
                for start in range(0, len(data), 64):
                    file.write(data[start : start + 64])
        return target

    monkeypatch.setattr(Path, "rename", in_place)
    with pytest.raises(AssertionError):
        every_point(tmp_path, "kill", FEW_EPOCHS, ("write",))
