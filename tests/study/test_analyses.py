"""What a study says beyond the final score: each against what results.csv and the run folders hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_training import FakeExecutor
from finished_runs import make_run

from optbench.comparison import compare
from optbench.datasets import open_staged_dataset
from optbench.datasets.assembly import split_digest
from optbench.errors import ConfigError
from optbench.run_store import RunPaths, read_history, read_predictions
from optbench.statistics import cross_fitted_best_of_k, learning_rate_width
from optbench.study.conclude import conclude
from optbench.study.markdown import clock_heading, verdict_markdown
from optbench.study.more_text import split_tables
from optbench.study.rate_widths import rate_widths
from optbench.study.tuning import Setting, Tuning, choose
from optbench.study.verdict_json import verdict_document


@pytest.fixture(scope="module")
def told(finished):
    """verdict.json, results.csv and plan of the finished study."""
    paths = finished.plan.paths
    return json.loads(paths.verdict_json.read_text()), pd.read_csv(paths.results), finished.plan


def test_best_of_k_is_that_of_the_tuning_runs(told):
    """Cross-fitted over the two tuning seeds; the default's score is that of its runs with the same seeds."""
    document, table, _ = told
    found = document["best_of_k"]
    for curve in found["curves"]:
        own = table[(table.stage == "tuning") & (table.optimizer == curve["optimizer"])]
        scores = own.pivot_table(index="learning_rate", columns="seed", values="val_loss").to_numpy()
        assert curve["scores"] == pytest.approx(cross_fitted_best_of_k(scores, higher_is_better=False).tolist())
        assert not curve["optimistic"]
    beside = table[(table.stage == "tuning") & (table.optimizer == "adam-default")]
    assert set(beside.seed) == set(own.seed)
    assert found["defaults"]["adam-default"] == pytest.approx(beside.val_loss.mean())


def test_leaders_cover_every_budget_and_name_the_best(told):
    """From no tuning to all settings, without a gap; whoever leads has the best score there."""
    found = told[0]["best_of_k"]
    budgets = [budget for one in found["leaders"] for budget in range(one["from"], one["to"] + 1)]
    assert budgets == list(range(5))
    curves = {curve["optimizer"]: curve["scores"] for curve in found["curves"]}
    for one in found["leaders"]:
        for budget in range(one["from"], one["to"] + 1):
            known = dict(found["defaults"]) | (
                {name: scores[budget - 1] for name, scores in curves.items()} if budget else {}
            )
            assert known[one["optimizer"]] == min(known.values())
    assert found["leaders"][0]["optimizer"] in found["sentence"]


def test_equal_scores_lead_together():
    """Neither is put before the other, and where one has the better score it leads alone."""
    from optbench.study.budgets import BudgetCurve, Budgets
    from optbench.study.sentences import leaders_sentence

    curves = [BudgetCurve(name, scores, (), (), is_optimistic=False) for name, scores in
              {"adam": (0.5, 0.6, 0.9), "sgd": (0.5, 0.6, 0.8)}.items()]  # fmt: skip
    found = Budgets("val_accuracy", tuple(curves), {})
    assert [(one.label, one.tied, one.first, one.last) for one in found.leaders()] == [
        ("adam", ("sgd",), 1, 2),
        ("adam", (), 3, 3),
    ]
    assert "adam and sgd lead with the same score (0.5)" in leaders_sentence(found, "en")


def test_a_crossing_of_budgets_is_a_sentence():
    """With one try Adam leads at its default; with three, SGD; and how far a seed moves it is said, without advice."""
    from optbench.study.budgets import BudgetCurve, Budgets
    from optbench.study.sentences import leaders_sentence

    sgd = BudgetCurve("sgd", (0.5, 0.6, 0.9), (), (), is_optimistic=False)
    found = Budgets("val_accuracy", (sgd,), {"adam-default": 0.7}, seed_sd=0.05)
    assert leaders_sentence(found) == (
        "By validation accuracy: without tuning and with up to 2 tried adam-default leads (0.7); "
        "with 3 tried sgd leads (0.9). One seed alone moves such a score by 0.05 (standard deviation): leads of that "
        "size are luck."
    )


