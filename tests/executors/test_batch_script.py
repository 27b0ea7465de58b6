"""The script of a SLURM job, and what is read of one; no SLURM. Under a second."""

from __future__ import annotations

import os
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


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Let a program of SLURM be a script of the shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def write(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    return write


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED"])
def test_a_path_says_nothing_of_a_job(programs, state):
    """Names of folders come behind the fields of the controller, and may look like them."""
    told = f"JobId=7 JobName=optbench JobState={state} ExitCode=3:0 WorkDir=/home/x JobState=TIMEOUT ExitCode=9:9"
    programs("scontrol", f"echo '{told}'")
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
def test_the_words_of_slurm_end_before_those_of_optbench(programs, tmp_path, told, said):
    """Whether or not there is a full stop behind them."""
    (tmp_path / "told").write_text(told)
    programs("sbatch", f"cat {tmp_path}/told >&2\nexit 1")
    with pytest.raises(RunFailedError) as refused:
        slurm_client.submit("", MachineConfig(), elements=1, output="", options=[])
    assert said in str(refused.value)


def test_the_folder_of_logs_is_no_pattern(programs, tmp_path):
    """sbatch replaces %a, and what else begins so in the names of folders above."""
    given = tmp_path / "given"
    programs("sbatch", f'printf "%s\\n" "$@" >{given}\necho 7')
    programs("scontrol", "echo 'ClusterName = here'")
    options = SimpleNamespace(on_machine=MachineConfig())
    assert detach.submit("/data/50%a of it/.jobs/1", 1, options) == ("7", "here")
    (output,) = (one for one in given.read_text().splitlines() if one.startswith("--output="))
    assert output == "--output=/data/50%%a of it/.jobs/1/%a.log"
