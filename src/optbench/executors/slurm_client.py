"""SLURM's own programs: jobs are submitted, asked for, cancelled.

What is asked for comes from the controller alone (`squeue`, `scontrol`): `sacct` needs an accounting database, which
many clusters do not have. No answer is told from the answer that a job has ended.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.core.text import as_sentence
from optbench.errors import MachineError, RunFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.config import MachineConfig
    from optbench.run_store import Holder

ENDED: Final = frozenset(
    {
        *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED"),
        *("NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"),
    }
)
FORGOTTEN: Final = "FORGOTTEN"  # of a job that the controller knows no more: it ended some minutes ago
_UNKNOWN_JOB: Final = "Invalid job id"
_LONGEST_ANSWER_S: Final = 60
_OWN: Final = re.compile(r"slurm:(?P<cluster>[^:]+):(?P<job>\d+(?:_\d+)?):(?P<restarts>\d+)")
_FIELD: Final = re.compile(r"(\w+)=(\S*)")
_KEPT: Final = ("SLURM_CONF",)
_PROGRAMS: Final = ("sbatch", "squeue", "scontrol", "scancel")


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended, as far as the controller knows.

    Attributes
    ----------
    state : one of `ENDED`, or `FORGOTTEN`
    exit_code : of the job, or minus the number of the signal that ended it
    """

    state: str
    exit_code: int = 0


def require_slurm() -> None:
    """Require that this machine has SLURM's programs.

    Raises
    ------
    MachineError
        If it does not.
    """
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        raise MachineError(
            f"--executor slurm needs SLURM's programs on PATH. Received: no {', '.join(missing)}. Give the command on "
            "a machine that jobs can be submitted from, such as the cluster's login node.",
            code="machine-slurm-missing",
        )


def job_number(environment: Mapping[str, str]) -> str:
    """Return the job that a process with these variables belongs to, as SLURM calls it; "" if it belongs to none."""
    number, element = environment.get("SLURM_ARRAY_JOB_ID"), environment.get("SLURM_ARRAY_TASK_ID")
    return f"{number}_{element}" if number and element else environment.get("SLURM_JOB_ID", "")


def own_job(environment: Mapping[str, str]) -> str:
    """Return the job of a process with these variables, for `Holder.job`; "" if it belongs to none."""
    job, cluster = job_number(environment), environment.get("SLURM_CLUSTER_NAME")
    restarts = environment.get("SLURM_RESTART_COUNT", "0")
    return f"slurm:{cluster}:{job}:{restarts}" if job and cluster else ""


def submit(script: str, machine: MachineConfig, *, elements: int, output: Path | str, options: Sequence[str]) -> str:
    """Submit an array of jobs, each with the resources of one run; returns its number.

    Parameters
    ----------
    script : of each element, which is told its number in `SLURM_ARRAY_TASK_ID`
    output : file for what an element says, as sbatch reads it
    options : more of sbatch's

    Raises
    ------
    RunFailedError
        If SLURM refuses it, with its words.
    """
    command = [
        *("sbatch", "--parsable", "--job-name=optbench", "--ntasks=1", f"--array=0-{elements - 1}"),
        *(f"--output={output}", *_of_machine(machine), *options),
    ]
    # a job that submits others would hand its own resources on to them
    environment = {name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith("SLURM_")}
    answer = _answer(command, given=script, environment=environment)
    if answer.returncode != 0:
        raise RunFailedError(
            f"SLURM did not take the jobs: {_words_of(answer)} What a job asks for stands in the machine file "
            "(resources, slurm).",
            code="run-not-submitted",
        )
    return answer.stdout.strip().partition(";")[0]


