"""What SLURM itself does to jobs, and what becomes of their tasks then; no TensorFlow. 20 seconds."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace

import psutil
import pytest

from optbench.config import load_machine
from optbench.errors import MachineError, RunFailedError, UsageError
from optbench.executors import slurm_client
from optbench.executors.interface import Task
from optbench.executors.registry import ExecutorSettings, make_executor
from optbench.run_store import Holder, this_process

FUNCTIONS = """
import os, signal, time
from pathlib import Path
from optbench.executors.child import InterruptedByUserError

def waits(arguments, emit):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    emit({"pid": os.getpid(), "job": os.environ.get("SLURM_JOB_ID"), "setup": os.environ.get("LD_LIBRARY_PATH")})
    while not stopped and not Path(arguments["file"]).exists():
        time.sleep(0.01)
    if stopped:
        raise InterruptedByUserError("stopped after epoch 3.")
    return {}
"""


@pytest.fixture
def machine(slurm, monkeypatch, tmp_path):
    """SLURM's programs are found; a machine file from its text."""
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)

    def load(text: str):
        path = tmp_path / "machine.yaml"
        path.write_text(text)
        return load_machine(path)

    return load


@pytest.fixture
def make(machine, tmp_path, monkeypatch):
    """Make an executor for a machine file; all are closed at the end."""
    (tmp_path / "waiting.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(text: str = "", *, jobs: int = 1):
        settings = ExecutorSettings(jobs, dict(os.environ), "json", machine=machine(text), shared=tmp_path / "shared")
        made.append(make_executor("slurm", lambda _address: settings))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def waiting(tmp_path, name="a") -> Task:
    return Task(name, "waiting:waits", {"file": str(tmp_path / "go")})


def active_jobs() -> list[str]:
    said = subprocess.run(
        ["squeue", "--noheader", "--array", "--format=%i"], capture_output=True, text=True, check=True
    )
    return said.stdout.split()


def ended(executor, task, on_event):
    (end,) = executor.execute([task], on_event=lambda _name, event: on_event(event))
    return end


@pytest.mark.cluster
def test_a_job_whose_node_is_lost_has_died(make, tmp_path):
    """Another one may fare better, which the caller is told."""
    node = subprocess.run(["sinfo", "-h", "--format=%n"], capture_output=True, text=True, check=True).stdout.strip()

    def lose_node(event):
        # nothing is heard of a lost node; on one that is only called so tasks would come to their safe points
        psutil.Process(event["pid"]).parent().parent().kill()
        subprocess.run(["scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test"], check=True)

    try:
        end = ended(make(), waiting(tmp_path), lose_node)
    finally:
        subprocess.run(["scontrol", "update", f"NodeName={node}", "State=RESUME"], check=False)  # it may be back
    assert (end.kind, end.died) == ("crashed", True), end


@pytest.mark.cluster
def test_a_job_that_slurm_ends_stops_its_task_at_a_safe_point(make, tmp_path):
    """Cancelled, preempted or near its time limit: the batch process is told before it is killed."""
    end = ended(
        make(), waiting(tmp_path), lambda _event: slurm_client._answer(["scancel", "-b", "-s", "TERM", *active_jobs()])
    )
    assert (end.kind, end.error) == ("interrupted", "stopped after epoch 3.")


@pytest.mark.cluster
def test_a_job_killed_without_a_word_has_died(make, tmp_path):
    """The agent and all it has started: its task may fare better in another job."""

    def kill(event):
        agent = psutil.Process(event["pid"]).parent().parent()
        assert "optbench.executors.agent" in " ".join(agent.cmdline())
        agent.kill()

    end = ended(make(), waiting(tmp_path), kill)
    assert (end.kind, end.died, end.error) == ("crashed", True, "was ended by signal SIGKILL.")


@pytest.mark.cluster
def test_waiting_jobs_are_cancelled_with_the_executor(make, tmp_path):
    """Nothing of it is left in the queue, and nothing on the disk."""
    executor = make("resources: {cpus: 16}", jobs=2)

    def interrupt(_event):
        assert len(active_jobs()) == 2  # one has all the cores
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(
            executor.execute(
                [waiting(tmp_path, "a"), waiting(tmp_path, "b")], on_event=lambda _n, event: interrupt(event)
            )
        )
    executor.close()
    give_up = time.monotonic() + 20
    while active_jobs():
        assert time.monotonic() < give_up
        time.sleep(0.1)
    assert list((tmp_path / "shared").iterdir()) == []


@pytest.mark.cluster
def test_setup_lines_come_first_and_say_where_libraries_lie(make, tmp_path):
    """Other variables of a run are those that are recorded."""
    (tmp_path / "go").touch()
    seen = []
    end = ended(
        make('slurm: {setup: ["export LD_LIBRARY_PATH=/opt/a b"]}'.replace("a b", "ab")), waiting(tmp_path), seen.append
    )
    assert end.kind == "ok"
    assert (seen[0]["setup"], seen[0]["job"]) == ("/opt/ab", None)


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("slurm: {partition: none}", "SLURM did not take the jobs: sbatch: error: invalid partition specified: none"),
        ("slurm: {setup: ['echo no such module', 'exit 3']}", "no such module\n  job "),
    ],
)
def test_jobs_that_cannot_begin_are_an_error_with_its_cause(make, tmp_path, text, says):
    """Not a queue that is filled for ever."""
    with pytest.raises(RunFailedError) as error:
        ended(make(text), waiting(tmp_path), lambda _event: None)
    assert says in str(error.value)


