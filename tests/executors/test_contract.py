"""What every executor keeps to (`executors/interface.py`); no TensorFlow.

Another executor is held to it by adding its name to `EXECUTORS`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from installed import install_executor

from optbench.errors import StorageError
from optbench.executors.interface import Executor, Task, TaskEnd
from optbench.executors.registry import ExecutorSettings, make_executor
from optbench.run_store import Holder

# and what its package's entry point names; some need a cluster, which takes longer
EXECUTORS = {
    "local": "",
    "spool": "spool_executor:make_executor",
    "carried": "carried_executor:make_executor",
    "slurm": "",
    "ray": "",
}
CLUSTERS = {"slurm": "slurm", "ray": "ray"}  # by the fixture that starts one
FUNCTIONS = """
import os, signal, sys, time
from pathlib import Path
from optbench.errors import ModelError, RunFailedError, StorageError
from optbench.executors.child import InterruptedByUserError

def double(arguments, emit):
    emit({"got": arguments["number"]})
    return {"double": 2 * arguments["number"]}

def counts(arguments, emit):
    for number in range(arguments["to"]):
        emit({"number": number, "of": {"nested": [1, "a", None, 0.1]}})
    return {"counted": arguments["to"]}

def invalid(arguments, emit):
    raise ModelError("layer 1 does not fit.")

def full(arguments, emit):
    raise StorageError("no space left on device.")

def refused(arguments, emit):
    raise RunFailedError("this process is not as it has to be.")

def broken(arguments, emit):
    print("on its way")
    raise RuntimeError("no luck")

def no_memory(arguments, emit):
    raise MemoryError

def no_json(arguments, emit):
    return {"value": object()}

def killed(arguments, emit):
    os.kill(os.getpid(), signal.SIGKILL)

def leaves(arguments, emit):
    os._exit(arguments["code"])

def sleeps(arguments, emit):
    emit({"pid": os.getpid()})
    time.sleep(60)

def trains(arguments, emit):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    emit({"pid": os.getpid()})
    while not stopped:
        time.sleep(0.01)
    raise InterruptedByUserError("stopped after epoch 3.")

def finishes(arguments, emit):
    emit({"pid": os.getpid()})
    time.sleep(0.5)
    return {"finished": True}

def is_told(arguments, emit):
    emit({"pid": os.getpid()})
    give_up = time.monotonic() + 30
    while signal.SIGTERM not in signal.sigpending() and time.monotonic() < give_up:
        time.sleep(0.01)
    return {"told": signal.SIGTERM in signal.sigpending()}

def ignores(arguments, emit):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        emit({"pid": os.getpid()})
        time.sleep(0.1)

def meets(arguments, emit):
    Path(arguments["here"]).touch()
    while not Path(arguments["there"]).exists():
        time.sleep(0.01)
    return {}

def waits_for(arguments, emit):
    emit({"pid": os.getpid()})
    while not Path(arguments["file"]).exists():
        time.sleep(0.01)
    return {}

def pid(arguments, emit):
    print("line of", arguments["number"])
    return {"pid": os.getpid()}

def environment(arguments, emit):
    return {"environment": dict(os.environ)}

def path(arguments, emit):
    import random
    return {"path": sys.path, "random": random.__file__}
