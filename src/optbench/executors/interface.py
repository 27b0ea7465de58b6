"""What an executor is: tasks in, events while they run, one end for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


# A worker has imported TensorFlow; a helper is forked from the command's own process, with all that it has imported.
Pool = Literal["worker", "helper"]


@dataclass(frozen=True, slots=True)
class Task:
    """One call in a child process.

    Attributes
    ----------
    name : unique among the tasks of one `execute`
    function : `package.module:function`, called as `function(arguments, emit)`; returns a JSON-able mapping
    arguments : JSON-able
    log : file that the child's stdout and stderr are appended to, or None to drop them
    group : tasks of one group may be executed by one child after each other; "" for a child of its own
    pool : which kind of child executes it
    prepare : called in the caller's thread when a slot is free for the task; returns the task as it is to be executed,
        or None if there is nothing left to execute
    """

    name: str
    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    log: str | None = None
    group: str = ""
    pool: Pool = "worker"
    prepare: Callable[[], Task | None] | None = None


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How a task ended.

    Attributes
    ----------
    exit_code : 0, the exit code, or minus the number of the signal that ended it
    result : what the function returned; {} if it did not end well
    error : one sentence (or several lines for a finding in the user's code), "" if it ended well
    kind : "ok", "invalid", "interrupted", "timeout", "oom", "storage", "refused" (to train, in this process) or
        "crashed"
    trace : the traceback of an exception that nobody foresaw, unless the task's log has it
    """

    name: str
    exit_code: int
    result: Mapping[str, Any]
    error: str
    kind: str
    trace: str = ""

    @property
    def died(self) -> bool:
        """True if its process was killed or crashed, so that another one may fare better."""
        return self.kind in ("crashed", "oom") and self.exit_code < 0


class Executor(Protocol):
    """Executes tasks, several at a time."""

    def start(self) -> None:
        """Begin whatever takes long to get ready, without waiting for it."""

    def hire_helpers(self, number: int) -> bool:
        """Fork helpers from this process as it is now; call it before threads are started.

        Returns False if there can be none; workers would do their tasks, the caller may prefer to.
        """

    def submit(self, task: Task) -> None:
        """Add a task to those of the `execute` that is going on."""

    def execute(
        self, tasks: Iterable[Task], *, on_event: Callable[[str, Mapping[str, Any]], None]
    ) -> Iterator[TaskEnd]:
        """Execute tasks and yield their ends as they come, in an order that lets groups share children.

        `on_event` gets the task's name and what it emitted, in the caller's thread.
        """

    def stop(self) -> None:
        """Ask running tasks to end at their next safe point (the first Ctrl-C)."""

    def close(self) -> None:
        """End everything that is still there."""
