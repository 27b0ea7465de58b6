"""`reproduce`: identity is proved, and every kind of difference is named."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from fake_training import FakeExecutor
from run_folders import facts_of, seal

from optbench.config import CALIBRATION_VERSION, EvaluationConfig, GivenTemperature, run_key
from optbench.errors import MismatchError, NoRunsError, RunFailedError, UsageError
from optbench.run_store import RunPaths, read_json
from optbench.runner.reproduce import raise_for_difference, read_recorded, reproduce, restore_code
from optbench.runner.reproduction import compare
from optbench.runner.run import RunOptions, run_experiments

EXPERIMENT = """\
name: table
dataset: {name: csv, path: table.csv, target: y}
model: {name: python, function: "../lib/own.py:build"}
optimizer: {name: adam}
training: {epochs: 3}
report: {figures: false}
"""


@pytest.fixture
def run(tmp_path):
    """A finished run of a user's table and model; `run()` reproduces it and returns result and what was said."""
    experiments = tmp_path / "experiments"
    experiments.mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "own.py").write_text("def build(input_shape, num_classes):\n    return None\n")
    rows = "".join(f"{i % 7},{i % 3},{'ab'[i % 2]}\n" for i in range(80))
    (experiments / "table.csv").write_text("p,q,y\n" + rows)
    (experiments / "table.yaml").write_text(EXPERIMENT)
    executor = FakeExecutor()
    options = RunOptions((experiments / "table.yaml",), runs_dir=tmp_path / "runs", quiet=True)
    (end,) = run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_: executor)
    assert end.outcome == "completed"

    class Run:
        paths = end.planned.paths
        said: list[str]

        def __call__(self, data=None):
            self.said = []
            folder = str(self.paths.folder)
            return reproduce(
                folder,
                runs_dir=tmp_path / "runs",
                data_dir=tmp_path,
                say=self.said.append,
                data=data,
                executor_for=lambda *_: self.executor,
            )

        def rewrite(self, path, **changes):
            """Change a JSON file of the run and close it again, as if it had been recorded so."""
            facts = facts_of(self.paths)
            path.write_text(json.dumps({**read_json(path), **changes}))
            seal(self.paths, facts)

    Run.executor = executor
    Run.table = experiments / "table.csv"
    return Run()


def test_the_same_again_is_bit_identical(run, tmp_path):
    """4 rungs, 3 per epoch, 2 at the end; the run's folder and the runs directory are only read."""
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*")}
    found = run()
    assert (found.is_identical, found.rungs, found.first_difference) == (True, 15, "")
    assert (found.score_difference, found.metric_difference) == (0.0, 0.0)
    assert found.text().endswith("bit-identical, 15 rungs")
    assert run.said == []
    raise_for_difference(found)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*")} == before


def test_another_way_of_calibrating_explains_itself(run, tmp_path):
    """Of a run whose key is of an earlier version: no fact of the environment would tell why it is another."""
    recorded = read_recorded(str(run.paths.folder), tmp_path)
    section = EvaluationConfig(calibration=GivenTemperature(temperature=2.0))
    calibrated = recorded.config.model_copy(update={"evaluation": section})
    facts = {"data_digest": recorded.digests["data"], "code": recorded.recorded_code}
    other = replace(recorded, digests={**recorded.digests, "predictions": "other"})

    def causes(version):
        key = run_key(calibrated, **facts, versions=recorded.manifest.versions, calibration=version)
        manifest = replace(recorded.manifest, key=key, config=calibrated.to_plain())
        found = compare(replace(other, manifest=manifest), run.paths)
        assert found.first_difference == "predictions"
        return [one.values for one in found.could_explain if one.code == "foresee-calibration-changed"]

    before = CALIBRATION_VERSION - 1
    assert causes(before) == [{"before": before, "now": CALIBRATION_VERSION}]
    assert causes(CALIBRATION_VERSION) == []


def test_a_folder_for_data_is_used_or_refused(run, tmp_path):
    """A place that is no folder, and any place for a run whose data is not files of the user's."""
    assert run(run.table.parent).is_identical
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "loop", "missing"):
        with pytest.raises(UsageError, match="--data must name a folder") as refused:
            run(tmp_path / name)
        assert refused.value.code == "usage-data-unfit"