"""


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Task]:
    """Make a task of one of `FUNCTIONS`; what is no option of a task is an argument."""
    folder = tmp_path / "functions"
    folder.mkdir()
    module = f"functions_of_{tmp_path.name}"
    (folder / f"{module}.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(folder))

    def task(function: str, name: str = "", *, log=None, group="", pool="worker", **arguments: object) -> Task:
        return Task(name or function, f"{module}:{function}", arguments, log and str(log), group, pool)

    return task


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.cluster] * (name in CLUSTERS)) for name in EXECUTORS])
def make(request, tmp_path, monkeypatch) -> Callable[..., Executor]:
    """Make an executor by its name, as the command line does; all are closed at the end."""
    if request.param in CLUSTERS:
        for name, value in request.getfixturevalue(CLUSTERS[request.param]).items():
            monkeypatch.setenv(name, value)
    if EXECUTORS[request.param]:
        install_executor(tmp_path / "packages", monkeypatch, **{request.param: EXECUTORS[request.param]})
    made: list[Executor] = []

    def make(jobs: int = 2, *, timeout: float | None = None, environment=None) -> Executor:
        settings = ExecutorSettings(jobs, environment or dict(os.environ), "json", timeout=timeout)
        made.append(make_executor(request.param, lambda _address: settings))
        return made[-1]

    make.name = request.param
    yield make
    for executor in made:
        executor.close()
        executor.close()  # a second time is no error


@pytest.fixture
def executor(make) -> Executor:
    return make()


def ends_of(executor: Executor, *tasks: Task, on_event=lambda _name, _event: None, **options) -> dict[str, TaskEnd]:
    ends = list(executor.execute(tasks, on_event=on_event, **options))
    assert len({end.name for end in ends}) == len(ends)
    return {end.name: end for end in ends}


def wait_for(done: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def is_there(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_results_and_events_come_back_in_order(functions, executor):
    """Every event of a task, in the order in which it was emitted, then its end; values as JSON has them."""
    seen: dict[str, list] = {"a": [], "b": [], "c": []}
    tasks = [functions("counts", name, to=to) for name, to in (("a", 50), ("b", 0), ("c", 3))]
    for end in executor.execute(tasks, on_event=lambda name, event: seen[name].append(event)):
        assert end == TaskEnd(end.name, 0, {"counted": len(seen[end.name])}, "", "ok")
        seen[end.name].append("end")
    for name, to in (("a", 50), ("b", 0), ("c", 3)):
        events = [{"number": number, "of": {"nested": [1, "a", None, 0.1]}} for number in range(to)]
        assert seen[name] == [*events, "end"]


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(
    ("function", "kind", "exit_code", "says"),
    [
        ("invalid", "invalid", 3, "layer 1 does not fit."),
        ("full", "storage", 1, "no space left on device."),
        ("refused", "refused", 1, "this process is not as it has to be."),
        ("broken", "crashed", 1, "RuntimeError: no luck"),
        ("no_memory", "oom", 1, "the run needs more memory than there is."),
        ("no_json", "crashed", 1, "TypeError: Object of type object is not JSON serializable"),
        ("not_there", "crashed", 1, "AttributeError: module"),
        ("killed", "crashed", -9, "was ended by signal SIGKILL."),
    ],
)
def test_each_way_to_fail_has_its_kind(functions, executor, function, kind, exit_code, says):
    """A failing task is reported with kind, exit code and reason, and the other task is untouched."""
    ends = ends_of(executor, functions(function, "bad"), functions("double", "good", number=4))
    bad = ends["bad"]
    assert (bad.kind, bad.exit_code, bad.result) == (kind, exit_code, {})
    assert bad.error.startswith(says)
    assert bad.died == (function == "killed")
    assert ends["good"].result == {"double": 8}


@pytest.mark.parametrize("code", [0, 7])
def test_a_process_that_leaves_has_not_ended_its_task_well(functions, executor, code):
    """Not even if it leaves as if all were well."""
    end = ends_of(executor, functions("leaves", code=code))["leaves"]
    assert (end.kind, end.exit_code, end.error) == ("crashed", code, f"ended with exit code {code}.")
    assert not end.died


def test_a_process_killed_from_outside_has_died(functions, executor):
    """Another one may fare better, which the caller is told."""
    kill = lambda _name, event: os.kill(event["pid"], signal.SIGKILL)  # noqa: E731
    end = ends_of(executor, functions("sleeps"), on_event=kill)["sleeps"]
    assert (end.kind, end.died, end.error) == ("crashed", True, "was ended by signal SIGKILL.")


def test_output_and_traceback_go_to_the_log(functions, executor, tmp_path):
    """Behind what the log holds; of a task that has none, the traceback comes with the end."""
    log = tmp_path / "log.txt"
    log.write_text("before\n")
    ends = ends_of(executor, functions("broken", "logged", log=log), functions("broken", "silent"))
    before, output, *rest = log.read_text().splitlines()
    assert (before, output, rest[-1]) == ("before", "on its way", "RuntimeError: no luck")
    assert ends["logged"].trace == ""
    assert "in broken" in ends["silent"].trace
    assert "RuntimeError: no luck" in ends["silent"].trace


def test_as_many_tasks_as_jobs_run_together_and_no_more(functions, make, tmp_path):
    """Of three tasks that wait for each other only two meet at a time."""
    files = [tmp_path / name for name in "abc"]
    executor = make(jobs=2, timeout=20)
    tasks = [functions("meets", "0", here=str(files[0]), there=str(files[1]))]
    tasks += [functions("meets", "1", here=str(files[1]), there=str(files[0]))]
    ends = [end.kind for end in executor.execute(tasks, on_event=lambda *_: None)]
    assert ends == ["ok", "ok"]
    begun = []
    tasks = [functions("waits_for", str(number), file=str(files[2])) for number in range(3)]

    def on_event(name, _event):
        begun.append(name)
        if len(begun) == 2:
            time.sleep(0.3)
            assert not list(tmp_path.glob("c"))
            files[2].touch()

    assert len(ends_of(executor, *tasks, on_event=on_event)) == 3
    assert len(begun) == 3


@pytest.mark.long
@pytest.mark.ci
def test_a_time_limit_kills_the_task(functions, make):
    """It is a timeout, not a death, and the next task is executed."""
    ends = ends_of(make(jobs=1, timeout=1), functions("sleeps"), functions("double", number=1))
    end = ends["sleeps"]
    assert (end.kind, end.died, end.error) == ("timeout", False, "took longer than --timeout 1 seconds.")
    assert ends["double"].kind == "ok"


def test_stop_lets_running_tasks_come_to_a_safe_point_and_begins_no_more(functions, make):
    """One that has a safe point tells of it, one that has none ends at once, a helper's goes on, others are dropped."""
    executor, seen = make(jobs=3), set()

    def on_event(name, _event):
        seen.add(name)
        if len(seen) == 3:
            executor.stop()

    running = [functions("trains"), functions("sleeps"), functions("finishes", pool="helper")]
    ends = {end.name: end for end in executor.execute(running, on_event=on_event)}
    assert ends["trains"].kind == ends["sleeps"].kind == "interrupted"
    assert ends["trains"].error == "stopped after epoch 3."
    assert ends["finishes"].result == {"finished": True}
    assert ends_of(executor, functions("double", number=1)) == {}


