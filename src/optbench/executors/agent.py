"""The process that serves a slot of a spool: on whatever machine it is, a local executor for one run at a time.

While a worker trains it, a helper finishes the one before: neither waits for the other, nor for the next task.
So what holds of processes on this machine holds everywhere: workers are forked from a server that has imported
TensorFlow once, one that died takes only its own task along, groups share a process, time limits and memory are
looked after by who is there.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.executors.fork_server import ForkServer
from optbench.executors.interface import POOLS, Task
from optbench.executors.local import LocalExecutor
from optbench.executors.pause import Pause
from optbench.executors.spool import LanePaths, SlotPaths, SpoolPaths, read_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from optbench.executors.interface import Event, TaskEnd

_LOOK_S: Final = 0.2
_MANY: Final = 2  # runs to expect: one is finished while the next is trained
_BESIDE_S: Final = 0.02  # between looks while a run is trained, whose processor they take; a helper's task can wait
# what a scheduler sends, long enough before it kills; Ctrl-C is the command's to act on
_STOPS = (signal.SIGTERM, signal.SIGUSR1)
_CLOSE = signal.SIGUSR2
# of a run on a GPU these are never those of the machine that the command runs on
_GPUS = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")


def serve(arguments: Sequence[str]) -> int:
    """Carry out the tasks that appear in a slot until it is closed: the main function of a process.

    Parameters
    ----------
    arguments : folder of the spool, folder of the slot

    Returns
    -------
    int
        The exit code: 0, also after a stop.
    """
    spool, slot = SpoolPaths(Path(arguments[0])), SlotPaths(Path(arguments[1]))
    settings = read_whole(spool.settings)
    if settings is None:  # the command is gone, and its folder with it
        return 0
    server = ForkServer(environment=environment_here(settings, os.environ), preload=settings["preload"])
    executor = LocalExecutor(jobs=1, server=server, timeout=settings["timeout"])
    beat = SpoolPaths(Path(settings.get("beat_in", arguments[0]))).beat
    _Agent(beat, slot, executor, silence_s=settings["silence_s"]).serve()
    return 0


def environment_here(settings: Mapping[str, Any], here: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of processes that train on this machine: those recorded, but for what is the machine's.

    Parameters
    ----------
    settings : `environment`, and `from_node`: further variables that are the machine's
    here : variables of this process
    """
    recorded: dict[str, str] = dict(settings["environment"])
    # runs on the CPU have been given an empty list of GPUs, and keep it
    of_node = [*settings["from_node"], *(name for name in _GPUS if recorded.get("CUDA_VISIBLE_DEVICES") != "")]
    kept = {name: value for name, value in recorded.items() if name not in of_node}
    return {**kept, **{name: here[name] for name in of_node if name in here}}


class _Agent:
    """Serves a slot; a thread looks for what is asked of it meanwhile, and tells this one by a signal."""

    def __init__(self, beat: Path, slot: SlotPaths, executor: LocalExecutor, *, silence_s: float) -> None:
        self._beat, self._slot, self._executor = beat, slot, executor
        self._silence_s = silence_s
        self._pid = os.getpid()
        self._is_stopped = False
        self._has_left = threading.Event()

    def serve(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in _STOPS:
            signal.signal(number, self._stop)
        signal.signal(_CLOSE, self._close)
        self._executor.expect(_MANY)
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            with contextlib.suppress(_ClosedError):
                self._executor.start()
                write_whole(self._slot.ready, {"pid": os.getpid()})
                self._serve_tasks()
        except _ClosedError:  # it came when the block had just been left
            pass
        finally:
            signal.signal(_CLOSE, signal.SIG_IGN)
            self._has_left.set()
            self._executor.close()
        with contextlib.suppress(OSError):  # the command may be gone, and its folder with it
            write_whole(self._slot.left, {})

    def _serve_tasks(self) -> None:
        lanes, pause = {pool: _Lane(self._slot.lane(pool)) for pool in POOLS}, Pause()
        at_work: dict[str, _Lane] = {}  # by the name of its task

        def on_event(name: str, event: Event) -> None:
            at_work[name].tell(event)

        next_look = time.monotonic()
        while not self._is_stopped or self._executor.has_work:
            if time.monotonic() >= next_look:
                for lane, task in [] if self._is_stopped else _new_tasks(lanes.values()):
                    at_work[task.name] = lane
                    self._executor.submit(task)  # if a stop comes now it does not begin, and has no end
                    pause.restart()
                next_look = time.monotonic() + max(pause.seconds, 0.0 if lanes["worker"].is_free else _BESIDE_S)
            left_s = max(0.0, next_look - time.monotonic())
            if not self._executor.has_work:
                time.sleep(left_s)
                continue
            for end in self._executor.step(on_event=on_event, longest_s=left_s):
                at_work.pop(end.name).end(end)
                pause.restart()
                next_look = time.monotonic()  # what comes next may be there

    def _watch(self) -> None:
        """Look whether the command wants something, or is gone."""
        beat, silent_looks, is_told = None, 0, False
        while not self._has_left.wait(_LOOK_S):
            if self._slot.close.exists():
                os.kill(os.getpid(), _CLOSE)
                return
            # looks are counted, not seconds: where a disk does not answer, or this process is suspended, nobody looks
            before, beat = beat, _beat_of(self._beat)
            silent_looks = silent_looks + 1 if beat == before else 0
            if not is_told and (self._slot.stop.exists() or silent_looks * _LOOK_S > self._silence_s):
                is_told = True
                os.kill(os.getpid(), signal.SIGTERM)

    def _stop(self, _number: int, _frame: Any) -> None:
        if os.getpid() != self._pid:  # a helper, forked with this handler
            return
        self._is_stopped = True
        with contextlib.suppress(OSError):
            self._slot.leaving.touch()
        self._executor.stop()

    def _close(self, _number: int, _frame: Any) -> None:
        raise _ClosedError


class _Lane:
    """The tasks of one kind, one after the other."""

    def __init__(self, paths: LanePaths) -> None:
        self._paths = paths
        self._number = 0
        self._events: TextIO | None = None  # of the task that has not ended

    @property
    def is_free(self) -> bool:
        """Whether no task goes on."""
        return self._events is None

    def next(self) -> Task | None:
        """Return the next task, None if there is none yet or the last has not ended."""
        document = read_whole(self._paths.task(self._number + 1)) if self.is_free else None
        if document is None:
            return None
        self._number += 1
        self._events = self._paths.events(self._number).open("a", encoding="utf-8", buffering=1)
        return Task.from_json(document)

    def tell(self, event: Event) -> None:
        """Pass on what the task has emitted."""
        if self._events is not None:
            self._events.write(json.dumps(event, allow_nan=False) + "\n")

    def end(self, end: TaskEnd) -> None:
        """Let the end of the task be seen."""
        if self._events is not None:
            self._events.close()
            self._events = None
        write_whole(self._paths.end(self._number), end.to_json())


class _ClosedError(BaseException):
    """The slot was closed. It comes in the middle of whatever is done here, whose errors it is not one of."""


def _new_tasks(lanes: Iterable[_Lane]) -> list[tuple[_Lane, Task]]:
    found = [(lane, lane.next()) for lane in lanes]
    return [(lane, task) for lane, task in found if task is not None]


def _beat_of(path: Path) -> Any:
    try:
        return read_whole(path)
    except (OSError, ValueError):  # a disk that does not answer for a moment is silent
        return None
