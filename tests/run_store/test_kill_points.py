"""A run is killed, suspended, or refused by the system, at every operation on its folder: always the same end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from selection import mostly_long

SUPPORT = Path(__file__).parents[1] / "support"

# A run with a fake trainer. Every operation of the store on the folder is counted; the one of the given number kills
# the process (a sync loses half of the file first, as a power cut would) or fails as on a full disk. All runs of
# one driver are forked from it, which makes hundreds of them cheap.
DRIVER = '''
import errno, json, os, signal, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[3])
from storage_scenario import contents, work
from optbench.errors import StorageError
from optbench.run_store import Asker, RunPaths, run_status, this_process

EVENTS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
count, target, mode, inside = 0, None, None, ""
fsync = os.fsync

def strike(descriptor=None):
    global count
    count += 1
    if target is None or count < target or (count > target and mode != "full"):
        return
    if mode == "suspend":
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    if mode == "kill":
        if descriptor is not None and os.path.isfile(f"/proc/self/fd/{descriptor}"):
            if os.access(f"/proc/self/fd/{descriptor}", os.W_OK) and b"/attempts/" in os.readlink(
                f"/proc/self/fd/{descriptor}".encode()
            ):
                os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

def hook(event, arguments):
    if inside and event in EVENTS and str(arguments[0]).startswith(inside):
        strike()

def counted_fsync(descriptor):
    strike(descriptor)
    fsync(descriptor)

def forked(folder, number, how, take_over=False):
    """Work in a child; return its exit status: 0, a signal, 1 for StorageError, 2 for anything else."""
    return status_of(begun(folder, number, how, take_over))

def status_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def begun(folder, number, how, take_over=False):
    """Begin to work in a child; return its number."""
    global target, mode, inside, count
    child = os.fork()
    if child == 0:
        status = 0
        try:
            target, mode, inside, count = number, how, str(folder.parent), 0
            work(folder, asker=Asker(this_process(), take_over=take_over))
        except StorageError:
            status = 1
        except BaseException:
            import traceback
            traceback.print_exc()
            status = 2
        if number is None:
            (folder.parent.parent / "count").write_text(str(count)) if how == "count" else None
        os._exit(status)
    return child

def tree(folder):
    """Everything of a run but its working files."""
    files = [path for path in sorted(folder.rglob("*")) if not path.relative_to(folder).parts[0].startswith(".")]
    return {path: path.read_bytes() if path.is_file() else None for path in files}

def suspended(folder, number, expected):
    """Suspend a child, have another take over and finish, let the first go on.

    Returns whether the first said that it had lost the run, and whether it had finished it before.
    """
    child = begun(folder, number, "suspend")
    assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1]), number
    is_finished = run_status(RunPaths(folder)).is_finished
    assert forked(folder, None, None, take_over=True) == 0, number
    assert contents(folder) == expected, number
    before = tree(folder)
    os.kill(child, signal.SIGCONT)
    status = status_of(child)
    assert status in (0, 1), (number, status)
    assert tree(folder) == before, number
    assert contents(folder) == expected, number
    assert not list(folder.glob(".*")), number
    return status == 1, is_finished

def main(root, how, step):
    sys.addaudithook(hook)
    os.fsync = counted_fsync
    (root / "whole").mkdir()
    assert forked(root / "whole" / "run", None, "count") == 0
    points = int((root / "count").read_text())
    expected = contents(root / "whole" / "run")
    told = {"points": points, "struck": 0, "finished early": 0}
    for number in range(points, 0, -step):
        folder = root / str(number) / "run"
        folder.parent.mkdir()
        end = suspended(folder, number, expected) if how == "suspend" else struck(folder, number, how, expected)
        was_struck, is_finished = end
        told["struck"] += was_struck
        told["finished early"] += is_finished
    print(json.dumps(told))

def struck(folder, number, how, expected):
    """Kill or refuse at a point, and again on the way, then let it be; return whether it was, and was finished then."""
    status = forked(folder, number, how)
    assert status in ((-signal.SIGKILL,) if how == "kill" else (0, 1)), (number, status)
    is_finished = run_status(RunPaths(folder)).is_finished
    if is_finished:
        assert contents(folder) == expected, number
    elif how == "kill":
        assert run_status(RunPaths(folder)) == "unfinished", number
    again = forked(folder, 1 + number // 2, how)
    assert again in (0, 1, -signal.SIGKILL), (number, again)
    assert forked(folder, None, None) == 0, number
    assert contents(folder) == expected, number
    assert not [path for path in folder.rglob("*.tmp") if ".state" not in path.parts], number
    return status != 0, is_finished

main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[4]))
'''


# one operation of so many; in CI as in the second column
STEPS = {"kill": (4, 1), "once": (4, 2), "full": (4, 2), "suspend": (4, 1)}


@pytest.mark.parametrize(
    ("how", "step"),
    mostly_long(
        [(how, step) for how, steps in STEPS.items() for step in steps],
        short=[(how, few) for how, (few, _) in STEPS.items()],
        ci=[(how, many) for how, (_, many) in STEPS.items()],
    ),
)
def test_every_operation(tmp_path, how, step):
    """The same bytes, whatever happens at whichever operation.

    Killed, or refused (once, or from then on), then again, then left alone. Or suspended while another process takes
    the run over and finishes it: going on, the first changes no byte.
    """
    command = [sys.executable, "-W", "ignore", "-c", DRIVER, str(tmp_path), how, str(SUPPORT), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["points"] > 80
    assert told["struck"] > (30 if step < 4 else 15)
    assert told["finished early"] >= 1
