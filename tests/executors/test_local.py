"""What is the local executor's own: children that wait for their group, helpers, signals at any instant."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from types import SimpleNamespace

import psutil
import pytest
from ended_processes import have_ended

from optbench.errors import StoppedError
from optbench.executors.children import oom_kills
from optbench.executors.fork_server import ForkServer
from optbench.executors.interface import Task, TaskEnd
from optbench.executors.local import LocalExecutor

FUNCTIONS = """
import os, signal, sys, time

def double(arguments, emit):
    emit({"got": arguments["number"]})
    return {"double": 2 * arguments["number"]}

def full(arguments, emit):
    from optbench.errors import StorageError
    raise StorageError("no space left on device.")

def broken(arguments, emit):
    raise RuntimeError("no luck")

def killed(arguments, emit):
    os.kill(os.getpid(), signal.SIGKILL)

def sleeps(arguments, emit):
    emit({"pid": os.getpid()})
    time.sleep(60)

def pid(arguments, emit):
    print("line of", arguments["number"])
    return {"pid": os.getpid()}

def imported(arguments, emit):
    return {"imported": arguments["module"] in sys.modules, "pid": os.getpid()}
"""


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "functions_of_local.py").write_text(FUNCTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield "functions_of_local"


def new_server() -> ForkServer:
    """A fork server that imports next to nothing."""
    return ForkServer(environment=dict(os.environ), preload="json")


@pytest.fixture(scope="module")
def server(functions: str) -> Iterator[ForkServer]:
    """The one that executors share, as it takes longer to start than their tasks take."""
    shared = new_server()
    yield shared
    shared.close()


@pytest.fixture
def make_executor(server: ForkServer) -> Iterator[Callable[..., LocalExecutor]]:
    made: list[LocalExecutor] = []

    def make(jobs: int = 2, **options: object) -> LocalExecutor:
        made.append(LocalExecutor(jobs=jobs, **{"server": server, "owns_server": False, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def executor(make_executor) -> LocalExecutor:
    return make_executor()


def children_of(executor: LocalExecutor) -> list[psutil.Process]:
    """The workers that are there, busy or waiting."""
    return psutil.Process(executor.server_pid).children()


def ends_of(executor: LocalExecutor, tasks: list[Task], events: list | None = None, **options) -> dict[str, TaskEnd]:
    def on_event(name: str, event: object) -> None:
        if events is not None:
            events.append((name, event))

    return {end.name: end for end in executor.execute(tasks, on_event=on_event, **options)}


class StoppingServer(ForkServer):
    """A fork server in whose use the executor is stopped at one instant, as a signal may do.

    `stop` is the executor's, set when that has been made.

    Parameters
    ----------
    when : "before its order", "after its order" or "before it is known": where in the start of a child
    """

    def __init__(self, when):
        super().__init__(environment=dict(os.environ), preload="json")
        self._when = when

    def fork(self):
        process, connection = super().fork()
        if self._when == "before it is known":
            self.stop()
        with connection:
            return process, StoppingConnection(os.dup(connection.fileno()), self._when, self.stop)


class StoppingConnection(Connection):
    """The connection to a child, which stops the executor when a task is sent."""

    def __init__(self, handle, when, stop):
        super().__init__(handle)
        self._when, self._stop = when, stop

    def send_bytes(self, data):
        if self._when == "before its order":
            self._stop()
        super().send_bytes(data)
        if self._when == "after its order":
            self._stop()


@pytest.mark.parametrize("when", ["before its order", "after its order", "before it is known"])
def test_a_stop_while_a_task_begins_reaches_it(functions, make_executor, when):
    """Wherever in the start of a child the signal comes, the child gets it."""
    server = StoppingServer(when)
    executor = make_executor(server=server, owns_server=True)
    server.stop = executor.stop
    ends = ends_of(executor, [Task("a", f"{functions}:sleeps")])
    assert ends["a"].kind == "interrupted"


def test_the_kernels_count_of_kills_for_memory(tmp_path):
    """The counter is read where there is one, and 0 where there is none or it is something else."""
    events = tmp_path / "memory.events"
    assert oom_kills(events) == 0
    events.write_text("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n")
    assert oom_kills(events) == 2
    events.write_text("nothing like that\n")
    assert oom_kills(events) == 0


def test_a_kill_for_memory_is_told_from_another_kill(functions, make_executor):
    """SIGKILL is `oom` if the kernel's counter has risen meanwhile, else `crashed`."""
    counts = iter([0, 1])
    executor = make_executor(kills_for_memory=lambda: next(counts))
    end = ends_of(executor, [Task("bad", f"{functions}:killed")])["bad"]
    assert (end.kind, end.exit_code) == ("oom", -9)


def test_tasks_of_one_group_share_a_process(functions, make_executor, tmp_path):
    """A group is served by at most one process a slot, each task with its own log; other tasks get one each."""
    executor = make_executor(server=new_server(), owns_server=True)
    logs = [tmp_path / f"{i}.txt" for i in range(6)]
    tasks = [Task(f"g{i}", f"{functions}:pid", {"number": i}, log=str(logs[i]), group="g") for i in range(6)]
    alone = [Task(f"a{i}", f"{functions}:pid", {"number": i}) for i in range(3)]
    ends = ends_of(executor, [*tasks, *alone])
    grouped = {ends[task.name].result["pid"] for task in tasks}
    assert 1 <= len(grouped) <= 2
    assert len({ends[task.name].result["pid"] for task in alone} - grouped) == 3
    assert [log.read_text() for log in logs] == [f"line of {i}\n" for i in range(6)]
    server = psutil.Process(executor.server_pid)
    executor.close()
    assert not server.is_running()
    assert have_ended(grouped)


