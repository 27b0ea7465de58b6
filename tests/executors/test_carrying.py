"""What passes to machines that do not see the runs, and back; no TensorFlow, no cluster. 15 seconds."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from carried_executor import AGENT, DOCUMENTS, CarriedProcesses, carried_node
from carried_training import LAST, trains
from identity_files import IDENTITY_FILES
from run_folders import plan, write_experiment
from spool_executor import Processes

from optbench.core.interpreter import python_command
from optbench.datasets import stage_dataset
from optbench.executors.carried_node import FullNodeError, NodeLostError, UnfitNodeError
from optbench.executors.carrier import CHUNK, Carrier
from optbench.executors.helper_here import HelperHere, HelperLane
from optbench.executors.interface import Task, reference
from optbench.executors.registry import ExecutorSettings
from optbench.executors.slots import SlotExecutor
from optbench.executors.spool import Spool, read_whole, write_whole
from optbench.run_store import (
    Asker,
    Claim,
    begin_attempt,
    claim_run_folder,
    read_latest_checkpoint,
    this_process,
    verify_manifest,
    write_checkpoint,
)
from optbench.run_store.carried import bring_trained, names_to_train
from optbench.run_store.checkpoints import bring_checkpoint, newest_checkpoint
from optbench.runner.execute import FINISH
from optbench.runner.stage import stage_run
from optbench.runs.messages import FinishArguments, TrainArguments

ENVIRONMENT = {"machine": "m1", "packages": {}, "code": {}, "data": {}}


@pytest.fixture
def temporary(temporary_folder) -> Path:
    """Where carriers make their folders."""
    return temporary_folder


class Runs:
    """One run, claimed and staged, whose data is staged too; executed by slots that see it or do not."""

    def __init__(self, folder: Path, place) -> None:
        self.run = plan(write_experiment(folder), folder / "runs")[0]
        self.paths = self.run.paths
        self.data = folder / "scratch" / "0"
        stage_dataset(self.run.dataset, self.data)
        self.executor = SlotExecutor(place(ExecutorSettings(1, dict(os.environ), "json")), jobs=1)

    def claimed(self, **asker: object) -> Claim:
        claim = claim_run_folder(self.paths, key=self.run.key, asker=Asker(this_process(), **asker))
        begin_attempt(claim)
        stage_run(self.run, claim, environment=ENVIRONMENT, patch=None)
        return claim

    def training(self, claim: Claim, go: Path | None = None) -> Task:
        given = TrainArguments(str(self.paths.folder), claim.name, str(self.data)).to_json()
        arguments = {**given, "go": go and str(go)}
        return Task("run", reference(trains), arguments, str(claim.log), paths=TrainArguments.paths)

    def ended(self, task: Task, on_event=lambda _name, _event: None):
        (end,) = self.executor.execute([task], on_event=on_event)
        return end

    def finish(self, claim: Claim):
        arguments = FinishArguments(str(self.paths.folder), claim.name, draw=False, data=str(self.data))
        return self.ended(Task("run", FINISH, arguments.to_json(), pool="helper"))


@pytest.fixture
def make(tmp_path, temporary):
    """Make a `Runs` of a name; all executors are closed at the end, and nothing of theirs is left."""
    made = []

    def make(name: str = "carried", place=CarriedProcesses) -> Runs:
        made.append(Runs(tmp_path / name, place))
        return made[-1]

    yield make
    for runs in made:
        runs.executor.close()
    assert not list(temporary.iterdir())


def files_of(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.long
@pytest.mark.ci
def test_a_carried_run_is_the_run_that_was_seen(make, temporary):
    """The same files, and of those that hold no time the same bytes; none names a folder of the other machine."""
    folders = []
    for name, place in (("seen", Processes), ("carried", CarriedProcesses)):
        runs = make(name, place)
        claim, events = runs.claimed(), []
        end = runs.ended(runs.training(claim), lambda _name, event, events=events: events.append(event["epoch"]))
        assert (end.kind, end.result, events) == ("ok", {"first": 1}, [1, 2, 3]), end.error
        end = runs.finish(claim)
        assert end.kind == "ok", end.error
        assert verify_manifest(runs.paths, deep=True) == []
        folders.append(files_of(runs.paths.folder))
    seen, carried = folders
    assert set(seen) == set(carried)
    same = [name for name in IDENTITY_FILES if name in seen]
    assert len(same) >= 8
    assert {name: seen[name] for name in [*same, "log.txt", "model.keras"]} == {
        name: carried[name] for name in [*same, "log.txt", "model.keras"]
    }
    for path in runs.paths.folder.rglob("*"):
        assert path.is_dir() or os.fsencode(temporary) not in path.read_bytes(), path


def test_a_checkpoint_is_here_before_its_machine_is_lost(make, tmp_path):
    """The run goes on from it, in a new place there; what is not finished is not seen."""
    runs = make()
    claim, going = runs.claimed(), []

    def lose(_name, event):
        going.append(event["epoch"])
        if event["epoch"] == LAST:
            wait_for(lambda: read_latest_checkpoint(runs.paths).epoch == LAST)
            os.kill(runs.executor._place._agents[0]._process.pid, 9)

    end = runs.ended(runs.training(claim, tmp_path / "never"), lose)
    assert (end.kind, end.died, going) == ("crashed", True, [1, 2, 3])
    assert not runs.paths.training_result.exists()
    assert [line for line in claim.log.read_text().splitlines() if "epoch" in line] == ["epoch 1", "epoch 2", "epoch 3"]
    claim.release()
    end = runs.ended(runs.training(runs.claimed()))
    assert (end.kind, end.result) == ("ok", {"first": LAST + 1})


def test_who_has_lost_the_run_writes_nothing_and_stops(make, tmp_path):
    """The other machine cannot see that it was taken over: it is told."""
    runs = make()
    task = runs.training(runs.claimed(), tmp_path / "never")
    before = {}

    def take_over(_name, event):
        if event["epoch"] == LAST:
            runs.claimed(take_over=True)
            before.update(files_of(runs.paths.folder))

    end = runs.ended(task, take_over)
    assert end.kind == "storage"
    assert "was taken over" in end.error
    assert files_of(runs.paths.folder) == before


class Full(Carrier):
    """A carrier whose disk is full."""

    def put(self, place: int, name: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_there_ends_the_task_in_words(make):
    """It is not tried again and again, and nothing of it stays there."""
    runs = make("full", lambda settings: CarriedProcesses(settings, Full))
    end = runs.ended(runs.training(runs.claimed()))
    assert (end.kind, end.died) == ("storage", False)
    assert "what it needs cannot be carried to node" in end.error
    assert "space" in end.error


def wait_for(done, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.fixture
def spool(tmp_path):
    made = Spool(ExecutorSettings(1, {}, "json", shared=tmp_path / "shared"))
    yield made.paths
    made.remove()


class Watched(Carrier):
    """A carrier that notes what is asked of it, and takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def put(self, place: int, name: str, data: bytes) -> None:
        self.asked.append(f"put {len(data)}")
        time.sleep(0.05)
        super().put(place, name, data)


