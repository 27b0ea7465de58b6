"""Remarks: optimizer arguments that confound, diverged runs, clocks, repetitions, noise."""

from __future__ import annotations

import pytest

from optbench.catalog.optimizers import SHARED_ARGUMENTS
from optbench.comparison import RowCounts, Severity, SplitEvidence, compare
from optbench.words import sentence
from optbench.words.comparisons import difference_sentences, located_sentences, problem_verdict, verdict_text

HIGH = [0.9, 0.91, 0.92, 0.9, 0.93, 0.9, 0.92]
LOW = [0.8, 0.83, 0.82, 0.8, 0.81, 0.8, 0.84]


def remarks(records, **options):
    (problem,) = compare(records, **options).problems
    return {item.what: item for item in problem.differences}


def test_diverged_runs_count_as_the_majority_class(run, runs):
    """They stay in the denominator, with the score of a model that has learned nothing."""
    sgd = [run("sgd", seed, 0.9, diverged=seed in (1, 3)) for seed in range(7)]
    (problem,) = compare(runs("adam", HIGH) + sgd).problems
    summary = problem.optimizer("sgd")
    assert (summary.n, summary.n_diverged) == (7, 2)
    assert summary.scores == (0.9, 0.4, 0.9, 0.4, 0.9, 0.9, 0.9)
    assert summary.mean == pytest.approx((5 * 0.9 + 2 * 0.4) / 7)
    assert problem.pairs[0].n == 7
    assert difference_sentences(problem.differences)[0] == (
        "sgd diverged in 2 of 7 runs (seeds 1, 3); each counts with the accuracy of the majority class, 40.00 %."
    )


def test_what_a_diverged_run_recorded_last_is_no_score(run):
    """A diverged run does not profit from a lucky last number."""
    diverged = run("sgd", 0, diverged=True, metrics={"accuracy": 0.99})
    (problem,) = compare([diverged, run("adam", 0, 0.9)]).problems
    assert problem.optimizer("sgd").scores == (0.4,)


def test_without_a_stand_in_there_is_no_mean(runs):
    """The log loss of a diverged run is no number, and leaving the run out would flatter the optimizer."""
    (problem,) = compare(runs("adam", HIGH) + runs("sgd", LOW, diverged=True), metric="log_loss").problems
    assert (problem.optimizer("sgd").mean, problem.optimizer("sgd").n_diverged) == (None, 7)
    assert problem.pairs[0].p is None
    assert problem_verdict(problem).startswith("Not compared on test log loss: sgd has runs without it.")
    assert [summary.label for summary in problem.optimizers] == ["adam", "sgd"]


def test_a_metric_that_is_undefined_is_said(runs):
    """A completed run without the metric leaves no mean."""
    sgd = runs("sgd", LOW[:2], metrics={"roc_auc": None})
    assert sentence(remarks(runs("adam", HIGH[:2]) + sgd, metric="roc_auc")["undefined"].finding).startswith(
        "ROC AUC is undefined in demo-sgd-s0-"
    )


def test_weight_decay_that_differs_is_said(runs):
    """AdamW decays weights by default: the gap to Adam could be the decay. None and 0 are the same decay."""
    found = remarks(runs("adam", HIGH) + runs("adamw", LOW) + runs("sgd", LOW, arguments={"weight_decay": 0}))
    assert found["optimizer.weight_decay"].severity is Severity.REMARK
    assert sentence(found["optimizer.weight_decay"].finding) == (
        "Weight decay differs: 0 (adam, sgd), 0.004 (adamw); a gap could come from it, not from the rule."
    )


@pytest.mark.parametrize(
    ("argument", "value", "more"),
    [
        ("exclude_from_weight_decay", ["bias"], {"weight_decay": 0.1}),
        ("loss_scale", "dynamic", {}),
        ("loss_scale_factor", 8.0, {}),
        ("ema_overwrite_frequency", 5, {"use_ema": True}),
        ("ema_momentum", 0.5, {"use_ema": True}),
        ("use_ema", True, {}),
        ("clipnorm", 1.0, {}),
        ("clipvalue", 1.0, {}),
        ("global_clipnorm", 1.0, {}),
        ("gradient_accumulation_steps", 2, {}),
        ("weight_decay", 0.1, {}),
    ],
)
def test_whatever_all_optimizers_share_is_said_where_it_differs(argument, value, more, runs):
    """On one side only, it could make the gap; on both sides, or where it is switched off, there is nothing to say."""

    def found(here, there):
        records = runs("adam", HIGH, arguments={**more, **here}) + runs("sgd", LOW, arguments={**more, **there})
        return [what for what in remarks(records) if what == f"optimizer.{argument}"]

    assert found({argument: value}, {}) == [f"optimizer.{argument}"]
    assert found({argument: value}, {argument: value}) == []


