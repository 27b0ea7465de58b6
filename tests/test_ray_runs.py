"""Real runs on a real Ray cluster: the bytes of the local executor, whatever is killed or stopped. 2 minutes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_elsewhere import Commands, assert_same, long_experiment, run_undisturbed
from ray_cluster import SECOND

OWN = """\
import keras

def build(input_shape, num_classes):
    layers = keras.layers
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(num_classes, "softmax")])
"""

pytestmark = [pytest.mark.tensorflow, pytest.mark.cluster]


class Cluster(Commands):
    """Commands on a cluster of two nodes."""

    executor = "ray"


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    return long_experiment(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def undisturbed(config, tmp_path_factory, warm_workers) -> Path:
    return run_undisturbed(config, tmp_path_factory.mktemp("local"), warm_workers, seeds=(0, 1))


@pytest.fixture
def cluster(ray_nodes, tmp_path) -> Cluster:
    return Cluster(ray_nodes.variables, tmp_path)


def test_killed_workers_and_commands_change_no_byte(ray_nodes, cluster, config, undisturbed):
    """Each time the run goes on from its checkpoint: in another worker, and in another command."""
    command = cluster.begin("run", config, *cluster.options, "-q")
    cluster.wait_for(lambda: cluster.epochs_of(1) > 5, command)
    (actor,) = [process for process in ray_nodes.processes() if "ray::SlotActor" in " ".join(process.cmdline())]
    actor.kill()
    cluster.wait_for(lambda: cluster.epochs_of(2) > 5, command)
    assert cluster.first_epoch_of_last_attempt() > 0
    command.kill()
    command.communicate()

    command = cluster.begin("run", config, *cluster.options, "--json")
    cluster.wait_for(lambda: cluster.epochs_of(3) > 5, command)
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=60)
    assert command.returncode == 130
    assert cluster.listed()["kind"] == "interrupted"

    (end,) = cluster.run(config)["runs"]
    assert end["outcome"] == "completed"
    assert_same(undisturbed, cluster.folder / end["folder"])
    assert not (cluster.runs / ".scratch").exists()


def test_runs_of_a_lost_node_go_on_on_another(ray_nodes, cluster, config, undisturbed):
    """From their checkpoint, with the same bytes. A node has room for one of the two runs."""
    (cluster.folder / "machine.yaml").write_text("resources: {cpus: 2}")
    command = cluster.begin_together(config, "--json", "--machine", cluster.folder / "machine.yaml")
    ray_nodes.raylet_of(SECOND).kill()
    ends = cluster.ended(command)["runs"]
    assert [end["outcome"] for end in ends] == ["completed"] * 2
    for end in ends:
        folder = cluster.folder / end["folder"]
        assert_same(undisturbed.with_name(folder.name), folder)


@pytest.mark.long
def test_a_cluster_of_the_commands_own_gives_the_same_bytes(cluster, config, undisturbed):
    """`--executor ray` alone, though another cluster is there."""
    del cluster.environment["RAY_ADDRESS"]
    (end,) = cluster.run(config)["runs"]
    assert end["outcome"] == "completed"
    assert_same(undisturbed, cluster.folder / end["folder"])


class Apart(Cluster):
    """Commands that alone have a disk at their runs directory: no node sees what is on it."""

    def __init__(self, variables, folder, holder: int) -> None:
        super().__init__(variables, folder)
        self.root = Path(f"/proc/{holder}/root")
        self.runs = self.seen(folder / "runs")
        enter = ("nsenter", f"--mount=/proc/{holder}/ns/mnt", "sh", "-c", 'cd "$0" && exec "$@"')
        self.prefix = (*enter, str(folder))

    @property
    def options(self):
        return ("--executor", "ray", "-j", "2", "--runs-dir", self.folder / "runs", "--machine", self.machine)

    @property
    def machine(self) -> Path:
        return self.folder / "machine.yaml"

    def seen(self, path: Path) -> Path:
        """Return where this process sees what is on that disk."""
        return self.root / path.relative_to("/")

    def assert_same(self, undisturbed: Path, ends: list[dict]) -> None:
        """Both runs are there, and one at least has gone on from a checkpoint."""
        assert {end["outcome"] for end in ends} <= {"completed", "skipped"}  # one may have been done before the other
        folders = [self.seen(self.folder / end["folder"]) for end in ends]
        for folder in folders:
            assert_same(undisturbed.with_name(folder.name), folder)
        assert any("goes on after epoch" in (folder / "log.txt").read_text() for folder in folders)


@pytest.fixture
def apart(ray_nodes, tmp_path) -> Iterator[Apart]:
    runs = tmp_path / "runs"
    runs.mkdir()
    mounted = 'mount -t tmpfs none "$0" && echo ready && exec sleep infinity'
    with subprocess.Popen(["unshare", "--mount", "sh", "-c", mounted, str(runs)], stdout=subprocess.PIPE) as holder:
        try:
            if holder.stdout.readline() != b"ready\n":
                pytest.skip("no mount namespace can be made here")
            yield Apart(ray_nodes.variables, tmp_path, holder.pid)
        finally:
            holder.kill()


def test_runs_are_carried_to_nodes_that_do_not_see_them(ray_nodes, apart, config, undisturbed):
    """Two actors of one node have one copy of the data; Ctrl-C brings the checkpoints home; no byte is another."""
    apart.machine.write_text("resources: {gpus: 0.25}")  # the second node has the GPU
    command = apart.begin_together(config, "-q")
    (node,) = ray_nodes.folder.glob("optbench-node-*")
    copies = [path.parent.parent for path in node.glob("places/*/*/train.x.npy")]
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 130, said
    assert len(copies) == 1
    assert not node.exists()

    ends = apart.ended(apart.begin("run", config, "--seeds", "0,1", *apart.options, "--json"))["runs"]
    apart.assert_same(undisturbed, ends)
    assert not list(ray_nodes.folder.glob("optbench-node-*"))


def test_a_carried_run_of_a_lost_node_goes_on_from_the_checkpoint_that_came_home(ray_nodes, apart, config, undisturbed):
    """On the other node, to the same bytes; each node has room for one of the two."""
    apart.machine.write_text("resources: {cpus: 2}")
    command = apart.begin_together(config, "--json")
    ray_nodes.raylet_of(SECOND).kill()
    ends = apart.ended(command)["runs"]
    apart.assert_same(undisturbed, ends)


def test_python_that_a_node_does_not_have_is_named(apart, tmp_path):
    """What the environment of a node lacks is not carried: it ends the command with a sentence."""
    (apart.seen(tmp_path / "runs") / "own.py").write_text(OWN)
    (apart.seen(tmp_path / "runs") / "own.yaml").write_text(
        "name: own\ndataset: {name: digits}\nmodel: {name: python, function: 'own.py:build'}\n"
        "optimizer: {name: adam}\ntraining: {epochs: 1}\n"
    )
    apart.machine.write_text("")
    command = apart.begin("run", "runs/own.yaml", *apart.options)
    _, said = command.communicate(timeout=120)
    assert command.returncode == 3, said
    assert f"{tmp_path / 'runs' / 'own.py'} is not there, or is another file" in " ".join(said.split())
