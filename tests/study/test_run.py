"""The protocol as a user can check it: what ran, with which seeds, what was looked at when, and what is done again."""

from __future__ import annotations

import json
import random

import pandas as pd
import pytest
from fake_training import FakeExecutor

from optbench.errors import InvalidError, RunFailedError
from optbench.reporting.comparison_document import comparison_document
from optbench.run_store import RunPaths, read_json, read_manifest, read_predictions
from optbench.study.conclude import conclude
from optbench.study.runs import StudyRuns
from optbench.study.sentences import study_verdict, study_warnings
from optbench.study.tuning import Setting, best_setting, choose
from optbench.study.verdict_json import verdict_document
from optbench.words import sentence

OUTPUTS = ("study.json", "plan.csv", "results.csv", "verdict.json", "verdict.md", "report.html")


def contents(end):
    folder = end.plan.paths.folder
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def results(end):
    return pd.read_csv(end.plan.paths.results)


def test_equal_budget_disjoint_seeds_and_defaults(finished):
    """Every optimizer gets the same tuning runs; confirmation has other seeds, equal for all, defaults included."""
    table = results(finished)
    tuning, confirmation = table[table.stage == "tuning"], table[table.stage == "confirmation"]
    assert tuning.groupby("optimizer").size().to_dict() == {"sgd": 8, "adam": 8, "sgd-default": 2, "adam-default": 2}
    assert confirmation.groupby("optimizer").size().to_dict() == dict.fromkeys(
        ["sgd", "adam", "sgd-default", "adam-default"], 2
    )
    assert not set(tuning.seed) & set(confirmation.seed)
    assert {tuple(sorted(seeds)) for _, seeds in confirmation.groupby("optimizer").seed} == {(1000, 1001)}
    rates = confirmation.groupby("optimizer").learning_rate.unique()
    assert (list(rates["sgd-default"]), list(rates["adam-default"])) == ([0.01], [0.001])


def test_the_best_mean_validation_loss_is_chosen(finished):
    """The chosen rate is the one with the lowest mean of results.csv, and confirmation runs use it."""
    end = finished
    table = results(end)
    for label, tuned in table[(table.stage == "tuning") & table.optimizer.isin(["sgd", "adam"])].groupby("optimizer"):
        best = tuned.groupby("learning_rate").val_loss.mean().idxmin()
        assert verdict_document(end.findings)["chosen"][label] == {"learning_rate": best}
        confirmed = table[(table.stage == "confirmation") & (table.optimizer == label)]
        assert set(confirmed.learning_rate) == {best}


def test_tuning_runs_have_no_test_rows(finished):
    """The rows are not merely unreported: neither the predictions nor any metric of a tuning run knows them."""
    end = finished
    for run in end.runs.planned:
        paths = RunPaths(run.planned.paths.folder)
        assert run.planned.config.dataset.split.withhold_test == (run.stage == "tuning")  # `reproduce` reads it there
        rows = len(read_predictions(paths.predictions)[0]["test"].rows)
        metrics = read_json(paths.metrics)["test"]
        if run.stage == "tuning":
            assert rows == 0
            assert set(metrics.values()) == {None}
            assert "test" not in read_json(paths.environment)["data"]["class_counts"]
        else:
            assert rows == 30
            assert metrics["accuracy"] is not None


def test_a_second_call_does_nothing(study):
    """No run is trained, no file of the study changes."""
    first = study()
    before = contents(first)
    second = study()
    assert (second.trained, second.written, study.executor.trained) == (0, (), [])
    assert second.sentence().startswith("nothing to do")
    assert contents(second) == before


class Cut(FakeExecutor):
    """Ctrl-C comes when so many runs are finished."""

    def __init__(self, runs):
        super().__init__(instead_of={"finish": self._cut})
        self.left = runs

    def _cut(self, task, step):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return step(task)


@pytest.mark.parametrize("runs", [3, 9])
def test_a_study_cut_off_ends_with_the_same_bytes(study, tmp_path, runs):
    """Stopped in tuning (6 runs) or in confirmation and called again, it ends like one that was never stopped."""
    with pytest.raises(KeyboardInterrupt):
        study(executor=Cut(runs))
    resumed = study()
    assert 0 < resumed.trained < len(resumed.runs.planned)
    study.runs_dir = tmp_path / "elsewhere"
    straight = study()
    assert straight.trained == len(straight.runs.planned)
    assert contents(resumed) == contents(straight)


