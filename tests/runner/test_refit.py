"""`refit`: the setting of a run on all rows, in a run folder of its own that the other commands take."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_training import FakeExecutor
from run_folders import facts_of, seal

from optbench.config import load_resolved
from optbench.errors import DataError, InvalidError, MismatchError, NoRunsError
from optbench.run_store import RunPaths, read_json, read_run, verify_manifest
from optbench.runner.compare import CompareOptions, compare_runs
from optbench.runner.listing import list_runs, list_text, show_run
from optbench.runner.refit import Origin, origin_of_run, refit
from optbench.runner.report import render_reports
from optbench.runner.reproduce import read_recorded, reproduce
from optbench.runner.run import RunOptions, run_experiments

EXPERIMENT = """\
name: table
dataset: {name: csv, path: table.csv, target: y, split: {test: 0.25, validation: 0.25}}
model: {name: mlp, hidden_units: [3]}
optimizer: {name: adam, learning_rate: {schedule: cosine_decay, initial_learning_rate: 0.1, decay_epochs: auto}}
training: {epochs: 6, batch_size: 8, early_stopping: {patience: 2}}
evaluation: {threshold: f1, calibration: temperature}
report: {figures: false}
"""


class Workplace:
    """A user's table, an experiment on it, and a trainer that needs no TensorFlow."""

    def __init__(self, folder):
        self.folder, self.runs_dir, self.executor, self.said = folder, folder / "runs", FakeExecutor(), []
        (folder / "table.csv").write_text("p,q,y\n" + "".join(f"{i % 7},{i % 3},{'ab'[i % 2]}\n" for i in range(80)))

    def options(self, *configs):
        return RunOptions(configs, runs_dir=self.runs_dir, data_dir=self.folder, quiet=True)

    def run(self, text=EXPERIMENT):
        (self.folder / "table.yaml").write_text(text)
        options = self.options(self.folder / "table.yaml")
        (end,) = run_experiments(options, say=self.said.append, executor_for=lambda *_: self.executor)
        return end

    def refit(self, end, **more):
        origin = origin_of_run(str(end.planned.paths.folder), self.runs_dir)
        options = replace(self.options(), configs=())
        hired = {"say": self.said.append, "executor_for": lambda *_: self.executor}
        (again,) = refit(origin, options, **hired, **more)
        return again


@pytest.fixture
def work(tmp_path):
    return Workplace(tmp_path)


def test_the_setting_is_trained_on_all_rows(work):
    """For the epochs of the weights that were kept, without early stopping; steps of the schedule follow the rows."""
    first = work.run()
    again = work.refit(first)
    assert (first.outcome, again.outcome) == ("completed", "completed")
    before, config = (load_resolved(end.planned.paths.config_resolved) for end in (first, again))
    best = read_json(first.planned.paths.metrics)["best_epoch"]
    assert (config.training.epochs, config.training.early_stopping) == (best, None)
    assert before.optimizer.arguments["learning_rate"]["decay_steps"] == 6 * 5  # 40 rows in batches of 8
    assert config.optimizer.arguments["learning_rate"]["decay_steps"] == 6 * 10
    assert (config.model, config.seed) == (before.model, before.seed)
    assert len(again.planned.dataset.train.y) == 80
    assert again.planned.key != first.planned.key
    assert again.planned.run.startswith("table-refit-s0-")


def test_without_restoring_the_epochs_are_all_that_ran(work):
    """Then the weights that were kept are the last ones."""
    first = work.run(EXPERIMENT.replace("{patience: 2}", "{patience: 2, restore_best: false}"))
    config = load_resolved(work.refit(first).planned.paths.config_resolved)
    assert config.training.epochs == read_json(first.planned.paths.metrics)["epochs_run"] == 6


def test_there_is_no_test_score_and_why_is_said(work):
    """`metrics.test` is null; a finding tells it, and what was taken over is noted."""
    again = work.refit(work.run())
    metrics, environment = (read_json(path) for path in (again.planned.paths.metrics, again.planned.paths.environment))
    assert metrics["test"] is metrics["validation"] is None
    assert metrics["train"]["accuracy"] > 0.5
    assert metrics["warnings"][0]["code"] == "evaluation-all-rows"
    codes = [note["code"] for note in environment["notes"]]
    assert codes[:2] == ["refit-of-run", "refit-threshold"]
    assert "trained on all rows" in again.planned.paths.report_text.read_text()


def test_the_threshold_is_that_of_the_run(work):
    """It was chosen on validation rows, of which there are none any more."""
    first = work.run()
    again = work.refit(first)
    chosen, taken = (read_json(end.planned.paths.evaluation) for end in (first, again))
    assert taken["threshold"] == chosen["threshold"]
    assert (taken["chosen_on"], taken["rule"]) == (None, {"value": chosen["threshold"]})


def test_the_same_command_again_skips_it(work):
    """And `run` with the experiment that it keeps finds it, too: it is a run like others."""
    first = work.run()
    again = work.refit(first)
    assert work.refit(first).outcome == "skipped"
    assert work.run(again.planned.paths.config.read_text()).outcome == "skipped"


@pytest.mark.parametrize("function", ["try_out", "train_run", "finish"])
def test_one_that_failed_goes_on(work, function):
    """The next command finds what the first left."""

    def fails(task, step):
        raise KeyboardInterrupt

    first = work.run()
    work.executor.instead_of = {function: fails}
    with pytest.raises(KeyboardInterrupt):
        work.refit(first)
    work.executor.instead_of = {}
    again = work.refit(first)
    assert again.outcome == "completed"
    assert len(list(work.runs_dir.iterdir())) == 2


