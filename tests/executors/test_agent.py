"""What processes on another machine are started with, and how they leave. Seconds; the rest is held by the contract."""

from __future__ import annotations

import os
import subprocess
from functools import partial

import pytest

from optbench.core.interpreter import python_command
from optbench.executors.agent import environment_here
from optbench.executors.interface import Task
from optbench.executors.registry import ExecutorSettings
from optbench.executors.slots import is_true_within
from optbench.executors.spool import Spool, SpoolSlot

HERE = {"PATH": "/node/bin", "CUDA_VISIBLE_DEVICES": "3", "LD_LIBRARY_PATH": "/node/lib", "SLURM_JOB_ID": "7"}


@pytest.mark.parametrize(
    ("recorded", "from_node", "expected"),
    [
        # on the CPU: no GPU is seen, whatever the job was given
        ({"PATH": "/bin", "CUDA_VISIBLE_DEVICES": ""}, [], {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": ""}),
        # on a GPU: that of the job, not of the machine that the command runs on
        ({"PATH": "/bin"}, [], {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "3"}),
        ({"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "0,1"}, [], {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "3"}),
        # where set-up lines may have moved libraries, and nowhere else
        (
            {"LD_LIBRARY_PATH": "/lib", "CUDA_HOME": "/cuda", "CUDA_VISIBLE_DEVICES": ""},
            ["LD_LIBRARY_PATH", "CUDA_HOME"],
            {"LD_LIBRARY_PATH": "/node/lib", "CUDA_VISIBLE_DEVICES": ""},
        ),
    ],
)
def test_recorded_variables_but_for_the_machines_own(recorded, from_node, expected):
    """Nothing else of the node reaches a run."""
    assert environment_here({"environment": recorded, "from_node": from_node}, HERE) == expected


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """An agent, its slot, and what makes a task that waits for the file `go`."""
    (tmp_path / "slow.py").write_text(
        "import time\nfrom pathlib import Path\n"
        "def waits(arguments, emit):\n    emit({'is_there': True})\n"
        "    while not Path(arguments['go']).exists():\n        time.sleep(0.01)\n    return {}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    spool = Spool(ExecutorSettings(1, dict(os.environ), "json", shared=tmp_path / "shared"))
    paths = spool.new_slot()
    command = python_command("optbench.executors.agent:serve", str(spool.paths.folder), str(paths.folder))
    with subprocess.Popen(command) as process:
        yield process, SpoolSlot(paths, Running()), partial(Task, "a", "slow:waits", {"go": str(tmp_path / "go")})
        process.kill()
    spool.remove()


def begin(slot, task):
    """Hand a slot a task, and return when it goes on."""
    slot.begin(task)
    assert is_true_within(lambda: slot.news(task.pool, stopping=False)[0], seconds=60)


@pytest.mark.parametrize("pool", ["helper", "worker"])
def test_an_agent_leaves_in_the_middle_of_a_task_when_its_slot_is_closed(agent, pool):
    """That it is told to leave is no error of the task, which has no end."""
    process, slot, task = agent
    begin(slot, task(pool=pool))
    slot.close()
    assert process.wait(timeout=30) == 0
    assert slot.paths.left.exists()
    assert not slot.paths.lane(pool).end(1).exists()


def test_an_agent_that_is_told_to_end_takes_nothing_more(agent, tmp_path):
    """As a job near its time limit: it finishes the run it is at, and what comes next goes to another."""
    process, slot, task = agent
    begin(slot, task(pool="helper"))
    assert slot.is_ready
    process.terminate()
    assert is_true_within(lambda: not slot.is_ready, seconds=10)
    assert not slot.is_gone
    (tmp_path / "go").touch()
    assert process.wait(timeout=30) == 0
    assert slot.news("helper", stopping=False)[1].kind == "ok"


class Running:
    """The process of a slot, which is there."""

    is_gone = False