def test_a_damaged_output_is_written_again(study):
    """What was changed by hand or lost comes back, without training."""
    end = study()
    before = contents(end)
    paths = end.plan.paths
    paths.verdict_json.write_text("{}")
    paths.page.unlink()
    again = study()
    assert set(again.written) == {paths.verdict_json, paths.page}
    assert (contents(again), study.executor.trained) == (before, [])


@pytest.mark.parametrize(
    ("sampler", "more"),
    [("grid", {"seeds": 4}), ("grid", {"tuning_seeds": 2}), ("grid", {"points": 5}), ("halton", {"points": 4})],
)
def test_more_seeds_or_points_extend_a_study(study, sampler, more):
    """The folder stays, nothing finished is trained again, and the verdict says that the split was opened twice."""
    first = study(sampler=sampler)
    before = {run.run for run in first.runs.planned}
    second = study(sampler=sampler, **more)
    assert second.plan.paths == first.plan.paths
    assert not before & {name for name in study.executor.trained if name in before}
    kept = {run.run for run in second.runs.planned if run.stage == "tuning"} & before
    assert kept == {run.run for run in first.runs.planned if run.stage == "tuning"}
    assert len(verdict_document(second.findings)["openings"]) == 2
    assert any("opened 2 times" in sentence for sentence in study_warnings(second.findings))


def test_another_range_is_another_study(study):
    """What cannot be extended begins a folder of its own; the first stays as it is."""
    first = study()
    before = contents(first)
    second = study(optimizers="[{name: sgd, learning_rate: {low: 0.1, high: 1}}, adam]")
    assert second.plan.paths != first.plan.paths
    assert contents(first) == before
    assert any("opened by another study" in sentence for sentence in study_warnings(second.findings))


def test_the_order_of_the_runs_changes_nothing(finished):
    """verdict.json is the same, byte for byte, whatever the order of runs and records."""
    expected = json.dumps(verdict_document(finished.findings))
    for seed in range(3):
        planned, records = list(finished.runs.planned), list(finished.runs.records.items())
        random.Random(seed).shuffle(planned)
        random.Random(seed).shuffle(records)
        runs = StudyRuns(tuple(planned), dict(records), finished.runs.histories)
        tunings = choose(finished.plan.config, runs)
        again = conclude(finished.plan, runs, tunings, finished.findings.problems[0].openings)
        assert json.dumps(verdict_document(again)) == expected


def test_a_diverging_optimizer_loses_and_is_counted(study):
    """Its runs count as the majority class, its rate of divergence is told, and the other one is shown to be better."""
    end = study(behaviour={"sgd": ["diverge"]}, seeds=8)
    document = verdict_document(end.findings)
    by_label = {one["optimizer"]: one for one in document["optimizers"]}
    assert by_label["sgd"]["n_diverged"] == 8
    assert by_label["adam"]["n_diverged"] == 0
    pair = next(pair for pair in document["pairs"] if {pair["a"], pair["b"]} == {"sgd", "adam"})
    assert pair["decision"] == ("a_better" if pair["a"] == "adam" else "b_better")
    assert document["verdict"].startswith("adam beats sgd")
    assert any("sgd diverged at every learning rate" in sentence for sentence in document["warnings"])
    shrinkage = next(one for one in document["shrinkage"] if one["optimizer"] == "sgd")
    assert shrinkage["shrinkage"] is None


def test_a_learning_rate_that_diverges_is_not_chosen():
    """One lost seed makes a setting worse than any that has none, however good its other seed is."""
    lost = Setting((("learning_rate", 0.1),), ("a", "b"), (0, 1), (0.01, None))
    poor = Setting((("learning_rate", 0.2),), ("c", "d"), (0, 1), (5.0, 6.0))
    assert best_setting([lost, poor], "val_loss") == 1
    assert (lost.mean, lost.n_diverged) == (None, 1)


def test_the_same_optimizer_twice_is_no_winner(study):
    """A against A: two labels, the same settings, the same seeds; every difference is exactly zero."""
    end = study(optimizers="[adam, {name: adam, label: adam-again}]", seeds=8)
    document = verdict_document(end.findings)
    pair = next(pair for pair in document["pairs"] if {pair["a"], pair["b"]} == {"adam", "adam-again"})
    assert pair["decision"] not in ("a_better", "b_better")
    assert len({run.run for run in end.runs.planned}) == len(end.runs.planned)