def test_the_other_commands_take_it(work, tmp_path):
    """`check`, `ls`, `show`, `report`, `reproduce`; `compare` leaves it out, and refuses it alone."""
    first = work.run()
    again = work.refit(first)
    folder = str(again.planned.paths.folder)
    assert verify_manifest(again.planned.paths, deep=True) == []
    listed, _ = list_runs(work.runs_dir)
    assert again.planned.run in list_text(listed)
    document, text = show_run(folder, work.runs_dir)
    assert document["metrics"]["test"] is None
    assert first.planned.run in text
    assert render_reports([folder], work.runs_dir)[0] == [again.planned.paths.report_html]
    found = reproduce(
        folder,
        runs_dir=work.runs_dir,
        data_dir=tmp_path,
        say=work.said.append,
        executor_for=lambda *_: FakeExecutor(),
    )
    assert found.is_identical
    with pytest.raises(NoRunsError, match="trained on all rows, for use") as refused:
        compare_runs(CompareOptions((folder,), work.runs_dir))
    assert refused.value.code == "runs-trained-on-all-rows"
    both = compare_runs(CompareOptions((folder, str(first.planned.paths.folder)), work.runs_dir))
    assert "1 run that was trained on all rows, for use, has no test score and is left out" in both.text


def test_a_refit_is_not_refitted(work):
    """There are no more rows."""
    with pytest.raises(NoRunsError, match="on all rows already"):
        work.refit(work.refit(work.run()))


def test_a_run_that_diverged_has_no_weights_worth_keeping(work):
    """It is refused in a sentence."""
    work.executor.behaviour = {"adam": ["diverge"]}
    with pytest.raises(InvalidError, match="which diverged") as refused:
        work.refit(work.run())
    assert (refused.value.exit_code, refused.value.code) == (3, "input-run-diverged")


def test_an_unfinished_and_a_changed_run_are_refused(work):
    """Nothing is made of what may be damaged."""
    end = work.run()
    path = end.planned.paths.metrics
    path.write_text(path.read_text() + " ")
    with pytest.raises(InvalidError, match="has changed since the run was finished") as changed:
        work.refit(end)
    end.planned.paths.manifest.unlink()
    with pytest.raises(InvalidError, match="holds no finished run") as unfinished:
        work.refit(end)
    assert (changed.value.exit_code, unfinished.value.exit_code) == (3, 3)  # as by `predict` and `export`
    assert len(list(work.runs_dir.iterdir())) == 1


def test_other_data_is_refused(work):
    """What is trained is what was measured; without the file the remedy is named."""
    end = work.run()
    table = work.folder / "table.csv"
    table.write_text(table.read_text() + "1,1,a\n")
    with pytest.raises(DataError, match="the data is another by now"):
        work.refit(end)
    table.unlink()
    with pytest.raises(DataError, match="--data DIR"):
        work.refit(end)
    assert len(list(work.runs_dir.iterdir())) == 1


def test_python_is_executed_only_if_it_is_the_runs(work):
    """The file where the experiment lies must be the one that the run keeps a copy of."""
    own = work.folder / "own.py"
    own.write_text("def build(input_shape, num_classes):\n    return None\n")
    end = work.run(EXPERIMENT.replace("{name: mlp, hidden_units: [3]}", '{name: python, function: "own.py:build"}'))
    assert work.refit(end).outcome == "completed"
    own.write_text("def build(input_shape, num_classes):\n    return 1\n")
    with pytest.raises(MismatchError, match=r"own\.py must be what the run was trained with"):
        work.refit(end)
    copy = RunPaths(end.planned.paths.folder).code_copy("own.py")
    assert copy.is_file()
    kept = work.folder / "kept"
    kept.mkdir()
    (kept / "own.py").write_bytes(copy.read_bytes())
    (kept / "table.csv").write_bytes((work.folder / "table.csv").read_bytes())
    assert work.refit(end, data=kept).outcome == "skipped"


def test_of_several_runs_the_medians_are_taken(work):
    """Epochs (a half rounded up), threshold and temperature, as a study's confirmation seeds give them."""
    recorded = []
    for seed in range(4):
        paths = work.run(EXPERIMENT.replace("name: table", f"name: t{seed}\nseed: {seed}")).planned.paths
        facts = facts_of(paths)
        metrics, evaluation = read_json(paths.metrics), read_json(paths.evaluation)
        paths.metrics.write_text(json.dumps({**metrics, "best_epoch": (1, 5, 2, 3)[seed]}))
        fitted = {
            "method": "temperature",
            "temperature": 1.0 + seed,
            "rows": 9,
            "log_loss_before": 1,
            "log_loss_after": 1,
        }
        chosen = {"threshold": (0.1, 0.9, 0.3, 0.4)[seed], "calibration": fitted}
        paths.evaluation.write_text(json.dumps({**evaluation, **chosen}))
        seal(paths, facts)
        recorded.append(read_recorded(str(paths.folder), work.runs_dir))
    origin = Origin("trial", "trial", tuple(recorded), "adam")
    assert origin.epochs == 3
    work.said.clear()
    (end,) = refit(origin, work.options(), say=work.said.append, executor_for=lambda *_: work.executor)
    found = read_json(end.planned.paths.evaluation)
    assert found["threshold"] == pytest.approx(0.35)
    assert found["calibration"]["temperature"] == pytest.approx(2.5)
    assert read_run(end.planned.paths.folder).seed == 0
    assert "which the study trial recommends" in work.said[0]
