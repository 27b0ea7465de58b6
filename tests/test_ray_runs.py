"""Real runs on a real Ray cluster: the bytes of the local executor, whatever is killed or stopped. 1 minute."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands_elsewhere import Commands, assert_same, long_experiment, run_undisturbed
from ray_cluster import SECOND

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
    cluster.wait_for(lambda: cluster.epochs_of(1) > 5)
    (actor,) = [process for process in ray_nodes.processes() if "ray::SlotActor" in " ".join(process.cmdline())]
    actor.kill()
    cluster.wait_for(lambda: cluster.epochs_of(2) > 5)
    assert cluster.first_epoch_of_last_attempt() > 0
    command.kill()
    command.communicate()

    command = cluster.begin("run", config, *cluster.options, "--json")
    cluster.wait_for(lambda: cluster.epochs_of(3) > 5)
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
    command = cluster.begin(
        "run", config, "--seeds", "0,1", *cluster.options, "--json", "--machine", cluster.folder / "machine.yaml"
    )
    cluster.wait_for(lambda: cluster.slowest_of(2) > 5)
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


def test_a_node_that_does_not_see_the_runs_directory_is_named(cluster, config):
    """In a sentence, not by waiting: here the command alone has a disk there."""
    cluster.runs.mkdir()
    command = [sys.executable, "-m", "optbench", "run", str(config), *map(str, cluster.options)]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(cluster.runs), *command],
        env=cluster.environment,
        cwd=cluster.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 3, done.stderr
    assert "every node must see the runs directory by the same path. Received: node " in done.stderr
    assert os.uname().nodename in done.stderr
