"""Real runs under a real SLURM: the bytes of the local executor, whatever is killed or left meanwhile. 2 minutes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from commands_elsewhere import Commands, assert_same, long_experiment, run_undisturbed
from small_study import STUDY

pytestmark = [pytest.mark.tensorflow, pytest.mark.cluster]


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    return long_experiment(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def undisturbed(config, tmp_path_factory, warm_workers) -> Path:
    return run_undisturbed(config, tmp_path_factory.mktemp("local"), warm_workers)


class Cluster(Commands):
    """Commands of optbench and of SLURM."""

    executor = "slurm"

    def slurm(self, *command: str) -> str:
        env = self.environment
        program = Path(env["PATH"].split(os.pathsep)[0]) / command[0]
        return subprocess.run([program, *command[1:]], env=env, capture_output=True, text=True, check=False).stdout

    def jobs(self) -> list[str]:
        return self.slurm("squeue", "--noheader", "--array", "--format=%i").split()

    def happened(self) -> str:
        return self.slurm("squeue")


@pytest.fixture
def cluster(slurm, tmp_path):
    made = Cluster(slurm, tmp_path)
    yield made
    if jobs := made.jobs():
        made.slurm("scancel", *jobs)


def test_killed_jobs_and_commands_change_no_byte(cluster, config, undisturbed):
    """A job that is killed is replaced; the same command goes on after one that was killed itself."""
    command = cluster.begin("run", config, *cluster.options, "-q")
    cluster.wait_for(lambda: cluster.epochs_of(1) > 5, command)
    cluster.slurm("scancel", "--signal=KILL", "--full", *cluster.jobs())
    cluster.wait_for(lambda: cluster.epochs_of(2) > 5, command)
    command.kill()
    command.communicate()
    (end,) = cluster.run(config)["runs"]
    assert end["outcome"] == "completed"
    assert_same(undisturbed, cluster.folder / end["folder"])
    assert not (cluster.runs / ".scratch").exists()


def test_runs_that_were_left_go_on_by_themselves_and_are_collected(cluster, config, undisturbed):
    """Pending, running, queued again before the time limit, preempted, cancelled, submitted again, collected."""
    blocker = cluster.slurm("sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap=sleep 600").strip()
    (row,) = cluster.run(config, "--detach")["runs"]
    job, log = re.fullmatch(r"job (\S+), log (\S+)", row["reason"]).groups()
    listed = cluster.listed()
    assert (row["outcome"], listed["status"], listed["kind"]) == ("submitted", "unfinished", "pending")
    assert (listed["job"], listed["log"]) == (job, log)
    assert cluster.run(config, "--detach")["runs"][0]["reason"] == row["reason"]  # not submitted twice

    cluster.slurm("scancel", blocker)
    cluster.wait_for(lambda: cluster.epochs_of(1) > 5)
    assert cluster.listed()["status"] == "running"
    cluster.slurm("scancel", "--signal=USR1", "--batch", job)
    cluster.wait_for(lambda: cluster.epochs_of(2) > 5)
    assert "Restarts=1" in cluster.slurm("scontrol", "show", "job", job)
    assert cluster.first_epoch_of_last_attempt() > 0  # from its checkpoint

    cluster.slurm("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=true")
    cluster.wait_for(lambda: cluster.epochs_of(3) > 5)
    assert "Restarts=2" in cluster.slurm("scontrol", "show", "job", job)

    cluster.slurm("scancel", job)
    cluster.wait_for(lambda: job not in cluster.jobs())
    listed = cluster.listed()
    assert (listed["status"], listed["job"]) == ("unfinished", job)
    assert listed["kind"] in ("interrupted", "cut off")

    (again,) = cluster.run(config, "--detach")["runs"]
    assert again["outcome"] == "submitted"
    assert again["reason"] != row["reason"]
    (end,) = cluster.run(config)["runs"]
    assert end["outcome"] == "skipped"  # waited for
    assert_same(undisturbed, cluster.folder / end["folder"])
    assert cluster.listed()["status"] == "completed"


def test_what_has_changed_since_it_was_submitted_is_not_trained(cluster, tmp_path):
    """The job says why and fails; the run can be listed with both."""
    (tmp_path / "own.py").write_text("def build(input_shape, num_classes):\n    import keras\n" + BUILD)
    config = tmp_path / "own.yaml"
    config.write_text(
        "name: own\ndataset: {name: iris}\nmodel: {name: python, function: 'own.py:build'}\n"
        "optimizer: {name: adam}\ntraining: {epochs: 1}\n"
    )
    blocker = cluster.slurm("sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap=sleep 600").strip()
    cluster.run(config, "--detach")
    (tmp_path / "own.py").write_text((tmp_path / "own.py").read_text() + "# changed\n")
    cluster.slurm("scancel", blocker)
    cluster.wait_for(lambda: not cluster.jobs())
    listed = cluster.listed()
    assert listed["kind"] == "failed"
    assert "data, Python and versions must be those that the run was submitted with" in Path(listed["log"]).read_text()


BUILD = """\
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(num_classes, activation="softmax")])
"""


@pytest.mark.long
def test_a_study_is_left_and_taken_up_stage_by_stage(cluster, tmp_path):
    """Each time the next stage is submitted; in the end nothing is left to do but conclude."""
    file = tmp_path / "trial.yaml"
    file.write_text(STUDY)
    left = cluster.ended(cluster.begin("study", file, *cluster.options, "--detach", "--json"))
    assert {row["outcome"] for row in left["runs"]} == {"submitted"}
    verdict = cluster.ended(cluster.begin("study", file, *cluster.options, "--json"))
    assert verdict["verdict"]
