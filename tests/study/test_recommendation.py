"""What a study ends with: a row to take on stated grounds, what that risks, and a file that `run` takes as it lies."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from fake_training import FakeExecutor
from finished_runs import make_run

from optbench.comparison import compare
from optbench.config import load_experiment, load_study, moved
from optbench.runner.run import RunOptions, run_experiments
from optbench.statistics import repeated_interval, sign_flip_p
from optbench.study.plan import StudyRun
from optbench.study.recommendation import recommendation
from optbench.study.runs import StudyRuns
from optbench.study.statements import decision_statements
from optbench.words import sentences

PROBLEM = "{dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}"
LOOKS = (8, 12, 16)
NOISE = 0.02 * np.random.default_rng(5).standard_normal((6, 10))


def decided(tmp_path, scores, *, optimizers, baseline="null", epochs=None, looks=()):
    """Return what is taken, by scores per row; each row's learning rate is another."""
    file = tmp_path / "study.yaml"
    file.write_text(f"experiment: {PROBLEM}\noptimizers: {optimizers}\nbaseline: {baseline}\nmargin: 0.01\n")
    config = load_study(file).config
    labels, planned, records = {}, [], {}
    for place, (label, row) in enumerate(scores.items()):
        rate = {"learning_rate": 0.001 * (1 + place)}
        for seed, score in enumerate(row):
            made = make_run(label.partition("-")[0], seed, float(score), arguments=rate)
            metrics = {**made.metrics, "epochs_run": (epochs or {}).get(label, 3)}
            run = replace(made, run=f"{label}-s{seed}", metrics=metrics)
            labels[run.run], records[run.run] = label, run
            planned.append(StudyRun("confirmation", "iris", label, (), SimpleNamespace(run=run.run)))
    comparison = compare(
        list(records.values()),
        labels=labels,
        margin=config.margin,
        baseline=config.baseline,
        aside=config.aside,
        untuned=config.untuned,
        looks=looks,
    )
    return recommendation(config, comparison, (), StudyRuns(tuple(planned), records, {})), comparison


def rows(**shifts):
    """Scores of rows on ten seeds: a level for each, common noise, and a little of each row's own."""
    common = 0.8 + NOISE[0]
    return {
        label.replace("_", "-"): common + shift + 0.05 * NOISE[1 + place]
        for place, (label, shift) in enumerate(shifts.items())
    }


def test_what_is_shown_to_be_better_is_taken_without_risk(tmp_path):
    """Nothing that the intervals leave room for is better."""
    taken, _ = decided(tmp_path, rows(sgd=0.0, adam=0.05), optimizers="[sgd, adam]")
    assert (taken.label, taken.rule, taken.risk, taken.against) == ("adam", "best", 0.0, None)


def test_the_cheapest_of_equivalent_rows_is_taken(tmp_path):
    """Fewer epochs before fewer variables before the order of the file; the risk stays below the margin."""
    close = rows(adam=0.002, rmsprop=0.001, sgd=0.0)
    optimizers = "[adam, rmsprop, sgd]"
    taken, _ = decided(tmp_path, close, optimizers=optimizers)
    assert (taken.label, taken.rule, taken.instead_of, taken.saving) == ("sgd", "cheaper", "adam", "variables")
    assert 0.0 < taken.risk < 0.01
    sooner, _ = decided(tmp_path, close, optimizers=optimizers, epochs={"rmsprop": 2})
    assert (sooner.label, sooner.saving) == ("rmsprop", "epochs")
    pair = rows(adamw=0.001, adam=0.0)
    first, _ = decided(tmp_path, pair, optimizers="[adam, adamw]")
    assert (first.label, first.saving) == ("adam", "order")
    last, _ = decided(tmp_path, pair, optimizers="[adamw, adam]")
    assert (last.label, last.rule) == ("adamw", "equivalent")


def test_without_evidence_the_best_mean_is_taken_and_called_undecided(tmp_path):
    """The risk is the largest difference that the exact test does not reject."""
    scores = {"sgd": 0.8 + NOISE[0], "adam": 0.804 + NOISE[1]}
    taken, comparison = decided(tmp_path, scores, optimizers="[sgd, adam]")
    best = comparison.problems[0].optimizers[0].label
    other = ({"sgd", "adam"} - {best}).pop()
    assert (taken.label, taken.rule, taken.against) == (best, "undecided", other)
    behind = scores[other] - scores[best]
    assert sign_flip_p(behind - (taken.risk - 1e-9)) > 0.05 >= sign_flip_p(behind - (taken.risk + 1e-6))
    told = sentences(decision_statements(taken, "accuracy"))
    assert "undecided" in told[0]
    assert other in told[1]


MIRRORED = {"one": 0.8 + NOISE[1], "other": 0.8 + NOISE[1][::-1]}  # equal means