def test_no_shared_argument_is_forgotten_above():
    """The table of the catalogue is what the remarks are made from; this list is kept apart on purpose."""
    (parametrized,) = (
        mark.args[1]
        for mark in test_whatever_all_optimizers_share_is_said_where_it_differs.pytestmark
        if mark.name == "parametrize"
    )
    assert {argument for argument, _, _ in parametrized} == set(SHARED_ARGUMENTS)


@pytest.mark.parametrize(
    "inert",
    [
        {"ema_momentum": 0.5},
        {"ema_overwrite_frequency": 5},
        {"exclude_from_weight_decay": ["bias"]},
        {"weight_decay": 0.0},
        {"exclude_from_weight_decay": None, "weight_decay": 0},
    ],
)
def test_what_does_nothing_differs_in_nothing(inert, runs):
    """The momentum of an average that is not kept, the exceptions from no decay, a decay of 0."""
    found = remarks(runs("adam", HIGH, arguments=inert) + runs("sgd", LOW))
    assert [what for what in found if what.startswith("optimizer.") and what != "optimizer.learning_rate"] == []


def test_average_on_one_side_is_one_remark(runs):
    """That the other has no momentum of its average needs no second one."""
    found = remarks(runs("adam", HIGH, arguments={"use_ema": True, "ema_momentum": 0.9}) + runs("sgd", LOW))
    assert "optimizer.use_ema" in found
    assert "optimizer.ema_momentum" not in found


def own(runs, scores, **arguments):
    recorded = {"class": "AdamW", "is_keras": True, "undecayed": [], "parts": [], "arguments": arguments}
    return runs("python", scores, arguments={"function": "mine.py:make"}, optimizer_built=recorded)


def test_an_object_of_ones_own_is_compared_by_what_it_is(runs):
    """Its decay and its learning rate stand in the object; both are compared and shown."""
    records = own(runs, HIGH, weight_decay=0.004, learning_rate=0.01) + runs("sgd", LOW)
    found = remarks(records)
    assert "0 (sgd), 0.004 (python:make)" in sentence(found["optimizer.weight_decay"].finding)
    assert sentence(found["optimizer.learning_rate"].finding).startswith("All optimizers use the learning rate 0.01")
    (problem,) = compare(records).problems
    assert problem.optimizer("python:make").learning_rate == 0.01
    schedule = {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 9}
    found = remarks(own(runs, HIGH, weight_decay=0, learning_rate=schedule) + runs("sgd", LOW))
    assert "optimizer.weight_decay" not in found
    assert "cosine_decay(0.1) (python:make)" in sentence(found["optimizer.schedule"].finding)


def test_exceptions_are_compared_by_variables_where_there_are_no_patterns(runs):
    """A function that leaves the same variables alone as the pattern of the other earns no remark."""
    named = {"weight_decay": 0.1, "exclude_from_weight_decay": ["bias"]}
    recorded = {"class": "AdamW", "is_keras": True, "undecayed": ["dense/bias"], "arguments": {"weight_decay": 0.1}}
    mine = runs("python", HIGH, arguments={"function": "mine.py:make"}, optimizer_built=recorded)
    same, other = (
        runs("sgd", LOW, arguments=named, optimizer_built={**recorded, "undecayed": [path]})
        for path in ("dense/bias", "dense/kernel")
    )
    assert "optimizer.exclude_from_weight_decay" not in remarks(mine + same)
    assert "[dense/kernel] (sgd)" in sentence(remarks(mine + other)["optimizer.exclude_from_weight_decay"].finding)


@pytest.mark.parametrize("patterns", [{}, {"exclude_from_weight_decay": None}, {"exclude_from_weight_decay": []}])
def test_an_optimizer_without_exceptions_leaves_out_nothing(runs, patterns):
    """Nothing is recorded beside its section, which says it all; an object that leaves out as little is no other."""
    named = runs("adamw", LOW, arguments=patterns)
    found = remarks(own(runs, HIGH, weight_decay=0.004) + named)
    assert "optimizer.exclude_from_weight_decay" not in found
    leaves_out = {"class": "AdamW", "is_keras": True, "undecayed": ["dense/bias"], "arguments": {"weight_decay": 0.004}}
    mine = runs("python", HIGH, arguments={"function": "mine.py:make"}, optimizer_built=leaves_out)
    told = sentence(remarks(mine + named)["optimizer.exclude_from_weight_decay"].finding)
    assert "[dense/bias] (python:make)" in told
    assert "none (adamw)" in told