def test_a_lost_setting_counts_as_an_untrained_model(study):
    """A diverged tuning run has the score it had before training: finite, so that the curve has an interval."""
    document = verdict_document(study(behaviour={"sgd": ["diverge"]}, tuning_seeds=2).findings)
    curve = next(one for one in document["best_of_k"]["curves"] if one["optimizer"] == "sgd")
    assert None not in curve["scores"]
    assert curve["low"]


def test_width_is_measured_by_what_tuning_chose_by(told):
    """Decades that lose at most the margin of that metric, and only where two standard errors of a mean are less."""
    document, table, _ = told
    for one in document["learning_rate_width"]:
        own = table[(table.stage == "tuning") & (table.optimizer == one["optimizer"])]
        means = own.groupby("learning_rate").val_loss.mean()
        expected = learning_rate_width(means.index, means.to_numpy(), one["margin"], higher_is_better=False)
        assert one["metric"] == "val_loss"
        assert one["cannot_tell"] == (one["noise"] > one["margin"])
        assert one["decades"] == (None if one["cannot_tell"] else pytest.approx(expected.decades))
        assert (one["ci_low"], one["ci_high"]) == (None, None)  # two seeds give no interval


@pytest.mark.parametrize(
    ("noise", "seeds", "told", "interval"),
    [(1e-4, 2, True, False), (1e-4, 5, True, True), (0.1, 5, False, False), (1e-4, 1, False, False)],
)
def test_a_width_is_told_where_the_seeds_can_tell(noise, seeds, told, interval):
    """Noise above the margin, or one seed, says nothing; an interval needs five seeds."""
    rates = [1e-4, 1e-3, 1e-2, 1e-1]
    settings = tuple(
        Setting(
            (("learning_rate", rate),), (), tuple(range(seeds)), tuple(loss + noise * (-1) ** s for s in range(seeds))
        )
        for rate, loss in zip(rates, [0.6, 0.4, 0.4, 0.6], strict=True)
    )
    comparison = compare([make_run("adam", seed) for seed in range(2)])
    (width,) = rate_widths([Tuning("iris", "adam", "val_loss", settings, 1)], comparison)
    assert (width.width is not None, width.low is not None) == (told, interval)
    assert width.cannot_tell != told


def test_targets_come_from_the_baselines_tuning_and_no_clock_from_the_runs(told):
    """Values that the first tuned optimizer's tuning runs reached; not what an untrained model has; no seconds."""
    document, table, plan = told
    own = table[(table.stage == "tuning") & (table.optimizer == "sgd")]
    folder = plan.paths.folder
    histories = [read_history(RunPaths(folder / run).history) for run in own.run]
    reached = {value for history in histories for value in history.column("val_accuracy")[1:]}
    for target in document["targets"]:
        assert target["target"] in reached
        assert target["discriminates"]
        assert all("seconds" not in row for row in target["rows"])


def test_disagreement_is_counted_on_the_test_rows(told):
    """Mean share of rows on which the predicted classes differ, seed by seed."""
    document, table, plan = told
    folder = plan.paths.folder

    def classes(label, seed):
        rows = table[(table.stage == "confirmation") & (table.optimizer == label) & (table.seed == seed)]
        test = read_predictions(RunPaths(folder / rows.run.iloc[0]).predictions)[0]["test"]
        return test.y_score.argmax(axis=1)[np.argsort(test.rows)]

    one = document["disagreement"][0]
    expected = np.mean([(classes(one["a"], seed) != classes(one["b"], seed)).mean() for seed in (1000, 1001)])
    assert one["churn"] == pytest.approx(expected)
    assert {entry["optimizer"] for entry in document["calibration"]} == {"sgd", "adam", "sgd-default", "adam-default"}