@pytest.fixture
def watched(spool, temporary):
    carrier = Watched()
    node = carried_node(spool, carrier)
    yield node, carrier.asked
    node.end()
    assert not list(temporary.iterdir())


def test_data_is_carried_once_and_never_read_by_halves(watched, tmp_path):
    """Whoever asks while it is on its way waits; large files pass in chunks."""
    node, asked = watched
    data = tmp_path / "data"
    data.mkdir()
    (data / "large").write_bytes(os.urandom(2 * CHUNK + 1))
    (data / "empty").touch()
    with ThreadPoolExecutor(4) as threads:
        places = {future.result() for future in [threads.submit(node.have, data) for _ in range(4)]}
    (place,) = places
    assert files_of(Path(place)) == files_of(data)
    assert sorted(asked) == ["put 0", "put 1", f"put {CHUNK}", f"put {CHUNK}"]
    assert node.have(data / "large") != place  # a single file, by its own path


def test_data_that_has_changed_or_gone_is_no_longer_what_was_carried(watched, tmp_path):
    """The first is carried again; the second removed there, too, when something else comes."""
    node, _ = watched
    data, other = tmp_path / "0", tmp_path / "1"
    data.write_bytes(b"first")
    other.write_bytes(b"other")
    first = Path(node.have(data))
    data.write_bytes(b"second")
    second = Path(node.have(data))
    assert (first.read_bytes(), second.read_bytes()) == (b"first", b"second")
    data.unlink()
    node.have(other)
    assert not first.exists()
    assert not second.exists()


