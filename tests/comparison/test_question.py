"""`--by`: any setting can be what is asked about; what else differs is told as ever."""

from __future__ import annotations

import pytest

from optbench.comparison import OPTIMIZER, compare
from optbench.comparison.result import Obstacle
from optbench.core.findings import Severity
from optbench.errors import UsageError
from optbench.statistics import Decision

HIGH = [0.93, 0.94, 0.95, 0.96, 0.97, 0.98]
LOW = [value - 0.1 - 0.001 * place**2 for place, value in enumerate(HIGH)]
NARROW = {"name": "mlp", "hidden_units": [16]}
WIDE = {"name": "mlp", "hidden_units": [32]}
SPLIT = {"test": 0.2, "validation": 0.1, "seed": 0}
QUESTIONS = {
    "training.epochs": ({"training": {"epochs": 5}}, {"training": {"epochs": 10}}),
    "training.batch_size": ({"training": {"batch_size": 16}}, {"training": {"batch_size": 64}}),
    "model.hidden_units": (
        {"model": NARROW, "digests": {"initial_weights": "a"}},
        {"model": WIDE, "digests": {"initial_weights": "b"}},
    ),
    "dataset.split.seed": (
        {"dataset": {"name": "wine", "split": SPLIT}},
        {"dataset": {"name": "wine", "split": {**SPLIT, "seed": 7}}, "digests": {"split": "f" * 64}},
    ),
    "optimizer.learning_rate": ({"arguments": {"learning_rate": 0.1}}, {"arguments": {"learning_rate": 0.2}}),
    "versions.keras": ({"versions": {"keras": "3.15.0"}}, {"versions": {"keras": "3.15.1"}}),
}


@pytest.mark.parametrize("key", QUESTIONS)
def test_any_setting_can_be_the_question(runs, key):
    """Two values of one setting are compared seed by seed, and nothing that follows from it is a doubt."""
    worse, better = QUESTIONS[key]
    comparison = compare(runs("adam", LOW, **worse) + runs("adam", HIGH, **better), by=key)
    (problem,) = comparison.problems
    assert comparison.by == key
    assert [pair.decision for pair in problem.pairs] == [Decision.A_BETTER]
    assert [item.what for item in problem.differences if item.severity is not Severity.REMARK] == []
    assert all("=" in one.label and len(one.label) <= 40 for one in problem.optimizers)


def test_a_short_key_is_enough(runs):
    """`epochs` is a setting's last word, `width` what others call hidden_units: the one is taken, the other offered."""
    records = runs("adam", HIGH, training={"epochs": 5}) + runs("adam", LOW, training={"epochs": 10})
    assert compare(records, by="epochs").by == "training.epochs"
    assert compare(records, by="optimizer").by == compare(records).by == OPTIMIZER
    with pytest.raises(UsageError, match=r"Did you mean 'model.hidden_units'\? What differs among them: training.epo"):
        compare(records, by="width")


def test_what_is_the_same_everywhere_is_no_question(runs):
    """The refusal names what could be asked instead."""
    records = runs("adam", HIGH, training={"epochs": 5}) + runs("adam", LOW, training={"epochs": 10})
    with pytest.raises(UsageError, match=r"batch_size, which is the same in all 12 .* differs among them: training.ep"):
        compare(records, by="batch_size")


def test_each_optimizer_is_asked_for_itself(runs):
    """Epochs of Adam are never held against those of SGD."""
    records = [
        *runs("adam", HIGH, training={"epochs": 5}),
        *runs("adam", LOW, training={"epochs": 10}),
        *runs("sgd", LOW, training={"epochs": 5}),
        *runs("sgd", HIGH, training={"epochs": 10}),
    ]
    found = {problem.problem: problem.pairs[0].better for problem in compare(records, by="training.epochs").problems}
    assert found == {"wine, mlp 64-32, adam": "epochs=5", "wine, mlp 64-32, sgd": "epochs=10"}


def test_what_differs_by_accident_confounds(runs):
    """Other batches beside other epochs: the pair is not tested, as where optimizers are compared."""
    records = runs("adam", HIGH, training={"epochs": 5}) + runs(
        "adam", LOW, training={"epochs": 10, "batch_size": 64}, arguments={"learning_rate": 0.1}
    )
    (problem,) = compare(records, by="training.epochs").problems
    assert problem.pairs[0].obstacle is Obstacle.CONFOUNDED
    told = {item.what for item in problem.differences if item.severity is Severity.CONFOUND}
    assert told == {"training.batch_size", "optimizer.learning_rate"}


def test_models_are_compared_by_their_names(runs):
    """A whole section can be the question: two models on one data set."""
    logistic = {"name": "logistic", "l2": 0.0}
    records = runs("adam", HIGH, model=logistic) + runs("adam", LOW)
    (problem,) = compare(records, by="model").problems
    assert [one.label for one in problem.optimizers] == ["logistic", "mlp 64-32"]
    assert problem.pairs[0].better == "logistic"


def test_the_baseline_can_be_a_value(runs):
    """`--by epochs --baseline 5` is what one types."""
    records = [run for epochs in (5, 10, 20) for run in runs("adam", HIGH, training={"epochs": epochs})]
    (problem,) = compare(records, by="epochs", baseline="5").problems
    assert {(pair.a, pair.b) for pair in problem.pairs} == {("epochs=10", "epochs=5"), ("epochs=20", "epochs=5")}


def test_widths_of_one_data_set_are_no_sample_of_problems(runs):
    """No mean ranks over models of one data set; the way to compare the models is named."""
    records = [run for model in (NARROW, WIDE) for name in ("adam", "sgd") for run in runs(name, HIGH, model=model)]
    comparison = compare(records)
    assert len(comparison.problems) == 2
    assert comparison.across is None
    (told,) = comparison.differences
    assert (told.finding.code, told.finding.values["setting"]) == ("comparison-models-differ", "model.hidden_units")
    elsewhere = [run for name in ("adam", "sgd") for run in runs(name, HIGH, dataset={"name": "iris"})]
    assert compare(records + elsewhere).across is not None
