"""Which executors there are, and how one is made from the name that the command line gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from optbench.config import MachineConfig
from optbench.executors.ray_address import ray_address
from optbench.plugins import load_plugin, plugin_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optbench.executors.interface import Executor

GROUP: Final = "optbench.executors"
OWN: Final[Mapping[str, str]] = {
    "local": "optbench.executors.local:make_local_executor",
    "ray": "optbench.executors.ray:make_ray_executor",
    "slurm": "optbench.executors.slurm:make_slurm_executor",
}


@dataclass(frozen=True, slots=True)
class ExecutorSettings:
    """What every executor is made from; a function of that name takes it and returns an `Executor`.

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


def is_elsewhere(name: str) -> bool:
    """Return whether the executor `NAME` or `NAME:ADDRESS` executes runs on other machines.

    Data for them must lie where these see it.
    """
    name, _, address = name.partition(":")
    return name == "slurm" or (name == "ray" and ray_address(address) != "")


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
    name, _, address = name.partition(":")
    make: Callable[[ExecutorSettings], Executor] = load_plugin(GROUP, name, OWN, what="--executor")
    return make(settings(address))