@pytest.mark.parametrize(
    ("optimizers", "epochs", "label", "saving"),
    [
        ("[adam, sgd]", {}, "sgd", "variables"),
        ("[adam, sgd]", {"adam": 2}, "adam", "epochs"),
        ("[adam, adamw]", {}, "adam", "order"),
        ("[adamw, adam]", {}, "adamw", "order"),
    ],
)
def test_of_rows_with_one_mean_the_cheapest_is_taken_and_the_other_named(tmp_path, optimizers, epochs, label, saving):
    """No row has the best mean: they share it, and what decides between them is said."""
    labels = optimizers.strip("[]").split(", ")
    scores = dict(zip(labels, MIRRORED.values(), strict=True))
    taken, comparison = decided(tmp_path, scores, optimizers=optimizers, epochs=epochs)
    other = next(one for one in labels if one != label)
    assert (taken.label, taken.rule, taken.saving, taken.tied) == (label, "undecided", saving, (other,))
    assert taken.to_json()["tied_with"] == [other]
    statements = decision_statements(taken, comparison.metric.name)
    english, spanish = (sentences(statements, language)[0] for language in ("en", "es"))
    assert english.startswith(f"Take {label} at ")
    assert f"it shares the best mean with {other} and " in english
    assert f"comparte la mejor media con {other} y " in spanish
    assert "has the best mean" not in english


def test_of_several_with_one_mean_all_others_are_named(tmp_path):
    """By epochs before one, by variables before the other; what is equal without a doubt is no less told."""
    same = dict.fromkeys(("adam", "rmsprop", "sgd"), 0.8 + NOISE[0])
    taken, _ = decided(tmp_path, same, optimizers="[adam, rmsprop, sgd]", epochs={"adam": 4})
    assert (taken.label, taken.rule, taken.saving) == ("sgd", "equivalent", "several")
    told = sentences(decision_statements(taken, "accuracy"), "en")[0]
    assert "it shares the best mean with adam and rmsprop and costs the least of them" in told


def test_what_is_cheaper_than_a_shared_mean_is_equivalent_to_it(tmp_path):
    """It is taken in their place, and both are named."""
    close = rows(adam=0.002, sgd=0.0)
    scores = {"adam": close["adam"], "adamw": close["adam"], "sgd": close["sgd"]}
    taken, _ = decided(tmp_path, scores, optimizers="[adam, adamw, sgd]")
    assert (taken.label, taken.rule, taken.instead_of, taken.tied) == ("sgd", "cheaper", "adam", ("adamw",))
    told = sentences(decision_statements(taken, "accuracy"), "en")[0]
    assert "equivalent to adam, which shares the best mean with adamw" in told


def test_pairs_that_the_plan_leaves_out_show_nothing(tmp_path):
    """With a baseline the others are not compared with each other, so the best of them is undecided."""
    scores = rows(sgd=0.0, adam=0.05, rmsprop=0.02)
    taken, _ = decided(tmp_path, scores, optimizers="[sgd, adam, rmsprop]", baseline="sgd")
    assert (taken.label, taken.rule, taken.risk) == ("adam", "undecided", 0.0)


def test_the_risk_against_a_row_that_is_not_compared_allows_for_the_looks(tmp_path):
    """A plan that ends at its first look bounds less than one test with so many seeds, for such rows as for others."""
    scores = {label: row[:8] for label, row in rows(sgd=0.0, adam=0.05, rmsprop=0.05).items()}
    taken, _ = decided(tmp_path, scores, optimizers="[sgd, adam, rmsprop]", baseline="sgd", looks=LOOKS)
    other = ({"adam", "rmsprop"} - {taken.label}).pop()
    assert taken.against == other
    assert taken.risk == pytest.approx(repeated_interval(scores[other] - scores[taken.label], LOOKS)[1])
    once, _ = decided(tmp_path, scores, optimizers="[sgd, adam, rmsprop]", baseline="sgd")
    assert taken.risk > once.risk


def test_a_default_that_was_shown_to_be_better_is_taken(tmp_path):
    """Tuning that did harm is not recommended."""
    scores = rows(adam=0.02, sgd=0.0, adam_default=0.08)
    taken, _ = decided(tmp_path, scores, optimizers="[adam, sgd]")
    assert (taken.label, taken.rule, taken.instead_of) == ("adam-default", "untuned", "adam")


def test_few_seeds_exclude_no_loss(tmp_path):
    """Five seeds have no interval at 95 %, so the risk is not known, and is not called 0."""
    scores = {label: row[:5] for label, row in rows(sgd=0.0, adam=0.05).items()}
    taken, _ = decided(tmp_path, scores, optimizers="[sgd, adam]")
    assert (taken.label, taken.rule, taken.risk) == ("adam", "undecided", None)
    assert "not known" in sentences(decision_statements(taken, "accuracy"))[1]