def test_a_run_is_finished_though_its_process_is_told_to_end(functions, make):
    """A scheduler that ends a job sends SIGTERM to each process in it, long before it kills; what follows is done."""
    executor = make(jobs=1)
    executor.expect(2)

    def tell(name, event):
        if name == "is_told":
            assert event["pid"] != os.getpid()
            os.kill(event["pid"], signal.SIGTERM)

    ends = executor.execute([functions("is_told", pool="helper")], on_event=tell)
    end = next(ends)
    assert (end.kind, end.result) == ("ok", {"told": True})
    executor.submit(functions("finishes", pool="helper"))
    assert [(end.kind, end.result) for end in ends] == [("ok", {"finished": True})]


def test_waiting_tasks_are_dropped_by_a_stop(functions, make):
    """They are not begun, and nothing is said of them."""
    executor = make(jobs=1)
    tasks = [functions("sleeps", str(number)) for number in range(3)]
    ends = ends_of(executor, *tasks, on_event=lambda *_: executor.stop())
    assert {name: end.kind for name, end in ends.items()} == {"0": "interrupted"}


def test_a_stop_while_a_task_is_prepared_keeps_it_from_beginning(functions, make):
    """It is told as interrupted, so that what `prepare` took can be given back; the next one is not prepared."""
    executor, prepared = make(jobs=1), []

    def prepare(task):
        prepared.append(task.name)
        executor.stop()
        return task

    ends = ends_of(executor, functions("double", "a", number=1), functions("double", "b", number=1), prepare=prepare)
    assert {name: end.kind for name, end in ends.items()} == dict.fromkeys(prepared, "interrupted")
    assert prepared == ["a"]


def test_a_task_is_prepared_when_its_turn_comes(functions, make):
    """With one job the second is prepared when the first has ended; what comes back is executed, None drops a task."""
    executor, happened = make(jobs=1), []
    others = {"a": functions("double", "a", number=3), "b": None, "c": functions("double", "c", number=4)}

    def prepare(task):
        happened.append(f"prepared {task.name}")
        return others[task.name]

    ends = executor.execute([Task(name, "none:none") for name in "abc"], on_event=lambda *_: None, prepare=prepare)
    happened.extend(f"{end.name} gave {end.result['double']}" for end in ends)
    assert happened == ["prepared a", "a gave 6", "prepared b", "prepared c", "c gave 8"]


