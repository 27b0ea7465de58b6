"""The fork server: its environment, its death, its modules; no TensorFlow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ended_processes import have_ended

from optbench.errors import RunFailedError
from optbench.executors.fork_server import ForkServer
from optbench.executors.interface import Task
from optbench.executors.local import LocalExecutor

FUNCTIONS = """
import os, sys, time

def variable(arguments, emit):
    return {"value": os.environ.get("OPTBENCH_TEST_VARIABLE"), "server": os.getppid()}

def waits(arguments, emit):
    emit({"server": os.getppid()})
    time.sleep(arguments.get("seconds", 60))
    return {}

def path(arguments, emit):
    import random
    return {"path": sys.path, "random": random.__file__}
"""


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "functions"
    folder.mkdir()
    name = f"served_{tmp_path.name}"
    (folder / f"{name}.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(folder))
    return name


@pytest.fixture
def make_server():
    made: list[ForkServer] = []

    def make(variables=None, preload="json") -> ForkServer:
        made.append(ForkServer(environment={**os.environ, **(variables or {})}, preload=preload))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ends_of(executor, *tasks, on_event=lambda _name, _event: None):
    return {end.name: end for end in executor.execute(tasks, on_event=on_event)}


def test_a_server_started_again_has_the_recorded_environment(functions, make_server, monkeypatch):
    """Killed between two tasks, it comes back with its own variables, whatever those of this process are by then."""
    executor = LocalExecutor(jobs=1, server=make_server({"OPTBENCH_TEST_VARIABLE": "recorded"}))
    first = ends_of(executor, Task("a", f"{functions}:variable"))["a"].result
    monkeypatch.setenv("OPTBENCH_TEST_VARIABLE", "of the user")
    os.kill(first["server"], signal.SIGKILL)
    second = ends_of(executor, Task("b", f"{functions}:variable"))["b"].result
    assert (first["value"], second["value"]) == ("recorded", "recorded")
    assert first["server"] != second["server"]


def test_two_executors_have_an_environment_each(functions, make_server):
    """One process may train what needs different environments."""
    values = []
    for value in ("one", "another"):
        executor = LocalExecutor(jobs=1, server=make_server({"OPTBENCH_TEST_VARIABLE": value}))
        values.append(ends_of(executor, Task("a", f"{functions}:variable"))["a"].result["value"])
    assert values == ["one", "another"]


def test_tasks_in_flight_end_as_killed_when_the_server_dies(functions, make_server):
    """They died like a worker that is killed, so they are tried again like those of one."""
    executor = LocalExecutor(jobs=2, server=make_server())
    servers = []

    def kill(_name, event):
        servers.append(event["server"])
        if len(servers) == 2:
            os.kill(event["server"], signal.SIGKILL)

    ends = ends_of(executor, Task("a", f"{functions}:waits"), Task("b", f"{functions}:waits"), on_event=kill)
    assert {(end.kind, end.exit_code, end.died) for end in ends.values()} == {("crashed", -9, True)}
    assert ends_of(executor, Task("c", f"{functions}:variable"))["c"].kind == "ok"


def test_no_child_is_left_when_the_end_of_a_killed_servers_task_is_known(functions, make_server):
    """What the child held, such as a lock, is free: the run can be claimed at once."""
    server = make_server()
    server.start()
    child, connection = server.fork()
    os.kill(server.pid, signal.SIGKILL)
    child.join()
    connection.close()
    assert child.exitcode == -signal.SIGKILL
    assert have_ended([child.pid], within_s=0)


def test_a_server_that_cannot_live_is_given_up(make_server):
    """The command ends with a sentence instead of starting it for ever."""
    server = make_server(preload="optbench_has_no_such_module")
    with pytest.raises(RunFailedError, match="ended 3 times before it could fork"):
        server.fork()


def test_the_server_ends_with_its_owner(tmp_path):
    """However the owner dies, no server is left."""
    code = (
        "import os, sys, time\n"
        "from optbench.executors.fork_server import ForkServer\n"
        "server = ForkServer(environment=dict(os.environ), preload='json')\n"
        "server.fork()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert have_ended([pid])


def test_ctrl_c_does_not_end_the_server(make_server):
    """Ctrl-C reaches every process of a terminal; the owner decides what ends."""
    server = make_server()
    child, connection = server.fork()
    os.kill(server.pid, signal.SIGINT)
    os.kill(child.pid, signal.SIGINT)
    again, other = server.fork()
    assert (child.exitcode, again.exitcode) == (None, None)
    for one in (child, again):
        one.kill()
        one.join()
    connection.close()
    other.close()


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("name", ["random", "socket", "selectors", "multiprocessing", "json", "subprocess", "optbench"])
def test_modules_of_the_working_directory_are_not_imported(functions, make_server, tmp_path, monkeypatch, name):
    """Neither by the server while it starts, nor by its children."""
    hostile = tmp_path / "working"
    hostile.mkdir()
    (hostile / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w').close()\nraise SystemExit(1)\n")
    monkeypatch.chdir(hostile)
    executor = LocalExecutor(jobs=1, server=make_server())
    end = ends_of(executor, Task("a", f"{functions}:path"))["a"]
    assert end.kind == "ok", end.error
    assert not (tmp_path / "executed").exists()
    assert not any(entry in ("", str(hostile)) for entry in end.result["path"])
    assert Path(end.result["random"]).parent == Path(os.__file__).parent


def test_no_folder_for_temporary_files_is_needed(functions, make_server, tmp_path):
    """Sockets have no names: a long TMPDIR, or one that is not there, is no obstacle."""
    executor = LocalExecutor(jobs=1, server=make_server({"TMPDIR": str(tmp_path / ("long" * 40))}))
    assert ends_of(executor, Task("a", f"{functions}:variable"))["a"].kind == "ok"
