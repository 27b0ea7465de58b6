"""What others on the machine do to a command: hold its runs, stop its workers, take its folders away."""

from __future__ import annotations

import shutil
import time

import pytest
from fake_training import FakeExecutor

from optbench.errors import RunFailedError
from optbench.executors.child import end_of
from optbench.run_store import claim_run_folder
from optbench.runner.execute import Flight
from optbench.runner.run import RunOptions, environment_facts, run_experiments
from optbench.runner.run_end import Reporter
from optbench.runner.summary import raise_for_failures, summary_json


@pytest.fixture
def planned(tmp_path, make_runs):
    """A run that is planned and has no folder yet."""
    (run,) = make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")
    return run


def flight(executor):
    return Flight(executor=executor, reporter=Reporter.silent(), data_folders={}, environment=environment_facts)


def test_a_stopped_command_waits_for_no_run_of_others(planned):
    """After Ctrl-C it ends, also if a process that lives holds what it was waiting for."""
    claim = claim_run_folder(planned.paths, key=planned.key)
    stopped, looks = [], []

    def is_stopped():
        looks.append(time.monotonic())
        stopped.append(len(looks) > 3)
        return stopped[-1]

    begin = time.monotonic()
    assert flight(FakeExecutor()).execute([planned], is_stopped=is_stopped) == []
    assert time.monotonic() - begin < 20
    assert not claim.is_lost
    claim.release()


def ends_of(tmp_path, behaviour, *, retries=1, instead_of=None):
    """Train an experiment on iris; returns its end and how often it was tried."""
    config = tmp_path / "a.yaml"
    config.write_text(
        "name: a\ndataset: {name: iris}\nmodel: {name: mlp}\noptimizer: {name: adam}\ntraining: {epochs: 2}\n"
        "report: {figures: false}\n"
    )
    executor = FakeExecutor(behaviour, instead_of)
    options = RunOptions((config,), runs_dir=tmp_path / "runs", quiet=True, retries=retries)
    (end,) = run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_: executor)
    return end, executor


def test_a_worker_that_somebody_else_stops_is_tried_again(tmp_path):
    """SIGTERM of a scheduler or a colleague is none of the user's: the run goes on, as after a kill."""
    end, executor = ends_of(tmp_path, {"adam": ["interrupted", "ok"]})
    assert end.outcome == "completed"
    assert sum(executor.attempts.values()) == 2
    end, executor = ends_of(tmp_path, {"adam": ["interrupted"]}, retries=0)
    assert end.outcome == "skipped"


@pytest.mark.parametrize("what", ["runs", "folder"])
@pytest.mark.parametrize("how", ["removed", "renamed"])
@pytest.mark.parametrize("before", ["train_run", "finish"])
def test_a_runs_directory_that_goes_away(tmp_path, what, how, before):
    """Exit code 1 in a sentence; the same command works afterwards."""

    def take_away(task, _step):
        folder = tmp_path / "runs"
        target = folder if what == "runs" else next(folder.iterdir())
        if how == "removed":
            shutil.rmtree(target)
        else:
            target.rename(tmp_path / "moved")
        return end_of(task, lambda _event: None)  # what a worker does

    end, _ = ends_of(tmp_path, {}, instead_of={before: take_away})
    assert end.outcome == "failed"
    with pytest.raises(RunFailedError) as failed:
        raise_for_failures([end])
    assert "removed or renamed" in str(failed.value)
    assert summary_json([end])["runs"][0]["outcome"] == "failed"
    end, _ = ends_of(tmp_path, {})
    assert end.outcome == "completed"


def test_a_finished_run_that_goes_away_before_it_is_told(tmp_path):
    """What was finished is told as such; its numbers are not there any more."""
    end, _ = ends_of(tmp_path, {})
    shutil.rmtree(tmp_path / "runs")
    (row,) = summary_json([end])["runs"]
    assert (row["outcome"], row["test"]) == ("completed", None)
