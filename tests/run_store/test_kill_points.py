"""A run is killed, or refused by the system, at every operation on its folder, and always comes to the same end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
from optbench.run_store import RunPaths, run_status

EVENTS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
count, target, mode, inside = 0, None, None, ""
fsync = os.fsync

def strike(descriptor=None):
    global count
    count += 1
    if target is None or count < target or (count > target and mode != "full"):
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

def forked(folder, number, how):
    """Work in a child; return its exit status: 0, a signal, 1 for StorageError, 2 for anything else."""
    global target, mode, inside, count
    child = os.fork()
    if child == 0:
        status = 0
        try:
            target, mode, inside, count = number, how, str(folder.parent), 0
            work(folder)
        except StorageError:
            status = 1
        except BaseException:
            import traceback
            traceback.print_exc()
            status = 2
        if number is None:
            (folder.parent.parent / "count").write_text(str(count)) if how == "count" else None
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def main(root, how):
    sys.addaudithook(hook)
    os.fsync = counted_fsync
    (root / "whole").mkdir()
    assert forked(root / "whole" / "run", None, "count") == 0
    points = int((root / "count").read_text())
    expected = contents(root / "whole" / "run")
    told = {"points": points, "struck": 0, "finished early": 0}
    for number in range(1, points + 1):
        folder = root / str(number) / "run"
        folder.parent.mkdir()
        status = forked(folder, number, how)
        assert status in ((-signal.SIGKILL,) if how == "kill" else (0, 1)), (number, status)
        told["struck"] += status != 0
        paths = RunPaths(folder)
        if run_status(paths).is_finished:
            told["finished early"] += 1
            assert contents(folder) == expected, number
        elif how == "kill":
            assert run_status(paths) == "unfinished", number
        again = forked(folder, 1 + number // 2, how)  # struck again on the way
        assert again in (0, 1, -signal.SIGKILL), (number, again)
        assert forked(folder, None, None) == 0, number
        assert contents(folder) == expected, number
        assert not [path for path in folder.rglob("*.tmp") if ".state" not in path.parts], number
    print(json.dumps(told))

main(Path(sys.argv[1]), sys.argv[2])
'''


@pytest.mark.parametrize("how", ["kill", "once", "full"])
def test_every_operation(tmp_path, how):
    """Killed at, or refused (once, or from then on) each operation, then again, then left alone: the same bytes."""
    command = [sys.executable, "-W", "ignore", "-c", DRIVER, str(tmp_path), how, str(SUPPORT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["points"] > 60
    assert told["struck"] > 60
    assert told["finished early"] >= 1