def test_a_run_is_finished_while_another_is_trained(functions, make, tmp_path):
    """Also with one job: the run that is trained does not wait for the end of the other, nor the other for its."""
    executor = make(jobs=1, timeout=20)
    executor.expect(2)
    finished, go = tmp_path / "finished", tmp_path / "go"

    def on_event(_name, _event):  # the run has begun
        executor.submit(functions("meets", "finishing", pool="helper", here=str(finished), there=str(go)))
        executor.submit(functions("meets", "next", here=str(go), there=str(finished)))

    training = functions("waits_for", "training", file=str(finished))
    ends = [end.name for end in executor.execute([training], on_event=on_event)]
    assert ends[0] == "training"
    assert sorted(ends) == ["finishing", "next", "training"]


def test_tasks_can_be_added_while_others_run(functions, executor):
    """By who holds an end, and while a task is prepared; they are prepared, too, and executed before the end."""
    first, held, added = (functions("double", name, number=1) for name in ("first", "held", "added"))
    finishing = functions("pid", "finishing", pool="helper", number=0)

    def prepare(task):
        if task is held:
            executor.submit(finishing)
            return None
        prepared.append(task)
        return task

    prepared, ends = [], []
    for end in executor.execute([first, held], on_event=lambda *_: None, prepare=prepare):
        ends.append(end.name)
        if end.name == "first":
            executor.submit(added)
    assert sorted(ends) == ["added", "finishing", "first"]
    assert sorted(task.name for task in prepared) == sorted(ends)


def test_a_process_serves_one_group_or_one_task(functions, executor, tmp_path):
    """What one group has left in a process reaches no other; a task without a group has a process of its own."""
    tasks = [functions("pid", f"{group}{i}", number=i, group=group) for i in range(3) for group in "ab"]
    tasks += [functions("pid", f"-{i}", number=i) for i in range(2)]
    ends = ends_of(executor, *tasks)
    pids = {kind: {end.result["pid"] for name, end in ends.items() if name[0] == kind} for kind in "ab-"}
    assert len(pids["-"]) == 2
    assert len(set.union(*pids.values())) == sum(map(len, pids.values()))


def test_each_task_of_a_process_has_its_own_log(functions, make, tmp_path):
    """One after the other in one process, or not."""
    logs = [tmp_path / f"{number}.txt" for number in range(3)]
    tasks = [functions("pid", str(i), number=i, group="g", log=log) for i, log in enumerate(logs)]
    assert {end.kind for end in ends_of(make(jobs=1), *tasks).values()} == {"ok"}
    assert [log.read_text() for log in logs] == [f"line of {number}\n" for number in range(3)]


def test_a_group_loses_only_the_task_its_process_died_in(functions, make):
    """The others go on in another process; none follows one that failed in the same."""
    names = ["pid", "killed", "pid", "broken", "pid", "invalid", "pid"]
    tasks = [functions(name, str(number), number=number, group="g") for number, name in enumerate(names)]
    ends = ends_of(make(jobs=1), *tasks)
    assert [ends[str(i)].kind for i in range(7)] == ["ok", "crashed", "ok", "crashed", "ok", "invalid", "ok"]
    assert len({ends[str(i)].result["pid"] for i in (0, 2, 4, 6)}) == 4


