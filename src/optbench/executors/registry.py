"""Which executors there are, and how one is made from the name that the command line gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from optbench.config import MachineConfig
from optbench.plugins import load_plugin, plugin_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optbench.executors.interface import Executor

GROUP: Final = "optbench.executors"
OWN: Final[Mapping[str, str]] = {
    "local": "optbench.executors.local:make_local_executor",
    "ray": "optbench.executors.ray:KIND",
    "slurm": "optbench.executors.slurm:KIND",
}


@dataclass(frozen=True, slots=True)
class ExecutorSettings:
    """What every executor is made from; a function takes it and returns an `Executor`.

    Attributes
    ----------
    jobs : tasks at a time
    environment : all variables of a process that trains; no process may be started with others
    preload : module that a process may import before its first task, to be ready sooner
    address : what follows the name and a colon on the command line, "" if nothing does
    timeout : seconds a worker's task may take, or None
    machine : what the machine file says
    shared : folder that every machine sees by this path; None for that of temporary files, which one machine has
    """

    jobs: int
    environment: Mapping[str, str]
    preload: str
    address: str = ""
    timeout: float | None = None
    machine: MachineConfig = field(default_factory=MachineConfig)
    shared: Path | None = None


def _nowhere_else(_address: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ExecutorKind:
    """An executor as it is registered; a function alone stands for one that executes runs on this machine.

    Attributes
    ----------
    make : returns the executor
    is_elsewhere : by the address, whether runs are executed on other machines; data for them must lie where these see
        it, and what is on this machine limits them no more
    jobs : by what the machine file says, how many runs at a time elsewhere, where `-j` does not say; None takes as
        many as this machine has cores
    """

    make: Callable[[ExecutorSettings], Executor]
    is_elsewhere: Callable[[str], bool] = _nowhere_else
    jobs: Callable[[MachineConfig], int] | None = None


def is_elsewhere(name: str) -> bool:
    """Return whether the executor `NAME` or `NAME:ADDRESS` executes runs on other machines."""
    kind, address = _kind(name)
    return kind.is_elsewhere(address)


def jobs_elsewhere(name: str, machine: MachineConfig) -> int | None:
    """Return how many runs an executor on other machines executes at a time, where nobody says; None if it leaves that.

    Parameters
    ----------
    machine : what the machine file says
    """
    jobs = _kind(name)[0].jobs
    return None if jobs is None else jobs(machine)


def executor_names() -> tuple[str, ...]:
    """Return the names of the executors that are there."""
    return plugin_names(GROUP, OWN)


def require_executor(name: str) -> None:
    """Require that there is an executor `NAME` or `NAME:ADDRESS`, before anything else is looked at.

    Raises
    ------
    UsageError
        With the names there are.
    """
    if name.partition(":")[0] not in OWN:
        load_plugin(GROUP, name.partition(":")[0], OWN, what="--executor")


def make_executor(name: str, settings: Callable[[str], ExecutorSettings]) -> Executor:
    """Make the executor `NAME` or `NAME:ADDRESS`.

    Parameters
    ----------
    settings : called with the address

    Raises
    ------
    UsageError
        If there is none of this name.
    """
    kind, address = _kind(name)
    return kind.make(settings(address))


def _kind(name: str) -> tuple[ExecutorKind, str]:
    """Return the executor `NAME` or `NAME:ADDRESS` as it is registered, and the address."""
    name, _, address = name.partition(":")
    found = load_plugin(GROUP, name, OWN, what="--executor")
    return (found if isinstance(found, ExecutorKind) else ExecutorKind(found)), address