def test_python_must_be_there_and_the_same(watched, tmp_path):
    """It is the environment's, and not carried."""
    node, _ = watched
    own, gone = tmp_path / "own.py", tmp_path / "gone.py"
    own.write_text("x = 1\n")
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    node.require_code({str(own): digest})
    with pytest.raises(UnfitNodeError, match=r"gone.py is not there, or is another file"):
        node.require_code({str(own): digest, str(gone): digest})
    own.write_text("x = 2\n")
    with pytest.raises(UnfitNodeError, match="own.py"):
        node.require_code({str(own): digest})


def test_only_python_that_training_executes_has_to_be_there(tmp_path):
    """Data that a function has made is carried as it is."""
    (tmp_path / "data.py").write_text(
        "import numpy as np\n\ndef load():\n    x, y = np.eye(40), np.arange(40) % 2\n    return (x, y), (x, y)\n"
    )
    (tmp_path / "parts.py").write_text("def build(shape, classes): ...\n\ndef loss(y, p): ...\n")
    config = tmp_path / "own.yaml"
    config.write_text(
        "name: own\ndataset: {name: python, function: 'data.py:load'}\noptimizer: {name: sgd}\n"
        "model: {name: python, function: 'parts.py:build'}\ntraining: {epochs: 1, loss: 'python:parts.py:loss'}\n"
    )
    (run,) = plan(config, tmp_path / "runs")
    parts = tmp_path / "parts.py"
    assert run.trained_code() == {str(parts.resolve()): hashlib.sha256(parts.read_bytes()).hexdigest()}
    parts.unlink()
    assert run.trained_code() == {}  # whoever executes it says so