@pytest.mark.cluster
def test_of_holders_the_controller_is_asked(machine, make, tmp_path):
    """A job that runs holds its run; one that is over, or was begun anew since, does not; of other clusters nothing."""
    me = this_process(executor="slurm")
    seen = []

    def look(event):
        (job,) = active_jobs()
        held = replace(me, job=f"slurm:optbench-test:{job}:0")
        seen.extend([held, slurm_client.is_gone(held)])
        seen.append(slurm_client.is_gone(replace(me, job=f"slurm:another:{job}:0")))
        seen.append(slurm_client.is_gone(held, own=f"slurm:optbench-test:{job}:1"))
        seen.append(slurm_client.is_gone(held, own=held.job))
        (tmp_path / "go").touch()

    executor = make()
    assert ended(executor, waiting(tmp_path), look).kind == "ok"
    held, *answers = seen
    assert answers == [False, None, True, None]
    executor.close()
    give_up = time.monotonic() + 20
    while not executor.is_gone(held):
        assert time.monotonic() < give_up
        time.sleep(0.1)
    assert slurm_client.is_gone(replace(me, job="slurm:optbench-test:99999_7:0")) is True


def test_without_slurm_it_says_so(monkeypatch, tmp_path):
    """Before anything is planned."""
    monkeypatch.setenv("PATH", str(tmp_path))
    executor = make_executor("slurm", lambda _address: ExecutorSettings(1, {}, "json"))
    with pytest.raises(MachineError, match="needs SLURM's programs on PATH. Received: no sbatch, squeue"):
        executor.start()
    holder = Holder("a", "", "", "", 1, "", executor="slurm", job="slurm:optbench-test:1:0")
    assert executor.is_gone(holder) is None


def test_a_part_of_a_gpu_is_refused(tmp_path):
    """SLURM has no such thing; a site may have a name for its own parts."""
    path = tmp_path / "machine.yaml"
    path.write_text("resources: {gpus: 0.5}")
    with pytest.raises(MachineError, match=r"SLURM gives whole GPUs. Received: resources.gpus: 0.5."):
        slurm_client.submit("", load_machine(path), elements=1, output="", options=[])


def test_it_takes_no_address():
    """Which cluster it is, SLURM's programs know."""
    with pytest.raises(UsageError, match=r"--executor slurm takes no address. Received: 'slurm:a'."):
        make_executor("slurm", lambda _address: ExecutorSettings(1, {}, "json", address="a"))


@pytest.mark.parametrize(
    ("variables", "job"),
    [
        ({}, ""),
        ({"SLURM_JOB_ID": "7", "SLURM_CLUSTER_NAME": "c"}, "slurm:c:7:0"),
        (
            {
                "SLURM_JOB_ID": "8",
                "SLURM_ARRAY_JOB_ID": "7",
                "SLURM_ARRAY_TASK_ID": "0",
                "SLURM_CLUSTER_NAME": "c",
                "SLURM_RESTART_COUNT": "2",
            },
            "slurm:c:7_0:2",
        ),
    ],
)
def test_a_process_knows_its_job(variables, job):
    """Claims name it, so that the controller can be asked whether it is over."""
    assert slurm_client.own_job(variables) == job
