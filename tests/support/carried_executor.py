"""The spool of `spool_executor` for processes that do not use it: what passes is carried, as to a machine without it.

The other machine is another folder of this one, and its carrier is called, not asked over a network.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spool_executor import LEAVES_WITHIN_S

from optbench.core.interpreter import python_command
from optbench.executors.carried_node import Node
from optbench.executors.carrier import Carrier
from optbench.executors.carrying import CarriedSlot
from optbench.executors.ends import unreported_end
from optbench.executors.helper_here import HelperHere
from optbench.executors.interface import TaskEnd
from optbench.executors.registry import ExecutorSettings
from optbench.executors.slots import SlotExecutor, is_true_within
from optbench.executors.spool import SlotPaths, Spool, SpoolPaths, SpoolSlot
from optbench.run_store import Holder

AGENT = "optbench.executors.agent:serve"
DOCUMENTS = ("settings.json",)


def make_executor(settings: ExecutorSettings) -> SlotExecutor:
    """Make the executor; this is what the entry point names."""
    return SlotExecutor(CarriedProcesses(settings), jobs=settings.jobs)


def carried_node(spool: SpoolPaths, carrier: Carrier) -> Node:
    """Make a machine of a carrier in this process, which takes one call at a time."""
    one_at_a_time = threading.Lock()

    def ask(method: str, *arguments: Any) -> Any:
        with one_at_a_time:
            return getattr(carrier, method)(*arguments)

    return Node(ask, spool, DOCUMENTS)


class CarriedProcesses:
    """Slots that processes of this machine serve in a folder of their own."""

    def __init__(self, settings: ExecutorSettings, carrier: type[Carrier] = Carrier) -> None:
        self._settings, self._carrier = settings, carrier
        self._spool: Spool | None = None
        self._agents: list[Agent] = []

    def start(self) -> None:
        """There is nothing that could be missing."""

    def open(self, number: int) -> Sequence[SpoolSlot]:
        if self._spool is None:
            self._spool = Spool(self._settings, beat_s=0.2, silence_s=3)
            self._node = carried_node(self._spool.paths, self._carrier())
            self._helper = HelperHere(
                self._spool.paths,
                DOCUMENTS,
                command=python_command(AGENT),
                directory=Path.cwd(),
                variables=os.environ,
            )
        return [self._new_slot() for _ in range(number)]

    def close(self, slots: Sequence[SpoolSlot]) -> None:
        for slot in slots:
            slot.close()
        for agent in self._agents:
            is_true_within(lambda agent=agent: agent.outcome() is not None, seconds=LEAVES_WITHIN_S)
            agent.kill()
            agent.thread.join()
        self._agents = []
        if self._spool is not None:
            self._helper.end()
            self._node.end()
            self._spool.remove()
            self._spool = None

    def is_gone(self, holder: Holder) -> bool | None:
        """Nothing here knows of other machines."""
        del holder

    def _new_slot(self) -> SpoolSlot:
        slot = self._spool.new_slot()
        agent = Agent(slot)
        carried = CarriedSlot(
            slot, Path.cwd(), agent, find_node=lambda: self._node, helper=self._helper, tell_end=agent.note_end
        )
        agent.thread = threading.Thread(target=carried.run, daemon=True)
        agent.thread.start()
        self._agents.append(agent)
        return SpoolSlot(slot, agent)


class Agent:
    """The process that serves a slot: started and watched as `carrying.Agent`, seen by the executor as `spool.Process`.

    Attributes
    ----------
    thread : that carries for it
    """

    thread: threading.Thread

    def __init__(self, slot: SlotPaths) -> None:
        self._slot = slot
        self._process: subprocess.Popen[bytes] | None = None
        self._ended: Mapping[str, Any] | None = None

    def start(self, spool: str, slot: str) -> None:
        with (Path(slot) / "agent.log").open("ab") as log:
            command = python_command(AGENT, spool, slot)
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def outcome(self) -> Mapping[str, Any] | None:
        if self._ended is not None:
            return self._ended
        code = None if self._process is None else self._process.poll()
        return None if code is None else {"exit_code": code}

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def note_end(self, outcome: Mapping[str, Any]) -> None:
        self._ended = outcome

    @property
    def is_gone(self) -> bool:
        return self._ended is not None

    def end(self, name: str, *, stopping: bool) -> TaskEnd:
        if "exit_code" in self._ended:
            return unreported_end(name, self._ended["exit_code"], stopping=stopping)
        return TaskEnd(name, -9, {}, str(self._ended), "crashed")

    def said(self) -> str:
        return str(self._ended)
