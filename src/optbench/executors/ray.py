"""The executor of a Ray cluster: actors whose agents serve slots of a spool, on a cluster that is named or made.

None is looked for: Ray's own search (`auto`, the cluster that was started last on this machine) would have runs end up
on a stranger's.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.config import GPU_SHARE
from optbench.core.interpreter import python_command
from optbench.core.temporary_folders import make_temporary_folder
from optbench.errors import MachineError, OptbenchError, RunFailedError
from optbench.executors import ray_address
from optbench.executors.ends import unreported_end
from optbench.executors.interface import TaskEnd
from optbench.executors.ray_actor import REFUSED, SETTINGS, installed_versions
from optbench.executors.ray_carrying import ENDED
from optbench.executors.registry import ExecutorKind
from optbench.executors.slots import SlotExecutor, is_true_within
from optbench.executors.spool import Spool, SpoolSlot, read_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.config import MachineConfig
    from optbench.core.temporary_folders import TemporaryFolder
    from optbench.executors.registry import ExecutorSettings
    from optbench.executors.slots import Slot
    from optbench.executors.spool import SlotPaths
    from optbench.run_store import Holder

_GRACE_S: Final = 5.0  # for agents to leave by themselves
_LONGEST_END_S: Final = 30.0
_SOCKETS: Final = Path("/tmp")  # noqa: S108 - the paths of Ray's sockets are as long as the system allows, or longer
_QUIET: Final = {"RAY_ENABLE_AUTO_CONNECT": "0", "RAY_USAGE_STATS_ENABLED": "0"}
_ON_LOOPBACK: Final = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # Ray's name for: keep to 127.0.0.1


def make_ray_executor(settings: ExecutorSettings) -> SlotExecutor:
    """Return an executor on the cluster at `settings.address` or `RAY_ADDRESS`, else on one of the command's own."""
    return SlotExecutor(RayPlace(settings), jobs=settings.jobs)


def _joins(address: str) -> bool:
    """Return whether a cluster is named: one of the command's own is on this machine."""
    return ray_address.ray_address(address) != ""


def _jobs(machine: MachineConfig) -> int:
    return machine.ray.jobs


KIND: Final = ExecutorKind(make_ray_executor, _joins, _jobs)


class RayPlace:
    """Slots in actors; see `Place` for the methods."""

    def __init__(self, settings: ExecutorSettings, *, find: Callable[[str], object] = find_spec) -> None:
        """Make it; `find` tells whether a package is there."""
        self._settings = settings
        self._find = find
        self._address = ""
        self._spool: Spool | None = None
        self._driver: Driver | None = None

    def start(self) -> None:
        """Require Ray and an address of the right form; whether a cluster answers there shows when slots are opened."""
        self._address = ray_address.ray_address(self._settings.address)
        if self._find("ray") is None:
            raise MachineError(
                '--executor ray needs ray, which is not installed. Run: pip install "optbench[ray]".',
                code="machine-package-missing",
            )

    def open(self, number: int) -> Sequence[Slot]:
        """Ask for so many actors."""
        if self._spool is None:
            kept = without_token(self._settings.environment)
            self._spool = Spool(replace(self._settings, environment=kept), from_node=(GPU_SHARE,))
        if self._driver is None or self._driver.is_gone:
            self._close_driver()
            self._driver = Driver.begin(self._settings, self._address, self._spool.paths.folder)
        paths = [self._spool.new_slot() for _ in range(number)]
        self._driver.open(paths)
        return [SpoolSlot(slot, Actor(slot, self._driver)) for slot in paths]

    def close(self, slots: Sequence[Slot]) -> None:
        """Have agents leave, then end all actors, and the cluster if it is the command's own."""
        for slot in slots:
            slot.close()
        with suppress(OptbenchError):  # why there are no slots has been told
            is_true_within(lambda: not any(slot.is_serving for slot in slots), seconds=_GRACE_S)
        self._close_driver()
        if self._spool is not None:
            self._spool.remove()
            self._spool = None

    def is_gone(self, holder: Holder) -> bool | None:
        """Return None: claims are the command's, of whose machine Ray tells nothing."""
        del holder
        return None

    def _close_driver(self) -> None:
        if self._driver is not None:
            self._driver.close()
            self._driver = None


