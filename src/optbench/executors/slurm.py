"""The executor of a SLURM cluster: job arrays whose elements serve slots of a spool.

An element is a job like any other. It waits for its turn, takes tasks as long as there are some, and ends. One that
SLURM ends (preempted, out of time, its node lost) takes its task along, which goes on from its last checkpoint in
another.
"""

from __future__ import annotations

import os
import shlex
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optbench.core.interpreter import python_command
from optbench.errors import UsageError
from optbench.executors import slurm_client
from optbench.executors.ends import INTERRUPTED_EXIT, unreported_end
from optbench.executors.interface import TaskEnd
from optbench.executors.registry import ExecutorKind
from optbench.executors.slots import SlotExecutor, is_true_within
from optbench.executors.spool import Spool, SpoolSlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.config import MachineConfig
    from optbench.executors.registry import ExecutorSettings
    from optbench.executors.slots import Slot
    from optbench.run_store import Holder

_SOONEST_S, _LATEST_S = 2.0, 30.0  # between two questions to the controller, which has others to answer too
_GRACE_S: Final = 5.0  # for agents to leave by themselves
_LONGEST_END_S: Final = 60.0
_ASKS: Final = "#SBATCH"
_ENDED_BY_SLURM: Final = ("CANCELLED", "DEADLINE", "PREEMPTED", "TIMEOUT")
# set-up lines may say where libraries lie
_OF_SETUP: Final = ("LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "XLA_FLAGS")


def make_slurm_executor(settings: ExecutorSettings) -> SlotExecutor:
    """Return an executor that submits jobs.

    Raises
    ------
    UsageError
        If an address is given: SLURM's programs know their cluster.
    """
    if settings.address:
        raise UsageError(
            f"--executor slurm takes no address. Received: 'slurm:{settings.address}'. Use --executor slurm; "
            "SLURM_CONF names another cluster.",
            code="usage-executor-address",
        )
    return SlotExecutor(SlurmPlace(settings), jobs=settings.jobs)


def _always(_address: str) -> bool:
    return True


def _jobs(machine: MachineConfig) -> int:
    return machine.slurm.jobs


KIND: Final = ExecutorKind(make_slurm_executor, _always, _jobs)


class SlurmPlace:
    """Slots in job arrays; see `Place` for the methods."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self._spool: Spool | None = None
        self._jobs = _Jobs()

    def start(self) -> None:
        """Require SLURM's programs."""
        slurm_client.require_slurm()

    def open(self, number: int) -> Sequence[Slot]:
        """Submit one array of so many elements."""
        setup = self._settings.machine.slurm.setup
        if self._spool is None:
            self._spool = Spool(self._settings, from_node=_OF_SETUP if setup else ())
        paths = [self._spool.new_slot() for _ in range(number)]
        first = int(paths[0].folder.name.rpartition("-")[2])
        work = python_command("optbench.executors.agent:serve", str(self._spool.paths.folder))
        slot = f"{shlex.quote(str(self._spool.paths.folder))}/slot-$(({first} + SLURM_ARRAY_TASK_ID))"
        job = slurm_client.submit(
            batch_script(self._settings.machine, _log_to(slot), f'exec {shlex.join(work)} "$slot"'),
            self._settings.machine,
            elements=number,
            output=os.devnull,
            options=["--no-requeue", f"--signal=B:TERM@{self._settings.machine.slurm.grace}"],
        )
        return [SpoolSlot(slot, _Element(self._jobs.add(f"{job}_{i}"), self._jobs)) for i, slot in enumerate(paths)]

    def close(self, slots: Sequence[Slot]) -> None:
        """Have agents leave, cancel the jobs of those that cannot, and wait until they have ended."""
        for slot in slots:
            slot.close()
        slurm_client.cancel(self._jobs.pending())
        if not is_true_within(lambda: all(slot.is_gone for slot in slots), seconds=_GRACE_S):
            slurm_client.cancel(self._jobs.active())
            is_true_within(lambda: not self._jobs.active(), seconds=_LONGEST_END_S)
        if self._spool is not None:
            self._spool.remove()
            self._spool = None

    def is_gone(self, holder: Holder) -> bool | None:
        """Return what the controller knows of a holder's job."""
        return slurm_client.is_gone(holder, slurm_client.own_job(os.environ))


def batch_script(machine: MachineConfig, *lines: str) -> str:
    """Return the script of a job: the set-up lines of the machine file, then what is to be done.

    Parameters
    ----------
    lines : the last of them takes the place of the shell, so that signals reach it

    Notes
    -----
    sbatch reads lines that begin with `#SBATCH` up to the first command alone, so they stand first.
    """
    asked = [line for line in machine.slurm.setup if line.startswith(_ASKS)]
    others = [line for line in machine.slurm.setup if not line.startswith(_ASKS)]
    return "\n".join(["#!/bin/bash", *asked, *lines[:-1], *others, lines[-1], ""])


class _Jobs:
    """The states of jobs, asked for all of them together and not too often."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._asked, self._pause = 0.0, _SOONEST_S

    def add(self, job: str) -> str:
        """Begin to watch a job that was submitted just now; returns it."""
        self._states[job], self._pause = "PENDING", _SOONEST_S
        return job

    def is_over(self, job: str) -> bool:
        """Return whether a job has ended, as of the last seconds: more of them, the longer nothing has changed."""
        if time.monotonic() - self._asked > self._pause:
            self._ask()
        return _is_over(self._states[job])

    def active(self) -> list[str]:
        """Return the jobs that have not ended, as of now."""
        self._ask()
        return [job for job, state in self._states.items() if not _is_over(state)]

    def pending(self) -> list[str]:
        """Return the jobs that have not begun, as of now."""
        self._ask()
        return [job for job, state in self._states.items() if state == "PENDING"]

    def _ask(self) -> None:
        left = {job: state for job, state in self._states.items() if not _is_over(state)}
        states = slurm_client.states(list(left)) or {}
        is_new = any(state != left[job] for job, state in states.items())
        self._pause = _SOONEST_S if is_new else min(_LATEST_S, 1.5 * self._pause)
        self._states |= states
        self._asked = time.monotonic()


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of a job array; see `spool.Process`."""

    job: str
    jobs: _Jobs

    @property
    def is_gone(self) -> bool:
        """Whether the controller has seen it end."""
        return self.jobs.is_over(self.job)

    def end(self, name: str, *, stopping: bool) -> TaskEnd:
        """Return how a task ended by how its job did."""
        ended = slurm_client.how_ended(self.job)
        if ended.state in _ENDED_BY_SLURM:
            error = f"its job {self.job} was ended by SLURM ({ended.state})."
            return TaskEnd(name, INTERRUPTED_EXIT, {}, error, "interrupted")
        if ended.state == "OUT_OF_MEMORY":
            return unreported_end(name, -signal.SIGKILL, stopping=stopping, memory_ran_out=True)
        if ended.state in ("FAILED", "COMPLETED"):
            return unreported_end(name, ended.exit_code, stopping=stopping)
        # its node is lost, or nobody remembers: another job may fare better
        return TaskEnd(name, -signal.SIGKILL, {}, f"its job {self.job} is lost ({ended.state}).", "crashed")

    def said(self) -> str:
        """Return how it ended."""
        ended = slurm_client.how_ended(self.job)
        return f"job {self.job}: {ended.state}, exit code {ended.exit_code}"


def _is_over(state: str) -> bool:
    return state in slurm_client.ENDED or state == slurm_client.FORGOTTEN


def _log_to(slot: str) -> str:
    """Return the line of a script that sends what follows to the log of its slot."""
    return f'slot={slot}; exec >>"$slot/agent.log" 2>&1'