def test_groups_follow_each_other_in_the_slots(functions, executor):
    """With more groups than slots, waiting processes make room: never more of them than slots, beside those at work."""
    tasks = [Task(f"{g}{i}", f"{functions}:pid", {"number": i}, group=g) for g in "abcd" for i in range(3)]
    ends = executor.execute(tasks, on_event=lambda *_: None)
    most = [len(children_of(executor)) for _ in ends]
    assert len(most) == 12
    assert max(most) <= 4


def test_a_process_waits_for_the_tasks_of_its_group(functions, executor):
    """Twice as many groups as slots, tried one after the other and then in full: each goes on in its own process."""
    first = ends_of(executor, [Task(f"{g}0", f"{functions}:pid", {"number": 0}, group=g) for g in "abcd"])
    rest = ends_of(
        executor, [Task(f"{g}{i}", f"{functions}:pid", {"number": i}, group=g) for i in (1, 2) for g in "abcd"]
    )
    own = {name[0]: end.result["pid"] for name, end in first.items()}
    assert len(set(own.values())) == 4
    assert sum(end.result["pid"] == own[name[0]] for name, end in rest.items()) >= 6


def test_a_free_slot_costs_no_child_that_waits(functions, make_executor):
    """As long as there are slots enough, a new group leaves the waiting children of others alone."""
    executor = make_executor(jobs=4)

    def pids(*groups):
        return {n: e.result["pid"] for n, e in ends_of(executor, [tasks[group] for group in groups]).items()}

    tasks = {group: Task(group, f"{functions}:pid", {"number": 1}, group=group) for group in "abc"}
    before = pids("a", "b")
    pids("c")
    assert pids("a", "b") == before


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_helpers_are_copies_of_this_process_without_its_locks(functions, executor, tmp_path):
    """A helper has what this process has imported, serves tasks of any group one after the other, holds no lock."""
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        sys.modules["only_here"] = sys
        executor.expect(2)
        del sys.modules["only_here"]
        tasks = [Task(str(i), f"{functions}:imported", {"module": "only_here"}, pool="helper") for i in range(5)]
        ends = ends_of(executor, tasks)
    with (tmp_path / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert [end.result["imported"] for end in ends.values()] == [True] * 5
    assert len({end.result["pid"] for end in ends.values()} - {os.getpid()}) <= 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_helper_that_died_is_replaced(functions, executor):
    """Only the task it died in is lost."""
    executor.expect(2)
    tasks = [Task(name, f"{functions}:{name}", {"number": 1}, pool="helper") for name in ("pid", "killed", "double")]
    ends = ends_of(executor, tasks)
    assert {name: end.kind for name, end in ends.items()} == {"pid": "ok", "killed": "crashed", "double": "ok"}


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_workers_wait_for_helpers_that_do_not_keep_up(functions, executor):
    """Each task that waits for a helper may hold a file open: their number does not grow with that of the tasks."""
    executor.expect(2)
    prepared = []

    def prepare(task):
        if task.pool == "helper":
            return task
        prepared.append(task.name)
        executor.submit(Task(f"h{task.name}", f"{functions}:double", {"number": 1}, pool="helper"))
        return None

    tasks = [Task(f"w{i}", "none:none") for i in range(40)]
    ends = executor.execute(tasks, on_event=lambda *_: None, prepare=prepare)
    waiting = [len(prepared) - done for done, _ in enumerate(ends)]
    assert len(waiting) == 40
    assert max(waiting) < 15


@pytest.mark.parametrize(("tasks", "forks_helpers"), [(1, True), (2, False)])
def test_without_helpers_their_tasks_are_done_in_this_process(functions, make_executor, tasks, forks_helpers):
    """Where there is one run, or a fork is not safe; errors have the kinds they have in a child."""
    executor = make_executor(forks_helpers=forks_helpers)
    executor.expect(tasks)
    names = ["pid", "double", "full", "broken"]
    events = []
    ends = ends_of(executor, [Task(n, f"{functions}:{n}", {"number": 1}, pool="helper") for n in names], events)
    assert ends["pid"].result == {"pid": os.getpid()}
    assert events == [("double", {"got": 1})]
    assert [ends[name].kind for name in names] == ["ok", "ok", "storage", "crashed"]
    assert "in broken" in ends["broken"].trace


def test_a_second_ctrl_c_ends_a_task_that_is_done_in_this_process(executor, monkeypatch):
    """It is the command that is stopped, not the task that failed."""

    def stopped(_arguments, _emit):
        raise StoppedError(2)

    monkeypatch.setitem(sys.modules, "stopping_here", SimpleNamespace(stopped=stopped))
    with pytest.raises(StoppedError):
        ends_of(executor, [Task("a", "stopping_here:stopped", pool="helper")])