def test_an_object_that_nothing_is_known_of_is_said(runs):
    """A run of an older version recorded nothing: no value is made up for it."""
    mine = runs("python", HIGH, arguments={"function": "mine.py:make", "arguments": {"weight_decay": 0.3}})
    found = remarks(mine + runs("sgd", LOW))
    assert "What python:make was built with is not recorded" in sentence(found["optimizer.function"].finding)
    assert "optimizer.weight_decay" not in found
    (problem,) = compare(mine + runs("sgd", LOW)).problems
    assert problem.optimizer("python:make").learning_rate is None


def test_variants_of_one_optimizer_are_its_own_business(runs):
    """Two AdamW with different decay are compared for that very decay."""
    records = runs("adamw", HIGH) + runs("adamw", LOW, arguments={"weight_decay": 0.1})
    assert "optimizer.weight_decay" not in remarks(records)


def test_one_learning_rate_for_all_is_said(runs):
    """Each optimizer has its own best rate."""
    sgd = runs("sgd", LOW, arguments={"learning_rate": 0.001})
    told = sentence(remarks(runs("adam", HIGH) + sgd)["optimizer.learning_rate"].finding)
    assert told.startswith("All optimizers use the learning rate 0.001, but each has its own best one")
    assert "optimizer.learning_rate" not in remarks(runs("adam", HIGH) + runs("sgd", LOW))


def test_a_schedule_on_one_side_is_said(runs):
    """A schedule helps whoever has it."""
    sgd = runs("sgd", LOW, arguments={"learning_rate": {"schedule": "cosine_decay", "initial_learning_rate": 0.1}})
    assert sentence(remarks(runs("adam", HIGH) + sgd)["optimizer.schedule"].finding) == (
        "Only some use a learning-rate schedule: 0.001 (adam), cosine_decay(0.1) (sgd)."
    )


def test_times_of_different_machines_are_not_compared(runs):
    """Equivalent optimizers are told apart by cost only where clocks agree."""
    same = [x + 0.0001 for x in HIGH]
    slow = {"training_seconds": 4.0}
    here = compare(runs("adam", HIGH) + runs("sgd", same, timing=slow))
    there = compare(runs("adam", HIGH) + runs("sgd", same, timing=slow, machine="m2"))
    assert "choose by cost: adam took 50 % less training time here" in verdict_text(here)
    assert "cost" not in verdict_text(there)
    assert located_sentences(there.all_differences) == [
        "Training times come from 2 kinds of machines and can't be compared."
    ]


def test_crowded_machines_are_said(runs):
    """Runs beside each other slow each other down."""
    records = runs("adam", HIGH) + runs("sgd", LOW, timing={"runs_in_flight": 4})
    assert "up to 4 runs at once" in sentence(remarks(records)["runs_in_flight"].finding)


def test_changed_code_under_one_configuration_is_a_mismatch(run, runs):
    """Two keys for one configuration and seed: the code must differ. One run is kept, the other is named."""
    records = [*runs("sgd", LOW), run("adam", 0, 0.9, key="a" * 64), run("adam", 0, 0.1, key="b" * 64)]
    (problem,) = compare(records).problems
    assert problem.optimizer("adam").scores == (0.9,)
    code = next(item for item in problem.differences if item.what == "code")
    assert code.severity is Severity.MISMATCH
    assert "left out: demo-adam-s0-bbbbbbbb" in sentence(code.finding)


def test_a_margin_below_the_noise_is_said_where_it_hinders(runs):
    """Seeds with gaps above the margin can leave a pair undecided; where pairing beats the noise, all is well."""
    noisy = [0.8, 0.9, 0.7, 0.95, 0.85, 0.9, 0.7]
    undecided = remarks(runs("adam", noisy) + runs("sgd", noisy[::-1]))
    assert sentence(undecided["margin"].finding).endswith(
        "(standard deviation of their differences: 10.41 (adam \N{MINUS SIGN} sgd))."
    )
    assert "margin" not in remarks(runs("adam", noisy) + runs("sgd", noisy))


class Rows:
    """Every run has so many test rows."""

    def __init__(self, test):
        self.test = test

    def counts(self, _record):
        return None if self.test is None else RowCounts(5 * self.test, self.test)

    def scores(self, _record, _metric):
        return None


@pytest.mark.parametrize(
    ("n_test", "metric", "is_said"),
    [(199, "accuracy", True), (200, "accuracy", False), (199, "log_loss", False), (None, "accuracy", False)],
)
def test_a_margin_below_one_test_row_is_said(runs, n_test, metric, is_said):
    """Half a point of 199 rows is less than one of them; a loss changes by less than a row at a time."""
    records = runs("adam", HIGH) + runs("sgd", LOW)
    comparison = compare(records, metric=metric, margin=0.005, evidence=SplitEvidence(Rows(n_test)))
    told = [one.finding for one in comparison.problems[0].differences if "below-row" in one.finding.code]
    assert bool(told) is is_said
    if is_said:
        assert "One of the 199 test rows is worth 0.50 points, more than the margin" in sentence(told[0])