def test_a_folder_is_not_taken_where_nothing_is_read_from_it(make_runs, tmp_path):
    """Data that comes with optbench lies in no folder of the user's."""
    (planned,) = make_runs.plan(make_runs.write_experiment(tmp_path), tmp_path / "runs")
    make_runs.finished_run(planned)
    with pytest.raises(UsageError, match="--data names the folder that a run's own files are in. Received: .*data is"):
        reproduce(str(planned.paths.folder), runs_dir=tmp_path / "runs", data_dir=tmp_path, say=print, data=tmp_path)


def test_it_runs_from_its_own_copy_of_the_code(run, tmp_path):
    """The user's file may have changed or gone since: the run keeps its own."""
    (tmp_path / "lib" / "own.py").unlink()
    assert run().is_identical


def test_changed_data_is_the_first_rung(run):
    """Another table differs at the bottom: the file is named, and nothing is trained on it."""
    run.table.write_text(run.table.read_text().replace("0,0,a", "0,0,b"))
    trained_before = len(run.executor.trained)
    found = run()
    assert (found.first_difference, found.rungs) == ("data", 0)
    assert [cause for cause in found.could_explain if cause.values["fact"] == "data.files.0.sha256"]
    assert (found.score_difference, len(run.executor.trained)) == (None, trained_before)
    with pytest.raises(MismatchError, match="'data' differs"):
        raise_for_difference(found)


def test_other_weights_are_named_with_the_largest_differences(run, monkeypatch):
    """The first differing epoch is named, and how far predictions and metrics are apart."""
    digests = read_json(run.paths.digests)
    run.rewrite(run.paths.digests, weights=[digests["weights"][0], "other", "other"])
    found = run()
    assert (found.first_difference, found.rungs) == ("weights of epoch 2", 8)
    assert found.score_difference == 0.0
    assert "no recorded fact of the environment differs" in found.text()
    assert json.dumps(found.to_json(), allow_nan=False)


def test_what_cannot_be_the_same_is_said_before_training(run):
    """A recorded CPU that is not this one is announced, and explains the rung."""
    cpu = {**read_json(run.paths.environment)["cpu"], "model": "another processor"}
    run.rewrite(run.paths.environment, cpu=cpu)
    run.rewrite(run.paths.digests, initial_weights="other")
    trained_before = len(run.executor.trained)
    found = run()
    assert [s for s in run.said if "cpu.model differs: another processor against" in s]
    assert found.first_difference == "initial_weights"
    assert [cause for cause in found.could_explain if cause.values["fact"] == "cpu.model"]
    assert len(run.executor.trained) == trained_before + 1


def test_a_damaged_run_proves_nothing(run):
    """A changed byte is exit 5 before anything is trained."""
    data = bytearray(run.paths.predictions.read_bytes())
    data[-100] ^= 1
    run.paths.predictions.write_bytes(bytes(data))
    with pytest.raises(MismatchError, match="must be intact for reproduce") as refused:
        run()
    (problem,) = refused.value.findings
    assert problem.code == "manifest-file-sha256"
    assert problem.values["path"] == str(run.paths.predictions)


def test_an_unfinished_run_cannot_be_reproduced(run):
    """Without a manifest there is nothing to compare with."""
    run.paths.manifest.unlink()
    with pytest.raises(NoRunsError, match="no finished run"):
        run()


def test_a_run_that_fails_now_is_exit_1(run):
    """A failure to execute is not a difference."""
    run.executor.behaviour = {"adam": ["fail"]}
    with pytest.raises(RunFailedError, match="could not be executed again: crashed"):
        run()


def test_files_are_restored_under_the_names_of_the_config(tmp_path):
    """Names that climb stay inside the temporary folder."""
    copy = tmp_path / "copy.py"
    copy.write_text("x = 1\n")
    folder = tmp_path / "restored"
    base = restore_code({"../../lib/a.py": copy, "b.py": copy}, folder)
    for name in ("../../lib/a.py", "b.py"):
        found = (base / name).resolve()
        assert found.read_text() == "x = 1\n"
        assert found.is_relative_to(folder.resolve())


def test_paths_of_copies_do_not_leave_the_run_folder(tmp_path):
    """Whatever a config calls its file, the copy lies in `code/`."""
    paths = RunPaths(tmp_path)
    for name in ("../x.py", "a/../../x.py", "/abs/x.py"):
        assert paths.code_copy(name).parent == paths.code