def test_processes_have_the_recorded_variables_and_no_others(functions, make, monkeypatch):
    """Those of the settings, the first time and after a death, whatever the command's own are by then."""
    recorded = {"PATH": os.environ["PATH"], "OPTBENCH_TEST_VARIABLE": "recorded"}
    executor = make(jobs=1, environment=recorded)
    monkeypatch.setenv("OPTBENCH_TEST_VARIABLE", "of the user")
    monkeypatch.setenv("OPTBENCH_ANOTHER", "of the user")
    ends = ends_of(executor, functions("environment", "a"), functions("killed"), functions("environment", "b"))
    for name in "ab":
        found = ends[name].result["environment"]
        assert {variable: found.get(variable) for variable in recorded} == recorded
        assert set(found) - set(recorded) <= {"LC_CTYPE"}  # Python's own, in a locale that is not UTF-8


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("name", ["random", "json", "subprocess", "signal", "optbench"])
def test_nothing_is_imported_from_the_working_directory(functions, executor, tmp_path, monkeypatch, name):
    """Files that happen to lie there are not executed."""
    hostile = tmp_path / "working"
    hostile.mkdir()
    (hostile / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w').close()\nraise SystemExit(1)\n")
    monkeypatch.chdir(hostile)
    end = ends_of(executor, functions("path"))["path"]
    assert end.kind == "ok", end.error
    assert not (tmp_path / "executed").exists()
    assert not any(entry in ("", str(hostile)) for entry in end.result["path"])
    assert Path(end.result["random"]).parent == Path(os.__file__).parent


def test_ctrl_c_is_the_commands_to_act_on(functions, executor, tmp_path):
    """It reaches every process of a terminal; those that execute tasks go on."""

    def on_event(_name, event):
        os.kill(event["pid"], signal.SIGINT)
        (tmp_path / "go").touch()

    end = ends_of(executor, functions("waits_for", file=str(tmp_path / "go")), on_event=on_event)["waits_for"]
    assert end.kind == "ok"


def test_no_process_is_left_after_close(functions, make):
    """Neither one that works nor one that waits for its group; a signal may close while tasks are executed."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    executor, pids = make(), []
    pids += [end.result["pid"] for end in ends_of(executor, functions("pid", number=1, group="g")).values()]

    def close(_name, event):
        pids.append(event["pid"])
        if len(pids) == 3:
            raise KeyboardInterrupt

    for_ever = executor.execute([functions("sleeps"), functions("sleeps", "too")], on_event=close)
    with pytest.raises(KeyboardInterrupt):
        list(for_ever)
    executor.close()
    assert not any(map(is_there, pids))
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= before


def test_no_process_is_left_after_a_stop_and_a_close(functions, make):
    """Two times Ctrl-C: a task that does not come to a safe point is ended, and it is over when that returns."""
    executor, pids = make(jobs=1), []

    def on_event(_name, event):
        pids.append(event["pid"])
        if len(pids) == 1:
            executor.stop()
        if len(pids) == 15:  # it has had time to be told
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(executor.execute([functions("ignores")], on_event=on_event))
    executor.close()
    assert not is_there(pids[0])


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process notices at its next event")
def test_no_process_outlives_its_command(functions, make, tmp_path):
    """However that one dies."""
    task = functions("sleeps")
    code = (
        "import os, sys\n"
        "from optbench.executors.interface import Task\n"
        "from optbench.executors.registry import ExecutorSettings, make_executor\n"
        f"sys.path[:0] = {sys.path!r}\n"
        f"executor = make_executor({make.name!r}, lambda _: ExecutorSettings(1, dict(os.environ), 'json'))\n"
        f"task = Task('a', {task.function!r})\n"
        "list(executor.execute([task], on_event=lambda _, event: print(event['pid'], flush=True)))\n"
    )
    command = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(command.stdout.readline())
    assert is_there(pid)
    command.kill()
    command.wait()
    command.stdout.close()
    wait_for(lambda: not is_there(pid))


def test_of_a_holder_it_knows_nothing_of_it_says_nothing(executor):
    """A run is taken over if this is True."""
    holder = Holder("node7", "2" * 16, "other-boot", "pid:[1]", 4711, "99", executor="another", job="12")
    assert executor.is_gone(holder) is None


@pytest.mark.long
@pytest.mark.ci
def test_it_can_be_started_ahead_and_learn_what_comes(functions, executor):
    """Both are optional, may come more than once, and change no end."""
    executor.start()
    executor.start()
    for tasks in (1, 3, 2):
        executor.expect(tasks)
    ends = ends_of(executor, functions("double", number=1), functions("pid", pool="helper", number=1))
    assert {name: end.kind for name, end in ends.items()} == {"double": "ok", "pid": "ok"}


@pytest.mark.parametrize("missing", ["name", "function", "arguments", "log", "group", "pool", "paths", "code"])
def test_a_task_is_json(functions, missing):
    """There and back; what is no task is refused in a sentence."""
    task = functions("double", group="g", log="log.txt", number=1)
    document = task.to_json()
    assert Task.from_json(document) == task
    del document[missing]
    with pytest.raises(StorageError, match=f"a task must have '{missing}'"):
        Task.from_json(document)
    with pytest.raises(StorageError, match=r"a task must have worker or helper for 'pool'. Received: 'gpu'"):
        Task.from_json({**task.to_json(), "pool": "gpu"})
