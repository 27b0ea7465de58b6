"""Ray's part of carrying: an actor for each machine that does not see the spool, beside those that serve slots there.

It takes no processor from runs. As it does one call at a time, and is the only one on its machine, nothing there is
carried twice or read by halves.
"""

from __future__ import annotations

import importlib
import json
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.executors.carried_node import Node, NodeLostError
from optbench.executors.carrier import Carrier
from optbench.executors.carrying import CarriedSlot
from optbench.executors.helper_here import HelperHere
from optbench.executors.ray_actor import SETTINGS, variables_of_agent
from optbench.executors.spool import SlotPaths, SpoolPaths, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENDED: Final = "ended.json"
"""File of a slot that says how its actor has ended."""
LONGEST_END_S: Final = 10.0
_LONGEST_CALL_S: Final = 120.0  # a call passes a few MB at most; what takes longer is a machine that hangs


def serve_by(actor: Any, settings: Mapping[str, Any], spool: str, slot: str, *, is_carried: bool = False) -> Any:
    """Have an actor serve a slot; returns the result that is to come."""
    common = {name: settings[name] for name in ("secret", "directory", "gpus", "command")}
    return actor.serve.remote(json.dumps({**common, "spool": spool, "slot": slot, "is_carried": is_carried}))


def outcome_of(ray: Any, result: Any) -> dict[str, Any]:
    """Return how an actor has ended."""
    try:
        outcome: dict[str, Any] = json.loads(ray.get(result))
    except ray.exceptions.OutOfMemoryError:
        return {"memory": True}
    except ray.exceptions.RayError as error:
        return {"lost": _told(error)}
    return outcome


class RayCarrying:
    """The carried slots of a command, on any number of machines."""

    def __init__(self, ray: Any, settings: Mapping[str, Any], spool: Path) -> None:
        self._ray, self._settings, self._spool = ray, settings, SpoolPaths(spool)
        self._documents = (SETTINGS, self._spool.settings.name)
        self._nodes: dict[str, tuple[Node, Any]] = {}  # by Ray's name: machine, actor of its carrier
        self._actors: list[Any] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}  # of machines
        self._helper = HelperHere(
            self._spool,
            self._documents,
            command=settings["command"],
            directory=Path(settings["directory"]),
            variables=variables_of_agent(os.environ, 0),
        )

    def begin(self, slot: Path, actor: Any) -> None:
        """Serve a slot by an actor that does not see it."""
        self._actors.append(actor)
        carried = CarriedSlot(
            SlotPaths(slot),
            Path(self._settings["directory"]),
            _RayAgent(self._ray, self._settings, actor),
            find_node=lambda: self._node_of(actor),
            helper=self._helper,
            tell_end=lambda outcome: write_whole(slot / ENDED, outcome),
        )
        self._threads.append(threading.Thread(target=carried.run, daemon=True))
        self._threads[-1].start()

    def end(self) -> None:
        """End all actors and what they have started; folders on other machines are removed."""
        for actor in self._actors:
            self._ray.kill(actor)
        self._helper.end()
        for node, carrier in list(self._nodes.values()):
            node.end()
            self._ray.kill(carrier)
        for thread in self._threads:
            thread.join(LONGEST_END_S)

    def _node_of(self, actor: Any) -> Node:
        """Return the machine that an actor is on; the first of its slots has a carrier begun there."""
        with _as_answers(self._ray):
            name: str = self._ray.get(actor.node.remote())
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._nodes or self._nodes[name][0].is_lost:
                self._nodes[name] = self._begun(name)
            return self._nodes[name][0]

    def _begun(self, name: str) -> tuple[Node, Any]:
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        carrier = self._ray.remote(
            num_cpus=0,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(name, soft=False),
        )(Carrier).remote()

        def ask(method: str, *arguments: Any) -> Any:
            with _as_answers(self._ray):
                return self._ray.get(getattr(carrier, method).remote(*arguments), timeout=_LONGEST_CALL_S)

        return Node(ask, self._spool, self._documents), carrier


class _RayAgent:
    """The agent that an actor starts; see `carrying.Agent` for the methods."""

    def __init__(self, ray: Any, settings: Mapping[str, Any], actor: Any) -> None:
        self._ray, self._settings, self._actor = ray, settings, actor
        self._result: Any = None

    def start(self, spool: str, slot: str) -> None:
        """Have the actor start it."""
        with _as_answers(self._ray):
            self._result = serve_by(self._actor, self._settings, spool, slot, is_carried=True)

    def outcome(self) -> Mapping[str, Any] | None:
        """Return what the actor says of its end."""
        ended, _ = self._ray.wait([self._result], timeout=0)
        return outcome_of(self._ray, self._result) if ended else None

    def kill(self) -> None:
        """End the actor, which takes it along."""
        self._ray.kill(self._actor)


@contextmanager
def _as_answers(ray: Any) -> Iterator[None]:
    """Tell apart what a method on the other machine has raised and that nobody has answered."""
    errors = ray.exceptions
    try:
        yield
    except errors.RayTaskError as error:
        if isinstance(error.cause, OSError):
            raise error.cause from None
        raise NodeLostError(_told(error)) from error
    except errors.RayError as error:
        raise NodeLostError(_told(error)) from error


def _told(error: Exception) -> str:
    return " ".join(str(error).split())
