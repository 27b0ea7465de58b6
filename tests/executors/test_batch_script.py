"""The script of a SLURM job, and what is read of one; no SLURM. Under a second."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from optbench.config import MachineConfig
from optbench.errors import RunFailedError
from optbench.executors import slurm_client
from optbench.executors.slurm import batch_script
from optbench.runner import detach


def test_what_is_asked_of_sbatch_stands_before_the_first_command():
    """sbatch reads no further; set-up lines stay in order, and the work is last."""
    setup = ["module load a", "#SBATCH --qos=night", "export B=1", "#SBATCH --constraint=avx512"]
    machine = MachineConfig.model_validate({"slurm": {"setup": setup}})
    lines = batch_script(machine, "exec >log", "exec work").splitlines()
    asked = ["#SBATCH --qos=night", "#SBATCH --constraint=avx512"]
    assert lines == ["#!/bin/bash", *asked, "exec >log", "module load a", "export B=1", "exec work"]
    assert batch_script(machine, "exec work").splitlines()[1:3] == asked


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED"])
def test_a_path_says_nothing_of_a_job(monkeypatch, state):
    """Names of folders come behind the fields of the controller, and may look like them."""
    told = f"JobId=7 JobName=optbench JobState={state} ExitCode=3:0 WorkDir=/home/x JobState=TIMEOUT ExitCode=9:9"
    answer = subprocess.CompletedProcess([], 0, told, "")
    monkeypatch.setattr(slurm_client, "_answer", lambda _command: answer)
    assert slurm_client.how_ended("7") == slurm_client.JobEnd(state, 3)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("sbatch: error: failed to establish a configuration source", "a configuration source. What a job asks for"),
        ("sbatch: error: Batch job submission failed.\n", "submission failed. What a job asks for"),
        ("sbatch: error: one\nsbatch: error: two", "error: one sbatch: error: two. What a job asks for"),
        ("", "exit code 1. What a job asks for"),
    ],
)
def test_the_words_of_slurm_end_before_those_of_optbench(monkeypatch, tmp_path, told, said):
    """Whether or not there is a full stop behind them."""
    (tmp_path / "told").write_text(told)
    (tmp_path / "sbatch").write_text(f"#!/bin/sh\n/bin/cat {tmp_path}/told >&2\nexit 1\n")
    (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunFailedError) as refused:
        slurm_client.submit("", MachineConfig(), elements=1, output="", options=[])
    assert said in str(refused.value)


def test_the_folder_of_logs_is_no_pattern(monkeypatch):
    """sbatch replaces %a, and what else begins so in the names of folders above."""
    outputs = []

    def submit(_script, _machine, *, output, **_):
        outputs.append(output)
        return "7"

    monkeypatch.setattr(slurm_client, "submit", submit)
    monkeypatch.setattr(slurm_client, "cluster_name", lambda: "here")
    options = SimpleNamespace(on_machine=MachineConfig())
    assert detach._submit("/data/50%a of it/.jobs/1", 1, options) == ("7", "here")
    assert outputs == ["/data/50%%a of it/.jobs/1/%a.log"]
