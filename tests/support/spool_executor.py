"""An executor as a stranger would write one: processes that find their tasks in a folder and leave what comes of them.

It uses nothing but what the contract offers (`executors/interface.py`): a folder seen by both sides would do for
processes on other machines, too.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optbench.core.interpreter import python_command
from optbench.executors.child import carry_out, enter_worker
from optbench.executors.ends import end_before_begin, end_by_timeout, unreported_end
from optbench.executors.interface import OnEvent, Prepare, Task, TaskEnd
from optbench.executors.registry import ExecutorSettings
from optbench.run_store import Holder

POLL_S = 0.01


def make_executor(settings: ExecutorSettings) -> SpoolExecutor:
    """Make the executor; this is what the entry point names."""
    return SpoolExecutor(settings)


def work(arguments: Sequence[str]) -> int:
    """Carry out the tasks that appear in a folder, one after the other: the main function of a process."""
    enter_worker()
    folder, number, exit_code = Path(arguments[0]), 0, 0
    while exit_code == 0:
        number += 1
        task = folder / f"task-{number}.json"
        while not task.exists():
            time.sleep(POLL_S)
        with (folder / f"events-{number}.jsonl").open("w", encoding="utf-8", buffering=1) as events:
            end = carry_out(json.loads(task.read_text()), lambda event, to=events: to.write(json.dumps(event) + "\n"))
        write_whole(folder / f"end-{number}.json", end)
        exit_code = end["exit_code"]
    return exit_code


def write_whole(path: Path, document: Any) -> None:
    """Write a JSON file that appears at once."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document), encoding="utf-8")
    draft.rename(path)


@dataclass
class Worker:
    """A process, its folder, and the task it is at."""

    process: subprocess.Popen[bytes]
    folder: Path
    group: str
    task: Task | None = None
    number: int = 0
    events_read: int = 0
    begun: float = 0.0

    def begin(self, task: Task) -> None:
        """Hand it a task."""
        self.task, self.number, self.events_read, self.begun = task, self.number + 1, 0, time.monotonic()
        write_whole(self.folder / f"task-{self.number}.json", task.to_json())

    def events(self) -> Iterator[Any]:
        """Yield what the task has emitted since it was asked last; a line that is being written waits."""
        with contextlib.suppress(FileNotFoundError):
            data = (self.folder / f"events-{self.number}.jsonl").read_bytes()
            lines = data[self.events_read :].rpartition(b"\n")[0]
            self.events_read += len(lines) + bool(lines)
            yield from map(json.loads, lines.splitlines())

    def end(self) -> TaskEnd | None:
        """Return how the task ended, if it has said so."""
        with contextlib.suppress(FileNotFoundError):
            return TaskEnd.from_json(json.loads((self.folder / f"end-{self.number}.json").read_text()))
        return None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class SpoolExecutor:
    """Executes tasks in processes of their own, at most `settings.jobs` at a time."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self._folder: Path | None = None
        self._waiting: deque[Task] = deque()
        self._busy: list[Worker] = []
        self._idle: list[Worker] = []
        self._started, self._stopping = 0, False

    def start(self) -> None:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="spool-"))

    def expect(self, tasks: int) -> None:
        """It finishes runs in the processes that train them."""

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def execute(self, tasks: Iterable[Task], *, on_event: OnEvent, prepare: Prepare | None = None) -> Iterator[TaskEnd]:
        self.start()
        self._waiting.extend(tasks)
        while self._waiting or self._busy:
            yield from self._begin_tasks(prepare)
            for worker in list(self._busy):
                end = self._look_at(worker, on_event)
                if end is not None:
                    yield end
            time.sleep(POLL_S)

    def stop(self) -> None:
        self._stopping = True
        for worker in self._busy:
            if worker.task.pool == "worker":
                worker.process.terminate()

    def close(self) -> None:
        for worker in [*self._busy, *self._idle]:
            worker.kill()
        self._busy, self._idle = [], []
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    def is_gone(self, holder: Holder) -> bool | None:
        """Nothing here knows of other machines."""
        del holder

    def _begin_tasks(self, prepare: Prepare | None) -> Iterator[TaskEnd]:
        while self._waiting and len(self._busy) < self._settings.jobs:
            if self._stopping:
                self._waiting.clear()
                return
            task = self._waiting.popleft()
            ready = prepare(task) if prepare else task
            if ready is not None and self._stopping:
                yield end_before_begin(ready.name)
            elif ready is not None:
                worker = self._worker_for(ready.group)
                self._busy.append(worker)
                worker.begin(ready)
                if self._stopping and ready.pool == "worker":
                    worker.process.terminate()

    def _worker_for(self, group: str) -> Worker:
        for worker in self._idle:
            if worker.group == group:
                self._idle.remove(worker)
                return worker
        while len(self._idle) >= self._settings.jobs:
            self._idle.pop(0).kill()
        self._started += 1
        folder = self._folder / f"worker-{self._started}"
        folder.mkdir()
        command = python_command("spool_executor:work", str(folder))
        process = subprocess.Popen(command, env=dict(self._settings.environment), stdin=subprocess.DEVNULL)
        return Worker(process, folder, group)

    def _look_at(self, worker: Worker, on_event: OnEvent) -> TaskEnd | None:
        """Take what a worker has written; return the end of its task if there is one."""
        code = worker.process.poll()  # asked first: what a process has written is there when it has ended
        for event in worker.events():
            on_event(worker.task.name, event)
        end, limit = worker.end(), self._settings.timeout
        if end is None and code is not None:
            end = unreported_end(worker.task.name, code, stopping=self._stopping)
        elif end is None and limit and worker.task.pool == "worker" and time.monotonic() > worker.begun + limit:
            end = end_by_timeout(worker.task.name, limit)
        if end is not None:
            for event in worker.events():  # those between the first look and the end
                on_event(worker.task.name, event)
            self._busy.remove(worker)
            self._keep_or_end(worker, end)
        return end

    def _keep_or_end(self, worker: Worker, end: TaskEnd) -> None:
        if end.kind == "ok" and worker.group:
            self._idle.append(worker)
        else:
            worker.kill()
