"""What Ray itself does to actors and nodes, which cluster is joined, and what is refused; no TensorFlow. 40 seconds."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
from ended_processes import have_ended
from ray_cluster import HEAD, SECOND

from optbench.config import GPU_SHARE, load_machine
from optbench.errors import MachineError, RunFailedError, UsageError
from optbench.executors.interface import Task
from optbench.executors.ray import Actor, Driver, RayPlace, variables_of_driver
from optbench.executors.ray_actor import SETTINGS, SlotActor, installed_versions, variables_of_agent
from optbench.executors.ray_address import asks_for_token, is_loopback, ray_address, require_token
from optbench.executors.registry import ExecutorSettings, is_elsewhere, make_executor
from optbench.executors.spool import Spool

FUNCTIONS = """
import os, time
from pathlib import Path

def waits(arguments, emit):
    names = ("CUDA_VISIBLE_DEVICES", "OPTBENCH_GPU_SHARE", "RAY_AUTH_TOKEN")
    variables = {name: os.environ.get(name) for name in names}
    emit({"pid": os.getpid(), **variables})
    while not Path(arguments["file"]).exists():
        time.sleep(0.01)
    return {"pid": os.getpid()}
"""
ON_SECOND = "resources: {gpus: 0.25}"  # of the two nodes it has the GPU


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make an executor for a machine file; all are closed at the end."""
    (tmp_path / "waiting_for_ray.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(text: str = "", *, environment=None, variables=None, jobs: int = 1):
        for name, value in (variables or {}).items():
            monkeypatch.setenv(name, value)
        (tmp_path / "machine.yaml").write_text(text)
        settings = ExecutorSettings(
            jobs,
            environment or dict(os.environ),
            "json",
            machine=load_machine(tmp_path / "machine.yaml"),
            shared=tmp_path / "shared",
        )
        made.append(make_executor("ray", lambda _address: settings))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


@pytest.fixture
def waiting(tmp_path):
    return Task("a", "waiting_for_ray:waits", {"file": str(tmp_path / "go")})


def ended(executor, task, on_event=lambda _event: None):
    (end,) = executor.execute([task], on_event=lambda _name, event: on_event(event))
    return end


def parents(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).parents()


def command_of(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


@pytest.mark.cluster
def test_runs_of_a_lost_node_and_of_a_lost_worker_have_died(ray_nodes, make, waiting, tmp_path):
    """Both can be tried again elsewhere; nothing of theirs goes on. GPUs and their parts are as Ray gives them."""
    seen = []

    def lose_node(event):
        seen.append(event)
        ray_nodes.raylet_of(SECOND).kill()

    recorded = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    executor = make(ON_SECOND, variables=ray_nodes.variables, environment={**recorded, "RAY_AUTH_TOKEN": "a" * 64})
    end = ended(executor, waiting, lose_node)
    assert (end.kind, end.died) == ("crashed", True)
    assert end.error.startswith("its worker is lost: ")
    executor.close()
    assert have_ended([seen[0]["pid"]])
    assert (seen[0]["CUDA_VISIBLE_DEVICES"], seen[0][GPU_SHARE], seen[0]["RAY_AUTH_TOKEN"]) == ("0", "0.25", None)

    def lose_worker(event):
        seen.append(event)
        (actor,) = [process for process in parents(event["pid"]) if "ray::SlotActor" in command_of(process)]
        actor.kill()

    on_cpu = make("", variables=ray_nodes.variables, environment={**recorded, "CUDA_VISIBLE_DEVICES": ""})
    end = ended(on_cpu, waiting, lose_worker)
    assert (end.kind, end.died) == ("crashed", True)
    assert (seen[1]["CUDA_VISIBLE_DEVICES"], seen[1][GPU_SHARE]) == ("", None)
    (tmp_path / "go").touch()
    assert ended(on_cpu, waiting).kind == "ok"


@pytest.mark.cluster
def test_when_the_process_that_talks_to_ray_dies_another_takes_its_place(ray_nodes, make, waiting, tmp_path):
    """As it does if the cluster's head is lost: Ray ends it without a word."""

    def lose_driver(_event):
        (driver,) = [p for p in psutil.Process().children() if "ray_driver" in command_of(p)]
        driver.kill()

    executor = make("", variables=ray_nodes.variables)
    assert ended(executor, waiting, lose_driver).died
    (tmp_path / "go").touch()
    assert ended(executor, waiting).kind == "ok"


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("text", "variables", "code", "says"),
    [
        ("resources: {cpus: 99}", {}, "machine-ray-too-small", "99 CPUs, 0 GPUs, 0.0 GB of memory. Received: 3 CPUs,"),
        ("", {"RAY_AUTH_TOKEN": "8" * 64}, "machine-ray-unreachable", "cannot be joined from this machine"),
        ("", {"RAY_ADDRESS": f"{HEAD}:1"}, "machine-ray-unreachable", f"no Ray cluster answers at {HEAD}:1: "),
    ],
)
def test_what_can_never_begin_is_a_sentence(ray_nodes, make, waiting, text, variables, code, says):
    """Not an actor that waits for ever."""
    executor = make(text, variables={**ray_nodes.variables, **variables})
    with pytest.raises(MachineError, match=says) as error:
        ended(executor, waiting)
    assert error.value.code == code


@pytest.mark.cluster
def test_a_cluster_that_asks_for_no_token_is_not_joined(ray_nodes, make, waiting):
    """Whatever this side's own settings are: the cluster is asked."""
    with answering("OK", host=HEAD) as address:
        executor = make("", variables={**ray_nodes.variables, "RAY_ADDRESS": address})
        with pytest.raises(MachineError, match="allow_unauthenticated: true") as error:
            ended(executor, waiting)
    assert error.value.code == "machine-ray-open"
    assert "RAY_AUTH_MODE=token" in str(error.value)


@pytest.mark.cluster
def test_without_an_address_the_cluster_is_the_commands_own(ray_nodes, make, waiting, tmp_path, monkeypatch):
    """It is started though there is another; only this machine reaches it; it ends with the executor."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    listening, pids = [], []

    def look(event):
        (raylet,) = [process for process in parents(event["pid"]) if "raylet" in process.cmdline()[0]]
        (driver,) = [process for process in raylet.parents() if "ray_driver" in command_of(process)]
        for process in driver.children(recursive=True):
            pids.append(process.pid)
            listening.extend(c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN)
        (tmp_path / "go").touch()

    executor = make()
    assert ended(executor, waiting, look).kind == "ok"
    executor.close()
    assert listening
    assert {host.removeprefix("::ffff:") for host in listening} == {"127.0.0.1"}
    assert have_ended(pids)
    assert not list((tmp_path / "shared").iterdir())


@pytest.mark.parametrize(
    ("given", "variable", "address"),
    [
        ("", None, ""),
        ("local", "10.0.0.5:6379", ""),
        ("", "10.0.0.5:6379", "10.0.0.5:6379"),
        ("head.example.org:6379", "10.0.0.5:6379", "head.example.org:6379"),
        ("[::1]:6379", None, "[::1]:6379"),
    ],
)
def test_the_address_is_the_one_that_is_given(given, variable, address):
    """On the command line, else by RAY_ADDRESS, else none: nothing is searched."""
    assert ray_address(given, {"RAY_ADDRESS": variable} if variable else {}) == address


@pytest.mark.parametrize("given", ["auto", "ray://head:10001", "http://127.0.0.1:8265", "head", "head:port", ":6379"])
def test_an_address_is_that_of_a_head(given):
    """Ray has others, for its client and its jobs, and one that takes whatever cluster is there."""
    with pytest.raises(UsageError, match="must be HOST:PORT of a cluster's head"):
        ray_address(given, {})


def test_a_refused_address_keeps_its_password():
    """Logs keep messages."""
    with pytest.raises(UsageError) as error:
        ray_address("ray://ana:s3/cr@t@head:10001", {})
    assert "***@head:10001" in str(error.value)
    assert not any(part in str(error.value) for part in ("ana", "s3", "cr@t"))


def test_only_a_cluster_that_is_named_is_elsewhere(monkeypatch):
    """Data for one of the command's own need not lie on a shared folder; RAY_ADDRESS is for `ray` alone."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert not is_elsewhere("ray")
    assert is_elsewhere("ray:10.0.0.5:6379")
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.5:6379")
    assert is_elsewhere("ray")
    assert not is_elsewhere("local")


@pytest.mark.parametrize(
    ("host", "answer"),
    [("127.0.0.1", True), ("127.0.0.2", True), ("::1", True), ("localhost", True), ("10.0.0.5", False), ("a", False)],
)
def test_loopback_is_what_no_other_machine_reaches(host, answer):
    """A name may be anything."""
    assert is_loopback(host) is answer


@pytest.mark.parametrize(
    ("hosts", "asks", "is_allowed", "is_refused"),
    [
        (["127.0.0.1", "127.0.0.2"], False, False, False),
        (["127.0.0.1", "10.0.0.5"], False, False, True),
        (["127.0.0.1", "10.0.0.5"], True, False, False),
        (["10.0.0.5"], False, True, False),
    ],
)
def test_off_loopback_a_token_is_required_unless_the_user_says_otherwise(hosts, asks, is_allowed, is_refused):
    """A node counts as much as the head does."""
    if not is_refused:
        require_token(hosts, asks=asks, is_allowed=is_allowed)
        return
    with pytest.raises(MachineError, match=r"one at 10.0.0.5 that asks for none"):
        require_token(hosts, asks=asks, is_allowed=is_allowed)


@contextmanager
def answering(status: str, host: str = "127.0.0.1"):
    """A server that answers as a cluster's head does to who has no token; gives its address."""
    import grpc

    def answer(_request, context):
        if status != "OK":
            context.abort(grpc.StatusCode[status], "as the test says")
        return b""

    class Any(grpc.GenericRpcHandler):
        def service(self, _details):
            return grpc.unary_unary_rpc_method_handler(answer)

    server = grpc.server(ThreadPoolExecutor(1), handlers=(Any(),))
    port = server.add_insecure_port(f"{host}:0")
    server.start()
    try:
        yield f"{host}:{port}"
    finally:
        server.stop(0).wait()


@pytest.mark.parametrize(("status", "asks"), [("OK", False), ("UNAUTHENTICATED", True)])
def test_whether_a_cluster_asks_for_a_token_is_tried(status, asks):
    """It has to refuse who has none."""
    with answering(status) as address:
        assert asks_for_token(address) is asks


def test_what_is_no_cluster_is_told_from_one():
    """Something else answers there, or nothing does; within seconds."""
    with answering("UNIMPLEMENTED") as address, pytest.raises(MachineError, match="UNIMPLEMENTED, as the test says"):
        asks_for_token(address)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(MachineError, match=f"no Ray cluster answers at {address}"):
        asks_for_token(address)
    with pytest.raises(MachineError, match="no Ray cluster answers at 127.0.0.1:99999"):
        asks_for_token("127.0.0.1:99999")


def test_without_ray_it_says_so():
    """Before anything is planned, with what is to be installed."""
    place = RayPlace(ExecutorSettings(1, {}, "json"), find=lambda _name: None)
    with pytest.raises(MachineError, match=r'pip install "optbench\[ray\]"') as error:
        place.start()
    assert error.value.exit_code == 3


def test_what_talks_to_ray_joins_no_other_cluster():
    """A cluster of its own has a token that is new each time; of one that is joined the user's is kept."""
    user = {"RAY_ADDRESS": "10.0.0.5:6379", "RAY_AUTH_TOKEN": "user's", "PATH": "/bin"}
    own, again = (variables_of_driver(user, "") for _ in range(2))
    assert "RAY_ADDRESS" not in own
    assert own["RAY_AUTH_MODE"] == "token"
    assert own["RAY_ENABLE_AUTO_CONNECT"] == own["RAY_USAGE_STATS_ENABLED"] == "0"
    assert len({own["RAY_AUTH_TOKEN"], again["RAY_AUTH_TOKEN"], "user's"}) == 3
    joining = variables_of_driver(user, "10.0.0.5:6379")
    assert (joining["RAY_AUTH_TOKEN"], joining.get("RAY_ADDRESS")) == ("user's", None)


@pytest.mark.parametrize(("has_begun", "kind"), [(False, MachineError), (True, RunFailedError)])
def test_a_node_that_comes_late_and_is_unfit_fails_runs(tmp_path, has_begun, kind):
    """An unfit machine is told by an exit code that promises that nothing has run."""
    spool = Spool(ExecutorSettings(1, {}, "json", shared=tmp_path), beat_s=60)
    slots = [spool.new_slot() for _ in range(2)]
    if has_begun:
        slots[0].ready.touch()
    (slots[1].folder / "ended.json").write_text('{"unseen": "node7", "reason": "no space left"}')
    actor = Actor(slots[1], Driver(None, spool.paths.folder, None))
    with pytest.raises(kind, match="Received: node node7: no space left. Set TMPDIR") as error:
        _ = actor.is_gone
    assert error.value.exit_code == (1 if has_begun else 3)
    spool.remove()


def test_an_agent_is_given_its_part_of_a_gpu_and_no_token():
    """What trains user's code cannot talk to the cluster."""
    here = {"PATH": "/bin", "RAY_AUTH_TOKEN": "secret", "RAY_ADDRESS": "a:1", "CUDA_VISIBLE_DEVICES": "2"}
    assert variables_of_agent(here, 0.5) == {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "2", GPU_SHARE: "0.5"}
    assert variables_of_agent(here, 1) == {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "2"}


def test_another_folder_of_the_same_name_is_not_the_commands(tmp_path):
    """A node may have one: it is known by what is in it."""
    (tmp_path / SETTINGS).write_text(json.dumps({"secret": "of another"}))
    given = {"spool": str(tmp_path), "secret": "ours", "slot": str(tmp_path), "command": ["false"]}
    given |= {"directory": str(tmp_path), "is_carried": False}
    assert json.loads(SlotActor().serve(json.dumps(given))) == {"unseen": os.uname().nodename}


def test_a_node_with_other_versions_trains_nothing(tmp_path):
    """Its bits would be others; which versions, is left for the command to say."""
    code = (
        f"import sys; from optbench.executors.ray_actor import serve_slot; sys.exit(serve_slot({[str(tmp_path)] * 2}))"
    )
    (tmp_path / SETTINGS).write_text(json.dumps({"versions": {**installed_versions(), "keras": "1.0"}}))
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 1
    told = json.loads((tmp_path / "refused.json").read_text())
    assert told["code"] == "machine-node-differs"
    assert "keras" in told["error"]
    assert "instead of 1.0" in told["error"]
