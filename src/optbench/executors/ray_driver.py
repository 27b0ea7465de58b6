"""The process that talks to Ray for a command: it joins or starts a cluster, and has an actor on it for every slot.

Ray is kept out of the command's own process. It takes over signals and limits of the process it is in, has threads
there, and ends it without a word if the cluster's head is lost; here that is one lost process, whose slots are opened
again.

Orders come as lines of JSON on stdin, each with the folders of new slots. Its end, however it comes, is the end of all.
What becomes of an actor is left in the folder of its slot. The slot of one that does not see this folder is served by
carrying (`ray_carrying.py`).
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.text import as_sentence
from optbench.errors import MachineError, OptbenchError
from optbench.executors import ray_address
from optbench.executors.ray_actor import SETTINGS, SlotActor, refuse
from optbench.executors.ray_carrying import ENDED, LONGEST_END_S, RayCarrying, outcome_of, serve_by
from optbench.executors.spool import read_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LOOK_S: Final = 0.25
_STORE_BYTES: Final = 80 << 20  # the least that Ray takes: nothing large is passed through it


def serve(arguments: Sequence[str]) -> int:
    """Carry out orders until stdin ends: the main function of the process.

    Parameters
    ----------
    arguments : folder of the spool, whose `ray.json` says what is wanted

    Returns
    -------
    int
        The exit code: 0, also after a refusal, which is left in the spool.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spool = Path(arguments[0])
    settings = read_whole(spool / SETTINGS)
    if settings is None:  # the command is gone, and its folder with it
        return 0
    try:
        with _connected(settings) as ray:
            actors = _Actors(ray, settings, spool)
            try:
                actors.serve(sys.stdin.fileno())
            finally:
                actors.end()
    except OptbenchError as error:
        refuse(spool, str(error), code=error.code)
    return 0


@contextmanager
def _connected(settings: Mapping[str, Any]) -> Iterator[Any]:
    """Join the cluster that is meant, or start one, and give the module `ray`."""
    address, is_allowed = settings["address"], settings["allow_unauthenticated"]
    asks = False
    if address:
        asks = ray_address.asks_for_token(address)
        ray_address.require_token([ray_address.host_of(address)], asks=asks, is_allowed=is_allowed)
        if asks:
            os.environ["RAY_AUTH_MODE"] = "token"  # Ray looks for the token only then, and when it is imported
    ray: Any = importlib.import_module("ray")
    try:
        if address:
            ray.init(address=address, log_to_driver=False, configure_logging=False)
        else:
            _start_cluster(ray, settings)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise _failed(address, error) from error
    try:
        nodes = [node for node in ray.nodes() if node["Alive"]]
        if address:
            hosts = [node["NodeManagerAddress"] for node in nodes]
            ray_address.require_token(hosts, asks=asks, is_allowed=is_allowed)
        _require_room(nodes, settings)
        yield ray
    finally:
        ray.shutdown()


def _start_cluster(ray: Any, settings: Mapping[str, Any]) -> None:
    """Start a cluster that this machine alone reaches, with room for all jobs; it ends with this process."""
    ray.init(
        address="local",
        num_cpus=settings["jobs"] * settings["cpus"],
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        _node_ip_address="127.0.0.1",
        _temp_dir=settings["temporary"],
    )


def _require_room(nodes: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> None:
    """Require that some node has what one run is given: an actor that fits nowhere would wait for ever."""
    wanted = {"CPU": settings["cpus"], "GPU": settings["gpus"], "memory": settings["memory"] or 0}
    if any(all(node["Resources"].get(name, 0) >= least for name, least in wanted.items()) for node in nodes):
        return
    there = "; ".join(_told_resources(node["Resources"]) for node in nodes)
    raise MachineError(
        f"a node of the Ray cluster must have what a run is given (resources in the machine file): "
        f"{_told_resources(wanted)}. Received: {there}. Give runs less, or the cluster such a node.",
        code="machine-ray-too-small",
    )


def _told_resources(resources: Mapping[str, float]) -> str:
    cpus, gpus, memory = (resources.get(name, 0) for name in ("CPU", "GPU", "memory"))
    return f"{cpus:g} CPUs, {gpus:g} GPUs, {memory / (1 << 30):.1f} GB of memory"


def _failed(address: str, error: Exception) -> MachineError:
    said = as_sentence(str(error) or type(error).__name__)
    if not address:
        return MachineError(f"Ray cannot start a cluster on this machine: {said}", code="machine-ray-unreachable")
    return MachineError(
        f"the Ray cluster at {address} cannot be joined from this machine: {said} The command has to be given on "
        "a machine of the cluster, with its token (RAY_AUTH_TOKEN, or ~/.ray/auth_token) if it asks for one.",
        code="machine-ray-unreachable",
    )


class _Actors:
    """The actors of a command."""

    def __init__(self, ray: Any, settings: Mapping[str, Any], spool: Path) -> None:
        self._ray, self._settings, self._spool = ray, settings, spool
        self._slots: dict[Any, tuple[str, Any]] = {}  # by the result that is to come: folder of the slot, actor
        self._carrying = RayCarrying(ray, settings, spool)
        # what ran in a lost actor is tried again by the command, which knows how often
        self._actor = ray.remote(
            num_cpus=settings["cpus"],
            num_gpus=settings["gpus"],
            memory=settings["memory"],
            max_restarts=0,
            max_task_retries=0,
        )(SlotActor)

    def serve(self, orders: int) -> None:
        """Open slots as orders come, and tell of actors that have ended, until there is nobody to order."""
        unread = b""
        while True:
            if select.select([orders], [], [], _LOOK_S)[0]:
                more = os.read(orders, 1 << 16)
                if not more:
                    break
                *lines, unread = (unread + more).split(b"\n")
                for line in lines:
                    self._open(json.loads(line))
            self._look()

    def end(self) -> None:
        """End all actors."""
        for _, actor in self._slots.values():
            self._ray.kill(actor)
        if self._slots:
            self._ray.wait(list(self._slots), num_returns=len(self._slots), timeout=LONGEST_END_S)
        self._carrying.end()

    def _open(self, slots: Sequence[str]) -> None:
        for slot in slots:
            actor = self._actor.remote()
            self._slots[serve_by(actor, self._settings, str(self._spool), slot)] = (slot, actor)

    def _look(self) -> None:
        """Tell of actors that have ended, and see to it that they have: one may be lost to this process alone."""
        if self._slots:
            ended, _ = self._ray.wait(list(self._slots), num_returns=len(self._slots), timeout=0)
            for result in ended:
                slot, actor = self._slots.pop(result)
                outcome = outcome_of(self._ray, result)
                if "unseen" in outcome:
                    self._carrying.begin(Path(slot), actor)
                    continue
                self._ray.kill(actor)
                write_whole(Path(slot) / ENDED, outcome)
