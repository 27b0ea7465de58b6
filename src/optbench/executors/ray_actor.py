"""What Ray executes on a node: an actor that starts the agent of one slot and waits for its end.

The agent is a process of its own: it forks the processes that train from one that has not used TensorFlow, which the
process of an actor, full of Ray's threads, cannot be. It dies with the actor, and the actor with its node.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.config import GPU_SHARE
from optbench.executors import agent
from optbench.executors.child import enter_worker
from optbench.executors.spool import SlotPaths, SpoolPaths, read_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SETTINGS: Final = "ray.json"
REFUSED: Final = "refused.json"
_VERSIONED: Final = ("optbench", "tensorflow", "tensorflow-cpu", "keras", "numpy", "scikit-learn")
_SEEN_WITHIN_S: Final = 5.0  # a folder that was made just now may take as long to be seen on other machines
_POLL_S: Final = 0.2


class SlotActor:
    """Serves one slot."""

    def node(self) -> str:
        """Return Ray's name of the machine that this is on."""
        import ray

        name: str = ray.get_runtime_context().get_node_id()
        return name

    def serve(self, given: str) -> str:
        """Start the agent and wait for its end. It may be called again if it was `unseen`.

        Parameters
        ----------
        given : JSON: `spool`, `secret` that its `ray.json` holds, `slot`, `command` of an agent without these folders,
            its `directory`, `gpus` of the slot; `is_carried` if its tasks have paths that are whole, so that it can do
            without that directory

        Returns
        -------
        str
            JSON: `exit_code`, minus the number of the signal that ended it; or `unseen`, this machine's name; or
            `error`, why there is no such process.
        """
        slot = json.loads(given)
        directory = slot["directory"]
        if slot["is_carried"] and not Path(directory).is_dir():
            directory = slot["spool"]
        if not _is_seen(SpoolPaths(Path(slot["spool"])), slot["secret"]):
            return json.dumps({"unseen": os.uname().nodename})
        try:
            with SlotPaths(Path(slot["slot"])).log.open("ab") as log:
                process = subprocess.Popen(
                    [*slot["command"], slot["spool"], slot["slot"]],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=variables_of_agent(os.environ, slot["gpus"]),
                    cwd=directory,  # tasks have paths from there
                )
        except OSError as error:
            return json.dumps({"error": f"{os.uname().nodename}: {error}"})
        return json.dumps({"exit_code": process.wait()})


def serve_slot(arguments: Sequence[str]) -> int:
    """Serve a slot if this machine trains the bits of the command's: the main function of the agent's process.

    Parameters
    ----------
    arguments : folder of the spool, folder of the slot

    Returns
    -------
    int
        The exit code: 0, also after a stop; 1 where versions differ.
    """
    enter_worker()
    settings = read_whole(Path(arguments[0]) / SETTINGS)
    if settings is None:  # the command is gone, and its folder with it
        return 0
    here = installed_versions()
    others = {name: (version, here[name]) for name, version in settings["versions"].items() if here[name] != version}
    if others:
        told = ", ".join(
            f"{name} {there or 'none'} instead of {own or 'none'}" for name, (own, there) in others.items()
        )
        refuse(
            Path(arguments[1]),
            f"node {os.uname().nodename} would train other bits: it has {told}. Give all nodes the same environment.",
            code="machine-node-differs",
        )
        return 1
    return agent.serve(arguments)


def refuse(folder: Path, sentence: str, *, code: str) -> None:
    """Leave word for the command why it cannot go on; folder is that of the spool or of a slot."""
    write_whole(folder / REFUSED, {"error": sentence, "code": code})


def installed_versions() -> dict[str, str]:
    """Return the versions that can change a run's numbers, "" of what is not installed."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {"Python": python, **{name: _version(name) for name in _VERSIONED}}


def variables_of_agent(here: Mapping[str, str], gpus: float) -> dict[str, str]:
    """Return the variables of an agent: those of its actor, without what would let it talk to the cluster.

    Parameters
    ----------
    gpus : of its slot; a part of one is told to the processes that train
    """
    kept = {name: value for name, value in here.items() if not name.startswith("RAY_")}
    return {**kept, GPU_SHARE: f"{gpus:g}"} if 0 < gpus < 1 else kept


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _is_seen(spool: SpoolPaths, secret: str) -> bool:
    """Return whether this machine has the command's own folder by its path, and not another of that name."""
    give_up = time.monotonic() + _SEEN_WITHIN_S
    while time.monotonic() < give_up:
        found: Any = read_whole(spool.folder / SETTINGS)
        if found is not None:
            return bool(found["secret"] == secret)
        time.sleep(_POLL_S)
    return False
