"""An executor as a stranger would write one: processes that find their tasks in a folder and leave what comes of them.

Of its own it has how such a process is started and how one sees that it has ended; a folder that both sides see would
do for processes on other machines, too (`executors/spool.py`).
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from optbench.core.interpreter import python_command
from optbench.executors.ends import unreported_end
from optbench.executors.interface import TaskEnd
from optbench.executors.registry import ExecutorKind, ExecutorSettings
from optbench.executors.slots import SlotExecutor
from optbench.executors.spool import Spool, SpoolSlot
from optbench.run_store import Holder

LEAVES_WITHIN_S = 10


def make_executor(settings: ExecutorSettings) -> SlotExecutor:
    """Make the executor; this is what the entry point names."""
    return SlotExecutor(Processes(settings), jobs=settings.jobs)


FAR = ExecutorKind(make_executor, is_elsewhere=lambda _address: True)
"""The same, which says that its processes are on other machines."""


class Processes:
    """Slots that processes of this machine serve."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self._spool: Spool | None = None
        self._started: list[Started] = []

    def start(self) -> None:
        """There is nothing that could be missing."""

    def open(self, number: int) -> Sequence[SpoolSlot]:
        if self._spool is None:
            self._spool = Spool(self._settings, beat_s=0.2, silence_s=3)
        return [self._new_slot() for _ in range(number)]

    def close(self, slots: Sequence[SpoolSlot]) -> None:
        for slot in slots:
            slot.close()
        for started in self._started:
            started.kill_unless_it_leaves()
        if self._spool is not None:
            self._spool.remove()
            self._spool = None

    def is_gone(self, holder: Holder) -> bool | None:
        """Nothing here knows of other machines."""
        del holder

    def _new_slot(self) -> SpoolSlot:
        slot = self._spool.new_slot()
        command = python_command("optbench.executors.agent:serve", str(self._spool.paths.folder), str(slot.folder))
        with slot.log.open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._started.append(Started(process))
        return SpoolSlot(slot, self._started[-1])


@dataclass
class Started:
    """A process that serves a slot."""

    process: subprocess.Popen[bytes]

    @property
    def is_gone(self) -> bool:
        return self.process.poll() is not None

    def end(self, name: str, *, stopping: bool) -> TaskEnd:
        return unreported_end(name, self.process.wait(), stopping=stopping)

    def said(self) -> str:
        return f"exit code {self.process.wait()}"

    def kill_unless_it_leaves(self) -> None:
        try:
            self.process.wait(timeout=LEAVES_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