def test_pairs_of_the_plan_and_no_others(study):
    """Tuned ones with each other, defaults with each other, each against its own default: a question each."""
    document = verdict_document(study(optimizers="[sgd, rmsprop, adam]", points=1).findings)
    pairs = {frozenset((pair["a"], pair["b"])) for pair in document["pairs"]}
    listed = {frozenset(pair) for pair in [("sgd", "adam"), ("sgd", "rmsprop"), ("rmsprop", "adam")]}
    defaults = {frozenset(f"{name}-default" for name in pair) for pair in listed}
    assert pairs == listed | defaults | {frozenset((name, f"{name}-default")) for name in ("sgd", "rmsprop", "adam")}
    assert document["protocol"]["families"] == {"tuned": 3, "defaults": 3, "tuned_vs_default": 3}
    assert [one["family"] for one in document["rulings"]] == ["tuned", "defaults", "tuned_vs_default"]
    assert {pair["family"] for pair in document["pairs"] if "sgd-default" in (pair["a"], pair["b"])} == {
        "defaults",
        "tuned_vs_default",
    }


def test_verdict_json_is_a_comparison_with_more_at_its_end(finished):
    """Readers of `compare --format json` can read it; clock times and dates of the study's own are not in it."""
    end = finished
    document = json.loads(end.plan.paths.verdict_json.read_text())
    shape = list(comparison_document(end.findings.comparison))
    assert list(document)[: len(shape)] == shape
    assert {"study", "protocol", "tuning", "shrinkage", "chosen"} <= set(list(document)[len(shape) :])
    opening = document["openings"][0]
    record = read_json(end.plan.paths.record)
    told = {name: record[name]["iris"] for name in ("data", "split")}
    assert opening == {"plan": record["plan"], **told}


def test_shrinkage_is_tuning_against_fresh_seeds(study):
    """Positive means that tuning looked better than confirmation; both numbers come from the validation split."""
    for metric, sign in (("val_loss", 1), ("val_accuracy", -1)):
        end = study(metric=metric, name=metric)
        table = results(end)
        for one in verdict_document(end.findings)["shrinkage"]:
            own = table[(table.optimizer == one["optimizer"]) & (table.stage == "confirmation")]
            chosen = table[(table.optimizer == one["optimizer"]) & (table.stage == "tuning")]
            chosen = chosen[
                chosen.learning_rate == verdict_document(end.findings)["chosen"][one["optimizer"]]["learning_rate"]
            ]
            expected = sign * (own[metric].mean() - chosen[metric].mean())
            assert one["shrinkage"] == pytest.approx(expected)


def test_winners_at_an_edge_are_flagged(study):
    """With two points every winner lies at an end of its range."""
    end = study(points=2)
    assert all(one["at_edge"] for one in verdict_document(end.findings)["tuning"])
    assert sum("may lie outside" in sentence for sentence in study_warnings(end.findings)) == 2


def test_a_failed_run_ends_the_study_and_is_tried_again(study):
    """Exit 1, no verdict; the same command finishes."""
    with pytest.raises(RunFailedError, match="runs failed"):
        study(behaviour={"adam": ["fail"]})
    folder = next(study.runs_dir.iterdir())
    assert (folder / "plan.csv").is_file()
    assert not (folder / "verdict.json").exists()
    assert study_verdict(study().findings)


def test_a_bad_model_creates_nothing(study):
    """Exit 3 before the first folder."""
    with pytest.raises(InvalidError, match="the model cannot be built"):
        study(behaviour={"adam": ["bad model"]})
    assert not study.runs_dir.exists()


def test_member_runs_draw_no_pictures_and_are_complete(finished):
    """A member is a run like any other, without figures."""
    end = finished
    for run in end.runs.planned:
        manifest = read_manifest(run.planned.paths)
        assert manifest is not None
        assert not [name for name in manifest.files if name.endswith((".png", ".html"))]


def test_the_page_and_the_text_say_what_matters(finished):
    """Decision, verdict, both tables and the protocol, in plain words; the page holds everything else."""
    end = finished
    paths = end.plan.paths
    text, page = paths.verdict_text.read_text(), paths.page.read_text()
    for finding in end.findings.comparison.problems[0].verdict:
        assert sentence(finding) in text
    for words in ("## The optimizers", "## How it was done", "test rows were withheld", "opened once", "sgd-default"):
        assert words in text
    for words in ("The test split was withheld", "What a tuning budget buys", "How forgiving the learning rate is"):
        assert words in page
    assert "validation loss against learning rate" in page
    assert '<figure id="rates-0"' in page


def test_a_tuning_run_has_no_scores_to_differ_in(finished):
    """`reproduce` compares the splits that have rows; an empty one is no difference."""
    from optbench.runner.reproduction import score_difference

    first = next(run.planned.paths for run in finished.runs.planned if run.stage == "tuning")
    assert score_difference(first, first) == 0.0