def test_other_splits_are_measured_beside_other_seeds(study):
    """One run per split and listed optimizer, one seed, another split each; more splits train the new ones only."""
    end = study(splits=3, seeds=4)
    table = pd.read_csv(end.plan.paths.results)
    splits = table[table.stage == "splits"]
    assert set(splits.split_seed) == {1, 2, 3}
    assert set(splits.seed) == {1000}
    found = verdict_document(end.findings)["splits"]
    for row in found["optimizers"]:
        own = splits[splits.optimizer == row["optimizer"]].sort_values("split_seed")
        assert row["scores"] == pytest.approx(own.test_accuracy.tolist())
        assert row["sd_splits"] == pytest.approx(own.test_accuracy.std())
    (pair,) = found["pairs"]
    wide = splits.pivot_table(index="split_seed", columns="optimizer", values="test_accuracy")
    assert pair["difference"] == pytest.approx((wide[pair["a"]] - wide[pair["b"]]).mean())
    captions = [caption.title for caption, _ in split_tables(end.findings.problems[0], "en")]
    assert captions[0] == "What another split changes."
    again = study(splits=4, seeds=4)
    assert again.trained == 2


class Watching(FakeExecutor):
    """Looks at the staged data of every run: its folder, the digest of its split, what is left of earlier folders."""

    def __init__(self):
        super().__init__()
        self.folders, self.splits, self.left_over = [], {}, []

    def execute(self, tasks, **options):
        self.left_over += [folder for folders in self.folders for folder in folders if folder.exists()]
        self.folders.append(set())
        yield from super().execute(tasks, **options)

    def _train(self, task, on_event):
        folder = Path(task.arguments["data"])
        staged = open_staged_dataset(folder)
        self.folders[-1].add(folder)
        self.splits[task.name] = split_digest(staged.splits, staged.class_names)
        return super()._train(task, on_event)


def test_other_splits_are_read_when_they_are_staged_and_no_copy_outlives_its_stage(study):
    """A plan holds no numbers of them; what is staged are those of the planned split, after the others are gone."""
    executor = Watching()
    end = study(splits=2, executor=executor)
    assert executor.splits == {run.run: run.planned.dataset.split_digest for run in end.runs.planned}
    assert [len(folders) for folders in executor.folders] == [0, 1, 1, 2]  # tried out, tuning, confirmation, splits
    assert executor.left_over == []
    assert not any(folder.exists() for folder in executor.folders[-1])
    for dataset in end.plan.problems[0].splits.values():
        assert set(dataset.train.x.strides) == {0}


def test_fixed_test_rows_have_no_other_splits(study, tmp_path):
    """Refused before anything runs: the split's seed would change nothing that counts."""
    for name, first in (("train.csv", 0), ("test.csv", 1)):
        rows = "".join(f"{i % 7},{i % 3},{'ab'[i % 2]}\n" for i in range(first, 60))
        (tmp_path / name).write_text("p,q,y\n" + rows)
    data = "{name: csv, path: train.csv, target: y, split: {test_path: test.csv, validation: 0.2}}"
    with pytest.raises(ConfigError, match="splits: the test rows of csv are fixed"):
        study(
            experiment=f"experiment: {{dataset: {data}, model: {{name: logistic}}, training: {{epochs: 2}}}}", splits=2
        )
    assert not study.runs_dir.exists()


def test_no_clock_time_but_training_seconds_in_the_verdict(finished):
    """Other times of the same runs change training_seconds in verdict.json and what stands below the last heading."""
    found = finished
    slow = {"training_seconds": 9.0, "seconds_per_epoch": 3.0, "peak_memory_mb": 999.0, "runs_in_flight": 7}
    records = {run: replace(record, timing=slow, machine="another") for run, record in found.runs.records.items()}
    runs = replace(found.runs, records=records)
    other = conclude(found.plan, runs, choose(found.plan.config, runs), found.findings.problems[0].openings)

    def without(document):
        for one in document["optimizers"]:
            assert one.pop("training_seconds") > 0
        return json.dumps(document)

    assert without(verdict_document(found.findings)) == without(verdict_document(other))
    pages = [verdict_markdown(one).partition(clock_heading()) for one in (found.findings, other)]
    assert pages[0][0] == pages[1][0]
    assert pages[0][2] != pages[1][2]