@dataclass(frozen=True, slots=True)
class Driver:
    """The process that talks to Ray.

    Attributes
    ----------
    folder : of the spool
    own : folder of the cluster that it starts; None if it joins one
    """

    process: subprocess.Popen[bytes]
    folder: Path
    own: TemporaryFolder | None

    @classmethod
    def begin(cls, settings: ExecutorSettings, address: str, folder: Path) -> Driver:
        """Start it; it is in a session of its own, so that Ctrl-C does not reach the cluster."""
        own = None if address else make_temporary_folder("ray", _SOCKETS)
        memory = settings.machine.resources.memory_mb
        wanted = {
            "address": address,
            "temporary": str(own.path) if own else None,
            "jobs": settings.jobs,
            "cpus": settings.machine.resources.cpus,
            "gpus": settings.machine.resources.gpus,
            "memory": memory << 20 if memory else None,
            "allow_unauthenticated": settings.machine.ray.allow_unauthenticated,
            "versions": installed_versions(),
            "directory": str(Path.cwd()),
            "command": python_command("optbench.executors.ray_actor:serve_slot"),
            "secret": secrets.token_hex(16),
        }
        write_whole(folder / SETTINGS, wanted)
        with (folder / "driver.log").open("ab") as log:
            process = subprocess.Popen(
                python_command("optbench.executors.ray_driver:serve", str(folder)),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=variables_of_driver(os.environ, address),
                cwd=folder,  # Ray has workers look for modules where its driver is: nothing lies there
                start_new_session=True,
            )
        return cls(process, folder, own)

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, and all its actors with it."""
        return self.process.poll() is not None

    def open(self, slots: Sequence[SlotPaths]) -> None:
        """Ask for an actor for each of these."""
        orders = [str(slot.folder) for slot in slots]
        with suppress(OSError):  # if it has ended, its slots have
            self._stdin.write(json.dumps(orders).encode() + b"\n")
            self._stdin.flush()

    def said(self) -> str:
        """Return the last of what it and Ray said."""
        with suppress(OSError):
            return (self.folder / "driver.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        return ""

    def close(self) -> None:
        """Have it end its actors and itself; if it does not, all that it has started here is killed."""
        with suppress(OSError):
            self._stdin.close()
        try:
            self.process.wait(timeout=_LONGEST_END_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.own is not None:
            self.own.remove()

    @property
    def _stdin(self) -> Any:
        return self.process.stdin


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor of a slot; see `spool.Process`."""

    paths: SlotPaths
    driver: Driver

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, or the driver, which takes it along.

        Raises
        ------
        MachineError, RunFailedError
            If it could not begin, for a reason that holds for every other as well; the latter if some have begun.
        """
        self._require_fit()
        return self._ended is not None or self.driver.is_gone

    def end(self, name: str, *, stopping: bool) -> TaskEnd:
        """Return how a task ended by how its actor did."""
        ended = self._ended or {"lost": "the process that talks to Ray has ended."}
        if "exit_code" in ended:
            return unreported_end(name, ended["exit_code"], stopping=stopping)
        if "memory" in ended:
            return unreported_end(name, -signal.SIGKILL, stopping=stopping, memory_ran_out=True)
        error = f"its worker is lost: {ended['lost']}"
        return TaskEnd(name, -signal.SIGKILL, {}, error, "crashed")  # another worker or node may fare better

    def said(self) -> str:
        """Return how it ended."""
        ended = self._ended
        if ended is None:
            return self.driver.said()
        return f"exit code {ended['exit_code']}" if "exit_code" in ended else str(ended.get("lost", ""))

    @property
    def _ended(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = read_whole(self.paths.folder / ENDED)
        return found

    def _require_fit(self) -> None:
        error = self._unfit()
        if error is None:
            return
        if self._others_are_ready or self.paths.has_ended_task:
            raise RunFailedError(str(error), code="run-cluster-unfit")  # the other promises that nothing has run
        raise error

    @property
    def _others_are_ready(self) -> bool:
        return any(ready.parent != self.paths.folder for ready in self.driver.folder.glob("slot-*/ready"))

    def _unfit(self) -> MachineError | None:
        refused = read_whole(self.driver.folder / REFUSED) or read_whole(self.paths.folder / REFUSED)
        ended = self._ended or {}
        if refused is not None:
            return MachineError(refused["error"], code=refused["code"])
        if "unseen" in ended:
            return MachineError(
                "a node that does not see the runs directory must have a folder for temporary files, where what runs "
                f"need is carried to. Received: node {ended['unseen']}: {ended['reason']}. Set TMPDIR before Ray is "
                "started there, or give --runs-dir a folder that all nodes share (NFS).",
                code="machine-node-unsharing",
            )
        if "error" in ended:
            return MachineError(
                "every node must have the Python and the working directory of the command by the same paths. "
                f"Received: {ended['error']}. Give all nodes the same environment.",
                code="machine-node-differs",
            )
        return None


def without_token(variables: Mapping[str, str]) -> dict[str, str]:
    """Return variables without a token of Ray's: what trains, and people's own code in it, has no need of one."""
    return {name: value for name, value in variables.items() if not name.startswith("RAY_AUTH_")}


def variables_of_driver(here: Mapping[str, str], address: str) -> dict[str, str]:
    """Return the variables of the process that talks to Ray.

    Parameters
    ----------
    here : variables of the command
    address : of the cluster; that of the command's own asks for a token which nobody else knows
    """
    kept = {name: value for name, value in here.items() if name != ray_address.ADDRESS}
    if not address:
        own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        return {**kept, **_QUIET, **_ON_LOOPBACK, **own}
    return {**kept, **_QUIET, **(_ON_LOOPBACK if ray_address.is_loopback(ray_address.host_of(address)) else {})}