def _of_machine(machine: MachineConfig) -> list[str]:
    resources, slurm = machine.resources, machine.slurm
    if 0 < resources.gpus < 1 and slurm.gpus is None:
        raise MachineError(
            f"SLURM gives whole GPUs. Received: resources.gpus: {resources.gpus:g}. Write 1, or what the site calls a "
            "part of one into slurm.gpus.",
            code="machine-gpu-share",
        )
    gpus = slurm.gpus or (str(resources.gpus) if resources.gpus else None)
    memory = resources.memory_mb
    asked = {
        "cpus-per-task": resources.cpus,
        "mem": f"{memory}M" if memory else None,
        "gpus": gpus,
        "partition": slurm.partition,
        "account": slurm.account,
        "time": slurm.time,
    }
    return [f"--{name}={value}" for name, value in asked.items() if value is not None]


def states(jobs: Sequence[str]) -> dict[str, str] | None:
    """Return the state of each job, `FORGOTTEN` of those that the controller knows no more; None without an answer.

    Parameters
    ----------
    jobs : numbers of arrays, or of elements as `12_3`
    """
    if not jobs:
        return {}
    numbers = ",".join(dict.fromkeys(job.partition("_")[0] for job in jobs))
    answer = _answer(["squeue", "--noheader", "--array", "--states=all", "--format=%i %T", f"--jobs={numbers}"])
    if answer.returncode != 0 and _UNKNOWN_JOB not in answer.stderr:
        return None
    known = dict(line.split() for line in answer.stdout.splitlines() if len(line.split()) == 2)  # noqa: PLR2004
    return {job: known.get(job, FORGOTTEN) for job in jobs}


def how_ended(job: str) -> JobEnd:
    """Return how a job that is over has ended."""
    found = _shown(job) or {}
    exit_code, _, number = found.get("ExitCode", "0:0").partition(":")
    return JobEnd(found.get("JobState", FORGOTTEN), -int(number) if number not in ("", "0") else int(exit_code or 0))


def cancel(jobs: Sequence[str]) -> None:
    """Have jobs end; those that wait are dropped, those that run are killed within some seconds."""
    if jobs:
        _answer(["scancel", *jobs])


def requeue(job: str) -> bool:
    """Have a job of this cluster begin again later; returns whether SLURM will."""
    return _answer(["scontrol", "requeue", job]).returncode == 0


def is_gone(holder: Holder, own: str = "") -> bool | None:
    """Return whether the job that a process belonged to is over, None if the controller cannot tell.

    A job that was requeued runs again under its number; what it held before is gone.

    Parameters
    ----------
    own : the job of this process, as `own_job` says it
    """
    theirs, ours = _OWN.fullmatch(holder.job), _OWN.fullmatch(own)
    if theirs is None:
        return None
    job, restarts = theirs["job"], int(theirs["restarts"])
    if ours is not None and (ours["cluster"], ours["job"]) == (theirs["cluster"], job):
        return True if restarts < int(ours["restarts"]) else None
    if cluster_name() != theirs["cluster"]:
        return None
    found = _shown(job)
    if found is None:
        return None
    if not found:
        return True
    return found.get("JobState") in ENDED or restarts < int(found.get("Restarts", "0"))


def cluster_name() -> str | None:
    """Return what the cluster of this machine is called; None without an answer."""
    answer = _answer(["scontrol", "show", "config"])
    match = re.search(r"^ClusterName\s*=\s*(\S+)", answer.stdout, re.MULTILINE)
    return match[1] if match else None


def _shown(job: str) -> dict[str, str] | None:
    """Return the fields of a job; {} if the controller knows it no more, None without an answer."""
    answer = _answer(["scontrol", "--oneliner", "show", "job", job])
    if answer.returncode != 0:
        return {} if _UNKNOWN_JOB in answer.stderr + answer.stdout else None
    # the first of a name: what follows, such as paths of the user, may hold anything
    return dict(reversed(_FIELD.findall(answer.stdout.splitlines()[0]))) if answer.stdout else None


def _answer(
    command: Sequence[str], *, given: str | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Return what a program of SLURM answers; one that is missing or does not answer has failed."""
    try:
        return subprocess.run(
            command,
            input=given,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LONGEST_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _words_of(answer: subprocess.CompletedProcess[str]) -> str:
    return as_sentence(answer.stderr or answer.stdout) or f"exit code {answer.returncode}."