def test_a_machine_without_a_disk_is_named(spool, tmp_path, monkeypatch):
    """With what it says."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(FullNodeError, match="no such file") as error:
        carried_node(spool, Carrier())
    assert error.value.node == os.uname().nodename


@pytest.fixture
def helper(tmp_path):
    """An agent here, of a command whose signs of life come ten times as often as its agents need them."""
    spool = Spool(ExecutorSettings(1, dict(os.environ), "json", shared=tmp_path / "own"), beat_s=0.1, silence_s=2)
    made = HelperHere(
        spool.paths, DOCUMENTS, command=python_command(AGENT), directory=Path.cwd(), variables=dict(os.environ)
    )
    made.slot = spool.new_slot()
    yield made
    made.end()
    spool.remove()


def test_the_agent_here_stays_as_long_as_the_command(helper):
    """Another would import all that finishing needs again."""
    pids = []
    for _ in range(2):
        asked = Task("pid", "os:getpid", pool="helper")
        assert helper.begin(asked, lambda _event: None).result(timeout=30).kind == "crashed"  # it takes no arguments
        pids.append(helper._process.pid)
        time.sleep(2 * 2 + 0.5)  # more than twice the silence after which it would leave
        assert helper._process.poll() is None
    assert len(set(pids)) == 1


def test_what_was_not_begun_when_the_agent_here_ended_is_told_so(helper):
    """The thread that hands it on ends as it should."""
    paths = helper.slot.lane("helper")
    lane = HelperLane(paths, helper)
    helper.end()
    write_whole(paths.task(1), Task("a", "os:getpid", pool="helper").to_json())
    assert lane.look()
    assert lane.look()
    assert read_whole(paths.end(1))["error"] == "stopped before it began."
    lane.end()
    write_whole(paths.task(2), Task("b", "os:getpid", pool="helper").to_json())
    assert not lane.look()


class Liar(Carrier):
    """A machine that tells what it likes."""

    checkpoints: tuple[str, ...] = ()
    content = b""
    size = 0

    def open_file(self, place: int, name: str) -> int | None:
        return self.size

    def read_file(self, place: int, size: int) -> bytes:
        return self.content


@pytest.fixture
def claim(tmp_path):
    run = plan(write_experiment(tmp_path), tmp_path / "runs")[0]
    claim = claim_run_folder(run.paths, key=run.key)
    yield claim
    claim.release()


def test_no_name_from_there_becomes_a_path(claim):
    """Of the names of checkpoints only numbers are taken, and those of another claim are none."""
    own = claim.run.checkpoint(7, claim.number).name
    others = ["../../../evil.npz", "/tmp/ckpt-000009-000001.npz", "ckpt-000009-000002.npz", f"{own}\n", f"../{own}", ""]
    assert newest_checkpoint(claim, others) is None
    assert newest_checkpoint(claim, [*others, own]) == 7


def test_bytes_that_are_no_checkpoint_take_the_place_of_none(claim):
    """The one before stays; of those that are whole, the two newest."""
    for epoch in (1, 2):
        write_checkpoint(claim, epoch=epoch, arrays={}, record={})
    whole = claim.run.checkpoint(2, claim.number).read_bytes()
    before = files_of(claim.run.state)
    for chunks in ([], [whole[:-1]], [whole, b"x"], [b"x" * 100]):
        with pytest.raises(Exception, match="is damaged") as error:
            bring_checkpoint(claim, 3, iter(chunks))
        assert error.value.code == "storage-checkpoint-damaged"
        assert files_of(claim.run.state) == before
    bring_checkpoint(claim, 3, (whole[at : at + 7] for at in range(0, len(whole), 7)))
    assert claim.run.checkpoint(3, claim.number).read_bytes() == whole
    assert sorted(path.name for path in claim.run.state.glob("*.npz")) == [
        claim.run.checkpoint(epoch, claim.number).name for epoch in (2, 3)
    ]


@pytest.mark.parametrize(
    ("size", "content"), [(10, b""), (10, b"x" * 11), (10, "text"), (CHUNK + 1, b"x" * (CHUNK + 1))]
)
def test_more_bytes_than_were_told_are_not_taken(spool, temporary, size, content):
    """Nor fewer, nor something else: nobody answers for such a machine."""
    liar = Liar()
    liar.size, liar.content = size, content
    node = carried_node(spool, liar)
    with pytest.raises(NodeLostError, match="gives other bytes"):
        list(node.fetch(1, "name"))
    node.end()


def test_only_what_training_leaves_comes_back(claim):
    """Whatever else is in the copy of a run, and whatever is said there of its manifest, config or claims."""
    asked = []

    def fetch(name):
        asked.append(name)
        return [b"bytes"] if name in ("history.csv", ".state/training.json") else None

    before = files_of(claim.run.folder)
    bring_trained(claim, fetch)
    assert asked[-1] == ".state/training.json"  # as it vouches for the others
    assert set(asked).isdisjoint({"MANIFEST.json", "config.yaml", "config.resolved.yaml", ".state/job.json"})
    assert set(files_of(claim.run.folder)) - set(before) == {"history.csv", ".state/training.json"}


def test_what_earlier_attempts_said_is_not_carried(claim):
    """Nor links, which a run does not have."""
    claim.log.write_text("said")
    (claim.run.folder / "config.yaml").write_text("name: a\n")
    (claim.run.folder / "link").symlink_to("/etc/passwd")
    names = names_to_train(claim.run)
    assert "config.yaml" in names
    assert f".state/{claim.run.claim(claim.number).name}/holder.json" in names
    assert not [name for name in names if "attempts" in name or name == "link"]


def test_a_file_is_read_to_its_end_though_it_is_removed_meanwhile(spool, temporary, tmp_path):
    """A checkpoint is, when two newer ones are there."""
    node = carried_node(spool, Carrier())
    source = tmp_path / "file"
    source.write_bytes(os.urandom(CHUNK + 5))
    there = Path(node.have(source))
    place = int(there.parent.name)
    chunks = node.fetch(place, "file")
    first = next(chunks)
    there.unlink()
    assert first + b"".join(chunks) == source.read_bytes()
    assert node.fetch(place, "file") is None
    there.symlink_to("/etc/passwd")
    assert node.fetch(place, "file") is None
    node.end()


def test_agents_are_told_while_something_is_carried(watched, spool, tmp_path):
    """That the command is there, and that a slot is to stop or close: a thread does nothing else."""
    node, _ = watched
    slot = spool.slot(0)
    slot.folder.mkdir()
    there = Path(node.new_slot(slot.folder.name))
    large = tmp_path / "large"
    large.write_bytes(bytes(20 * CHUNK))  # a second, as it is slow
    carrying = threading.Thread(target=node.have, args=(large,))
    carrying.start()
    slot.stop.touch()
    wait_for((there / "stop").exists)
    assert carrying.is_alive()
    assert not (there / "close").exists()
    assert read_whole(Path(node.folder) / "beat") is not None
    carrying.join()
