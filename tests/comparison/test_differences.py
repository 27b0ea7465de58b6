"""What differs besides the optimizer is named above the table, and a gap that it could make is no verdict."""

from __future__ import annotations

import pytest

from optbench.comparison import Obstacle, Severity, compare
from optbench.words import sentence
from optbench.words.comparisons import located_sentences, problem_verdict

SEEDS = [0.9, 0.91, 0.92, 0.9, 0.93, 0.9, 0.92]
LOWER = [0.8, 0.83, 0.82, 0.8, 0.81, 0.8, 0.84]
OTHER = "a" * 64


def problem_of(records):
    (problem,) = compare(records).problems
    return problem


def found(problem, what):
    (difference,) = [item for item in problem.differences if item.what == what]
    return difference


CONFOUNDS = {
    "training.batch_size": ({"training": {"batch_size": 64}}, "Batch size differs: 32 (adam), 64 (sgd)"),
    "training.epochs": ({"training": {"epochs": 20}}, "The number of epochs differs: 10 (adam), 20 (sgd)"),
    "training.early_stopping": (
        {"training": {"early_stopping": {"monitor": "val_loss", "patience": 5}}},
        "Early stopping differs: monitor: val_loss, patience: 5 (sgd), none (adam)",
    ),
    "digest.data": ({"digests": {"data": OTHER}}, "The data differ by digest: aaaaaaaa (sgd), dddddddd (adam)"),
    "digest.split": ({"digests": {"split": OTHER}}, "The split differs by digest: aaaaaaaa (sgd), eeeeeeee (adam)"),
    "dataset.split.seed": (
        {"dataset": {"name": "wine", "split": {"test": 0.2, "validation": 0.1, "seed": 7}}},
        "Split seed differs: 0 (adam), 7 (sgd)",
    ),
}


@pytest.mark.parametrize("what", CONFOUNDS)
def test_a_confound_is_named_and_there_is_no_verdict(runs, what):
    """Other data, split, batch size or epochs: the warning comes first, no test is made, the verdict says why."""
    options, told = CONFOUNDS[what]
    comparison = compare(runs("adam", SEEDS) + runs("sgd", LOWER, **options))
    (problem,) = comparison.problems
    difference = found(problem, what)
    assert problem.differences[0] == difference
    assert difference.severity is Severity.CONFOUND
    assert sentence(difference.finding) == f"{told}; a gap could come from it."
    (pair,) = problem.pairs
    assert (pair.obstacle, pair.p, pair.decision.value) == (Obstacle.CONFOUNDED, None, "undecided")
    assert problem_verdict(problem) == f"Not compared: {told[0].lower()}{told[1:]}; a gap could come from it."
    assert sentence(difference.finding) in located_sentences(comparison.mismatches)


def test_all_confounds_are_named(runs):
    """Two causes, two warnings, one verdict with both."""
    problem = problem_of(runs("adam", SEEDS) + runs("sgd", LOWER, training={"batch_size": 64, "epochs": 3}))
    assert [item.what for item in problem.differences[:2]] == ["training.batch_size", "training.epochs"]
    assert "batch size differs" in problem_verdict(problem)
    assert "the number of epochs differs" in problem_verdict(problem)


def test_a_split_that_differs_for_a_named_reason_is_named_once(runs):
    """Another split rule gives another digest; the rule is the finding."""
    dataset = {"name": "wine", "split": {"test": 0.3, "validation": 0.1, "seed": 0}}
    problem = problem_of(runs("adam", SEEDS) + runs("sgd", LOWER, dataset=dataset, digests={"split": OTHER}))
    assert [item.what for item in problem.differences if item.severity is Severity.CONFOUND] == ["dataset.split.test"]


def test_a_confounded_variant_does_not_spoil_the_others(runs):
    """adam and sgd agree; a second adam with another batch size is tested against neither, and no p pays for it."""
    records = [*runs("adam", SEEDS), *runs("sgd", LOWER), *runs("adam", SEEDS, training={"batch_size": 64})]
    problem = problem_of(records)
    obstacles = {frozenset((pair.a, pair.b)): pair.obstacle for pair in problem.pairs}
    assert obstacles == {
        frozenset(("adam batch_size=32", "sgd")): None,
        frozenset(("adam batch_size=32", "adam batch_size=64")): Obstacle.CONFOUNDED,
        frozenset(("adam batch_size=64", "sgd")): Obstacle.CONFOUNDED,
    }
    tested = next(pair for pair in problem.pairs if pair.obstacle is None)
    assert (tested.p_adjusted, tested.comparisons) == (tested.p, 1)


MISMATCHES = {
    "versions.keras": ({"versions": {"keras": "3.15.0"}}, "The version of keras differs: 3.15.0 (sgd), 3.15.1 (adam)"),
    "training.engine": ({"training": {"engine": "xla"}}, "Engine differs: fused (adam), xla (sgd)"),
    "training.threads": ({"training": {"threads": 2}}, "The number of threads differs: 1 (adam), 2 (sgd)"),
}


@pytest.mark.parametrize("what", MISMATCHES)
def test_a_mismatch_is_named_beside_the_verdict(runs, what):
    """Versions and engines move the last digits: there is a verdict, a warning, and `--strict` refuses."""
    options, told = MISMATCHES[what]
    comparison = compare(runs("adam", SEEDS) + runs("sgd", LOWER, **options))
    (problem,) = comparison.problems
    assert found(problem, what).severity is Severity.MISMATCH
    assert located_sentences(comparison.mismatches) == [f"{told}; it can move the last digits."]
    assert problem.pairs[0].decision.value == "a_better"


def test_other_initial_weights_are_named(run):
    """The digests prove that both started alike; where they don't, the seeds are listed."""
    records = [run("adam", seed, value) for seed, value in enumerate(SEEDS)]
    records += [
        run("sgd", seed, value, digests={"initial_weights": OTHER} if seed in (1, 4) else {})
        for seed, value in enumerate(LOWER)
    ]
    difference = found(problem_of(records), "digest.initial_weights")
    assert difference.severity is Severity.MISMATCH
    assert sentence(difference.finding) == (
        "The initial weights are not the same on 2 of 7 shared seeds (1, 4) for adam and sgd: a gap could come from "
        "the start, not from what is compared."
    )


def test_another_batch_order_is_named(runs):
    """One epoch in another order is enough."""
    records = runs("adam", SEEDS[:1]) + runs("sgd", LOWER[:1], digests={"order": ["0" * 64] * 9 + ["f" * 64]})
    assert sentence(found(problem_of(records), "digest.order").finding).startswith(
        "The batch order is not the same on 1 of 1 shared seed (0) for adam and sgd: a gap could come from the order"
    )


def test_an_order_cut_short_by_early_stopping_is_the_same_order(runs):
    """A run that stopped after three epochs saw the same batches until then."""
    shorter = {"order": [f"{0:032x}{epoch:032x}" for epoch in range(3)]}
    problem = problem_of(runs("adam", SEEDS[:1]) + runs("sgd", LOWER[:1], digests=shorter))
    assert not [item for item in problem.differences if item.what == "digest.order"]


def test_like_runs_give_no_warning(runs):
    """Runs that differ in the optimizer alone have nothing above the table."""
    adam = runs("adam", SEEDS, arguments={"learning_rate": 0.002})
    comparison = compare(adam + runs("sgd", LOWER), margin=0.05)
    assert located_sentences(comparison.all_differences) == []
    assert located_sentences(comparison.mismatches) == []
