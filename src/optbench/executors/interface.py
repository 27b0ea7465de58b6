"""What an executor is: tasks in, events while they run, one end for each.

A task is JSON, and so is everything that comes back, so it can be executed by any process that has optbench: one on
this machine, one on another that sees the same folders, or one to which the files are carried that the task names
(`carrying.py`). `child.py` has what such a process calls, `ends.py` the
words for ends that a process could not report itself. A package offers an executor as an entry point (see
`registry.py`); `tests/executors/test_contract.py` holds what is written here against each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, cast

from optbench.core.findings import Finding, Severity
from optbench.json_fields import JsonFields

if TYPE_CHECKING:
    from optbench.run_store import Holder

# What a task needs: a "worker" has imported TensorFlow, or will; a "helper" does without it. Who has one kind of
# process executes both kinds in it.
Pool = Literal["worker", "helper"]
POOLS: Final[tuple[Pool, ...]] = ("worker", "helper")

# What a task does with a path among its arguments: "read" a file or folder that nobody changes any more; "make" a file;
# "train" a staged run folder, under the claim that the argument `claim` names. Whoever executes it on a machine that
# does not see these paths carries what is there.
PathUse = Literal["read", "make", "train"]

Event = Mapping[str, Any]
Emit = Callable[[Event], None]
OnEvent = Callable[[str, Event], None]
Function = Callable[[Mapping[str, Any], Emit], Mapping[str, Any]]


def reference(function: Function) -> str:
    """Return the name by which another process finds a function of a module, for `Task.function`."""
    return f"{function.__module__}:{function.__qualname__}"


@dataclass(frozen=True, slots=True)
class Task:
    """One call in another process.

    Attributes
    ----------
    name : unique among the tasks that have not ended
    function : `package.module:function`, called as `function(arguments, emit)`; returns a mapping of JSON values
    arguments : JSON values
    log : file that the process' stdout and stderr are appended to meanwhile, or None to drop them
    group : tasks of one group may be executed by one process after each other, and never with those of another; ""
        for a process of its own
    pool : what kind of process it needs
    paths : which arguments are paths, and what it does there; those that are null are none. Other paths, such as the
        folder that the user's Python is looked up from, belong to the environment of every machine
    code : sha256 of each file of the user's Python that it executes, by its path
    """

    name: str
    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    log: str | None = None
    group: str = ""
    pool: Pool = "worker"
    paths: Mapping[str, PathUse] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)

    def moved(self, paths: Mapping[str, str], log: str | None) -> Task:
        """Return the task as a machine has it that has other paths: the one place where a task gets these.

        Parameters
        ----------
        paths : new values, by argument
        log : there
        """
        return replace(self, arguments={**self.arguments, **paths}, log=log)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "function": self.function,
            "arguments": dict(self.arguments),
            "log": self.log,
            "group": self.group,
            "pool": self.pool,
            "paths": dict(self.paths),
            "code": dict(self.code),
        }

    @classmethod
    def from_json(cls, document: object) -> Task:
        """Return the task that `to_json` wrote.

        Raises
        ------
        StorageError
            If it is none.
        """
        fields = JsonFields(document, "a task")
        return cls(
            name=fields.take("name", str),
            function=fields.take("function", str),
            arguments=fields.take("arguments", dict),
            log=fields.maybe("log", str),
            group=fields.take("group", str),
            pool=cast("Pool", fields.one_of("pool", POOLS)),
            paths=fields.take("paths", dict),
            code=fields.take("code", dict),
        )


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How a task ended.

    Attributes
    ----------
    exit_code : 0, the exit code, or minus the number of the signal that ended its process
    result : what the function returned; {} if it did not end well
    error : one sentence (or several lines, for an exception or a finding in the user's code), "" if it ended well
    kind : "ok", "invalid", "interrupted", "timeout", "oom", "storage", "refused" (to train, in this process) or
        "crashed"
    code : of the error; "" leaves it to the kind
    trace : the traceback of an exception that nobody foresaw, unless the task's log has it
    """

    name: str
    exit_code: int
    result: Mapping[str, Any]
    error: str
    kind: str
    trace: str = ""
    code: str = ""

    @property
    def finding(self) -> Finding | None:
        """Why it failed, for programs; None if it ended well."""
        return None if self.kind == "ok" else Finding(self.code or f"run-{self.kind}", Severity.ERROR)

    @property
    def died(self) -> bool:
        """True if its process was killed or crashed, so that another one may fare better."""
        return self.kind in ("crashed", "oom") and self.exit_code < 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "exit_code": self.exit_code,
            "result": dict(self.result),
            "error": self.error,
            "kind": self.kind,
            "trace": self.trace,
            "code": self.code,
        }

    @classmethod
    def from_json(cls, document: object) -> TaskEnd:
        """Return the end that `to_json` wrote.

        Raises
        ------
        StorageError
            If it is none.
        """
        fields = JsonFields(document, "the end of a task")
        return cls(
            name=fields.take("name", str),
            exit_code=fields.take("exit_code", int),
            result=fields.take("result", dict),
            error=fields.take("error", str),
            kind=fields.take("kind", str),
            trace=fields.take("trace", str),
            code=fields.take("code", str),
        )


# Called for a task whose turn has come; returns it as it is to be executed, or None if nothing is left to execute.
Prepare = Callable[[Task], Task | None]


class Executor(Protocol):
    """Executes tasks, several at a time. One thread calls all methods; a signal may call `stop` or `close` meanwhile.

    Processes are started with the variables of `ExecutorSettings.environment` and no others, every time, and import
    nothing from the working directory; `core.interpreter.python_command` gives such a command. A process ends when it
    has not been well in a task, or when the executor is closed; ends and events of a task come in the order in which
    they happened, its end last.
    """

    def start(self) -> None:
        """Begin whatever takes long to get ready, without waiting for it. It may be called again."""

    def expect(self, tasks: int) -> None:
        """Learn how many runs `execute` will be given, at the last moment before the caller starts threads.

        By then the caller has imported what finishing a run needs. Who can make no use of that does nothing.
        """

    def execute(self, tasks: Iterable[Task], *, on_event: OnEvent, prepare: Prepare | None = None) -> Iterator[TaskEnd]:
        """Execute tasks, also those submitted meanwhile, and yield their ends as they come.

        Parameters
        ----------
        on_event : gets a task's name and what it emitted, in the caller's thread
        prepare : called for every task in the caller's thread, late: when a slot is free for it. An executor that
            submits many tasks at once calls it for all of these. Once it was called, and has not returned
            None, the end of the task is yielded, whatever comes of it.
        """

    def submit(self, task: Task) -> None:
        """Add a task to those of the `execute` that is going on; the caller may be in `prepare`, or hold an end."""

    def stop(self) -> None:
        """Have running tasks end at their next safe point, and begin no more (the first Ctrl-C).

        Processes of workers get SIGTERM, or what has the same effect on them; helpers end in good time by themselves.
        Tasks that have not been prepared are dropped; `execute` then ends.
        """

    def close(self) -> None:
        """End every process at once; none is left when this returns. It may be called again."""

    def is_gone(self, holder: Holder) -> bool | None:
        """Return whether a process that holds a run is gone, None if this executor cannot tell.

        Asked for holders of other machines, whose end nobody here can see. True must be certain, because the run is
        then taken over: a scheduler that has seen the job end may say so; no news for a while is no evidence.
        """
