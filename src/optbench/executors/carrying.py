"""Slots on a machine that does not see the spool: what a task needs is carried there, and back what comes of it.

There a `Carrier` has a private folder, with a spool of its own in which the same agent serves the same kind of slot. A
thread per slot (`CarriedSlot`) stands between the two: a task is handed on when everything it needs is there; what it
says is passed on while it runs, its checkpoints as they appear, and its end when everything before it is here. So the
executor sees a slot like any other, and a machine that is lost has lost what came after the last checkpoint.

Runs are claimed and finished on this side. Whatever is written into a run goes through its claim, under names that are
made here.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.core.refusals import reason_of
from optbench.errors import OptbenchError, StorageError
from optbench.executors.carried_node import FullNodeError, NodeLostError, UnfitNodeError
from optbench.executors.carrier import CHUNK, LOG
from optbench.executors.helper_here import HelperLane
from optbench.executors.interface import Task, TaskEnd
from optbench.executors.pause import Pause
from optbench.executors.ray_actor import REFUSED
from optbench.executors.spool import append, read_whole, write_whole
from optbench.run_store import Claim, RunPaths
from optbench.run_store.carried import bring_trained, names_to_train, write_chunks
from optbench.run_store.checkpoints import bring_checkpoint, newest_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.executors.carried_node import Node
    from optbench.executors.helper_here import HelperHere
    from optbench.executors.spool import SlotPaths

_SHORTEST_PAUSE_S: Final = 0.01  # a look asks the node


class Agent(Protocol):
    """The process on the other machine that serves a slot."""

    def start(self, spool: str, slot: str) -> None:
        """Start it, with folders there."""

    def outcome(self) -> Mapping[str, Any] | None:
        """Return how it ended, None while it has not."""

    def kill(self) -> None:
        """End it at once, without waiting."""


@dataclass(slots=True)
class _Work:
    """A task that the other machine is at.

    Attributes
    ----------
    number : of the task, here
    there : its number there, where other tasks were not
    place : where its files are there
    claim : on the run that it trains, None if it trains none
    made : files that come back at its end: path here by name in the place
    read : bytes of its events and its log that have come back
    checkpoint : epoch of the newest one that has come back, or was tried; -1 if there is none
    """

    number: int
    there: int
    task: Task
    place: int
    claim: Claim | None = None
    made: dict[str, Path] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=lambda: {"events": 0, "log": 0})
    checkpoint: int = -1
    is_revoked: bool = False

    @property
    def run(self) -> str:
        """Name of the copy of its run, "" if it trains none."""
        return "" if self.claim is None else self.claim.run.folder.name


class CarriedSlot:
    """A slot of the spool here, and of another one there.

    Parameters
    ----------
    slot : here
    directory : that relative paths of tasks start from
    find_node : returns the machine of the agent, which may take some time
    helper : carries out here what is for helpers
    tell_end : takes how the agent has ended, last of all
    """

    def __init__(
        self,
        slot: SlotPaths,
        directory: Path,
        agent: Agent,
        *,
        find_node: Callable[[], Node],
        helper: HelperHere,
        tell_end: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._slot, self._lane = slot, slot.lane("worker")
        self._directory, self._agent = directory, agent
        self._find_node, self._tell_end = find_node, tell_end
        self._helpers = HelperLane(slot.lane("helper"), helper)
        self._number = self._there = self._said = 0
        self._work: _Work | None = None

    def run(self) -> None:
        """Serve the slot to its end."""
        try:
            outcome = self._serve(self._find_node())
        except NodeLostError as error:
            outcome = {"lost": str(error)}
        except UnfitNodeError as error:
            outcome = {"error": str(error)}
        except FullNodeError as error:
            outcome = {"unseen": error.node, "reason": str(error)}
        except OSError as error:  # of the spool on either side
            outcome = {"lost": f"its files cannot be carried: {reason_of(error)}."}
        except (OptbenchError, KeyError, TypeError, ValueError) as error:  # of what is not as an agent writes it
            outcome = {"lost": f"what it tells cannot be read: {error}"}
        self._agent.kill()
        with suppress(OSError):  # the command may be gone, and its folder with it
            self._helpers.end()
        with suppress(OSError):
            self._tell_end(outcome)

    def _serve(self, node: Node) -> Mapping[str, Any]:
        name, pause = self._slot.folder.name, Pause(shortest=_SHORTEST_PAUSE_S)
        self._agent.start(node.folder, node.new_slot(name))
        try:
            while True:
                outcome = self._agent.outcome()  # asked first: what it has written is there then
                is_new = self._look(node)
                if outcome is not None:
                    return outcome
                is_new = self._helpers.look() or is_new
                if self._begin_next(node) or is_new:
                    pause.restart()
                pause.wait()
        finally:
            node.forget_slot(name)
            if self._work is not None:
                self._end_work(node, self._work)

    def _begin_next(self, node: Node) -> bool:
        """Begin the next task if there is one and the last has ended; return whether there is."""
        document = read_whole(self._lane.task(self._number + 1)) if self._work is None else None
        if document is None:
            return False
        self._number += 1
        task = Task.from_json(document)
        try:
            self._begin(node, task)
        except OSError as error:
            told = f"what it needs cannot be carried to node {node.name}: {reason_of(error)}."
            self._conclude(node, TaskEnd(task.name, 1, {}, told, "storage"))
        return True

    def _begin(self, node: Node, task: Task) -> None:
        """Carry to the node what a task needs, and the task with the paths that it has there."""
        node.require_code(task.code)
        work = self._work = _Work(self._number, self._there + 1, task, node.ask("new_place"))
        data: dict[str, str] = {}
        in_place: dict[str, str] = {}
        for argument, use in task.paths.items():
            if task.arguments[argument] is None:
                continue
            path = self._directory / task.arguments[argument]
            if use == "read":
                data[argument] = node.have(path)
                continue
            in_place[argument] = path.name
            if use == "train":
                work.claim = Claim(RunPaths(path), task.arguments["claim"])
                for name in names_to_train(work.claim.run):
                    node.send(work.place, f"{path.name}/{name}", path / name)
            else:
                work.made[path.name] = path
        attempts = {} if work.claim is None else {work.run: work.claim.name}
        place = node.ask("whole", work.place, attempts)
        moved = {**data, **{argument: f"{place}/{name}" for argument, name in in_place.items()}}
        there = task.moved(moved, None if task.log is None else f"{place}/{LOG}")
        self._there += 1
        node.ask("give", self._slot.folder.name, self._there, there.to_json())

    def _look(self, node: Node) -> bool:
        """Pass on what the agent has written since the last look; return whether it has."""
        is_new = False
        while True:
            seen = self._ask(node)
            texts = [seen[name] for name in ("said", "events", "log")]
            is_new = self._pass_on(node, seen) or any(texts) or is_new
            if max(map(len, texts)) < CHUNK:
                break
        if seen["end"] is not None and self._work is not None:
            is_new = True
            end = TaskEnd.from_json(seen["end"])
            self._conclude(node, replace(end, name=self._work.task.name))
        if seen["left"] is not None:
            self._helpers.end()  # first: what has no end when the slot is left has not begun
            write_whole(self._slot.left, {})
        return is_new

    def _ask(self, node: Node) -> Mapping[str, Any]:
        work, read = self._work, {"said": self._said, "events": 0, "log": 0}
        where = (0, 0, "") if work is None else (work.there, work.place, work.run)
        if work is not None:
            read |= work.read
        seen: Mapping[str, Any] = node.ask("look", self._slot.folder.name, *where, read)
        return seen

    def _pass_on(self, node: Node, seen: Mapping[str, Any]) -> bool:
        self._said += append(self._slot.log, seen["said"])
        if seen["refused"] is not None:
            write_whole(self._slot.folder / REFUSED, seen["refused"])
        if seen["is_leaving"]:
            self._slot.leaving.touch()
        if seen["ready"] is not None and not self._slot.ready.exists():
            write_whole(self._slot.ready, {})
        work = self._work
        if work is None:
            return False
        if work.task.log is not None:
            with suppress(FileNotFoundError):  # the run was taken over, and with it what is said of it
                append(self._directory / work.task.log, seen["log"])
            work.read["log"] += len(seen["log"])
        is_new = work.claim is not None and self._bring_checkpoint(node, work, work.claim, seen["checkpoints"])
        work.read["events"] += append(self._lane.events(work.number), seen["events"])
        return is_new

    def _bring_checkpoint(self, node: Node, work: _Work, claim: Claim, names: Sequence[str]) -> bool:
        """Bring the newest checkpoint here, unless it is; have training there end if the run is not the command's."""
        if claim.is_lost:
            if not work.is_revoked:
                work.is_revoked = True
                node.ask("revoke", work.place, work.run, claim.name)
            return False
        epoch = newest_checkpoint(claim, names)
        if epoch is None or epoch <= work.checkpoint:
            return False
        name = claim.run.checkpoint(epoch, claim.number).relative_to(claim.run.folder).as_posix()
        chunks = node.fetch(work.place, f"{work.run}/{name}")
        if chunks is not None:  # else a newer one has taken its place
            work.checkpoint = epoch
            with suppress(StorageError):  # the run goes on; if it has to begin again, from the one before
                bring_checkpoint(claim, epoch, chunks)
        return True

    def _conclude(self, node: Node, end: TaskEnd) -> None:
        """Bring here what a task has made, then let its end be seen."""
        work = self._work
        if work is not None:
            try:
                if end.kind == "ok":
                    self._bring_made(node, work)
            except StorageError as error:
                end = TaskEnd(end.name, error.exit_code, {}, str(error), "storage", code=error.code)
            self._end_work(node, work)
        write_whole(self._lane.end(self._number), end.to_json())

    def _bring_made(self, node: Node, work: _Work) -> None:
        claim = work.claim
        if claim is not None:
            bring_trained(claim, lambda name: node.fetch(work.place, f"{work.run}/{name}"))
        for name, path in work.made.items():
            chunks = node.fetch(work.place, name)
            if chunks is not None:
                write_chunks(path, chunks)

    def _end_work(self, node: Node, work: _Work) -> None:
        self._work = None
        with suppress(NodeLostError, OSError):
            node.ask("drop", work.place)