def test_the_verdict_ends_with_it(finished):
    """In verdict.json as values and as the last sentences, on the page before everything else."""
    document = json.loads(finished.plan.paths.verdict_json.read_text())
    taken = document["recommended"]
    rows_of = {one["optimizer"]: one for one in document["optimizers"] if one["optimizer"] in ("sgd", "adam")}
    best = max(one["mean"] for one in rows_of.values())
    row = rows_of[taken["optimizer"]]
    assert (row["mean"], row["learning_rate"]) == (best, taken["learning_rate"])
    assert set(taken["tied_with"]) == {name for name, one in rows_of.items() if one["mean"] == best} - {
        row["optimizer"]
    }
    assert (taken["rule"], taken["risk"]) == ("undecided", None)  # two seeds
    told = " ".join(sentences(finished.findings.problems[0].decision, "en"))
    assert document["verdict"].endswith(told)
    text = finished.plan.paths.verdict_text.read_text()
    assert text.index(told) < text.index(document["verdict"][:20])


BUILD = "def build(input_shape, num_classes, width=4):\n    import keras\n    return keras.Sequential()\n"


def test_the_file_is_a_whole_experiment_that_runs_where_it_lies(study, tmp_path):
    """A table and own Python, named from the experiment's folder, are found from the study's folder."""
    (tmp_path / "problems" / "code").mkdir(parents=True)
    (tmp_path / "problems" / "code" / "net.py").write_text(BUILD)
    table = "".join(f"{n % 7},{n % 5},{'yes' if n % 3 else 'no'}\n" for n in range(120))
    (tmp_path / "problems" / "table.csv").write_text("a,b,y\n" + table)
    (tmp_path / "problems" / "base.yaml").write_text(
        "name: base\n"
        "dataset: {name: csv, path: table.csv, target: y}\n"
        "model: {name: python, function: 'code/net.py:build', arguments: {width: 3}}\n"
        "optimizer: {name: adam}\n"
        "training: {epochs: 3}\n"
    )
    end = study(experiment="experiment: problems/base.yaml")
    file = end.plan.paths.recommended()
    taken = json.loads(end.plan.paths.verdict_json.read_text())["recommended"]
    config = load_experiment(file).config
    assert config.optimizer.name == taken["optimizer"]
    assert config.optimizer.arguments["learning_rate"] == taken["learning_rate"]
    assert str(tmp_path) not in file.read_text()
    ends = run_experiments(
        RunOptions((file,), runs_dir=tmp_path / "again", quiet=True, jobs=1),
        say=lambda _sentence: None,
        executor_for=lambda *_arguments: FakeExecutor(),
    )
    assert [one.outcome for one in ends] == ["completed"]
    assert study(experiment="experiment: problems/base.yaml").written == ()


@pytest.mark.long
@pytest.mark.ci
def test_several_problems_have_a_file_each(study):
    """Named after the problem."""
    one = "{dataset: {name: %s}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 3}}"
    end = study(experiment="experiments: [" + ", ".join(one % name for name in ("iris", "wine")) + "]")
    files = sorted(path.name for path in end.plan.paths.folder.glob("recommended*.yaml"))
    assert files == ["recommended-iris.yaml", "recommended-wine.yaml"]
    document = json.loads(end.plan.paths.verdict_json.read_text())
    assert all(problem["recommended"]["optimizer"] for problem in document["problems"])


@pytest.mark.parametrize("way", ["..", "../../a folder", "sub"])
def test_a_moved_experiment_names_the_same_files(tmp_path, way):
    """Every relative path of an experiment is written from the new folder; absolute ones stay."""
    text = (
        "name: x\n"
        "dataset: {name: csv, path: d/t.csv, target: y, split: {test_path: d/u.csv}}\n"
        "model: {name: python, function: 'm.py:build'}\n"
        "optimizer: {name: python, function: 'sub/o.py:make'}\n"
        "training: {loss: 'python:l.py:loss'}\n"
    )
    (tmp_path / "x.yaml").write_text(text)
    before = load_experiment(tmp_path / "x.yaml").config
    after = moved(before, way)
    new = tmp_path / "p" / "q"

    def named(config):
        split, loss = config.dataset.split, config.training.loss.removeprefix("python:")
        return [config.dataset.path, split.test_path, config.model.function, config.optimizer.function, loss]

    for old, now in zip(named(before), named(after), strict=True):
        assert os.path.normpath(new / way / old) == os.path.normpath(new / now)
    absolute = before.model_copy(update={"dataset": before.dataset.model_copy(update={"path": "/d/t.csv"})})
    assert moved(absolute, way).dataset.path == "/d/t.csv"
