"""A comparison says what the seeds can say, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from optbench.catalog.metrics import measured
from optbench.comparison import Obstacle, compare
from optbench.errors import NoRunsError, UsageError
from optbench.reporting.comparison_document import comparison_document
from optbench.statistics import Decision, holm, shaffer, sign_flip_interval, sign_flip_p
from optbench.words.comparisons import difference_sentences, problem_verdict

BASE = [0.90, 0.91, 0.89, 0.92, 0.90, 0.91, 0.88, 0.90]
AHEAD = [0.92, 0.94, 0.91, 0.93, 0.93, 0.93, 0.91, 0.92]


def only(comparison):
    (problem,) = comparison.problems
    return problem


def test_one_seed_decides_nothing(runs):
    """One seed each: numbers without intervals, no p, and a verdict that says so and what to do."""
    problem = only(compare(runs("adam", [0.99]) + runs("sgd", [0.5])))
    (pair,) = problem.pairs
    assert [(s.n, s.mean, s.sd, s.ci_low, s.ci_high) for s in problem.optimizers] == [
        (1, 0.99, None, None, None),
        (1, 0.5, None, None, None),
    ]
    assert pair.difference == pytest.approx(0.49)
    assert (pair.ci_low, pair.ci_high, pair.t_ci_low, pair.p, pair.p_adjusted) == (None,) * 5
    assert (pair.decision, pair.obstacle) == (Decision.UNDECIDED, Obstacle.ONE_SEED)
    assert problem_verdict(problem) == (
        "One seed can't decide: adam was ahead of sgd by 49.00 points of test accuracy on seed 0. Run at least 6 seeds."
    )


def test_a_few_seeds_are_not_tested(runs):
    """Five seeds cannot reach 5 %, so there is no p that could be read as 'equal'."""
    problem = only(compare(runs("adam", AHEAD[:5]) + runs("sgd", BASE[:5])))
    (pair,) = problem.pairs
    assert (pair.p, pair.p_adjusted, pair.ci_low, pair.obstacle) == (None, None, None, Obstacle.TOO_FEW_SEEDS)
    assert problem_verdict(problem) == (
        "5 seeds can't reach p = 0.05 (the smallest possible is 0.0625), so no test was made; adam was ahead of sgd "
        "on 5 of 5 seeds, by 2.20 points of test accuracy on average. Run at least 6 seeds."
    )


def test_summary_numbers_are_those_of_scipy(runs):
    """Mean, sample sd and t interval of the scores."""
    problem = only(compare(runs("adam", AHEAD) + runs("sgd", BASE)))
    adam = problem.optimizer("adam")
    low, high = stats.t.interval(0.95, 7, loc=np.mean(AHEAD), scale=stats.sem(AHEAD))
    assert (adam.mean, adam.sd) == (pytest.approx(np.mean(AHEAD)), pytest.approx(np.std(AHEAD, ddof=1)))
    assert (adam.ci_low, adam.ci_high) == (pytest.approx(low), pytest.approx(high))
    assert (adam.best_epoch, adam.training_seconds, adam.peak_memory_mb) == (8.0, 2.0, 600.0)


def test_a_pair_is_compared_seed_by_seed(runs):
    """Difference, interval and p are those of the paired differences; p is adjusted over all pairs."""
    accuracies = {"adam": AHEAD, "sgd": BASE, "rmsprop": BASE[::-1]}
    problem = only(compare([run for name, values in accuracies.items() for run in runs(name, values)]))
    raw = []
    for pair in problem.pairs:
        d = np.subtract(accuracies[pair.a], accuracies[pair.b])
        assert pair.difference == pytest.approx(d.mean())
        assert (pair.ci_low, pair.ci_high) == pytest.approx(sign_flip_interval(d))
        assert pair.p == sign_flip_p(d)
        raw.append(pair.p)
    assert [pair.p_adjusted for pair in problem.pairs] == pytest.approx(shaffer(raw, 3).tolist())


def test_a_winner_is_called_by_name(runs):
    """Ahead on every seed by more than the margin."""
    problem = only(compare(runs("sgd", BASE) + runs("adam", AHEAD)))
    (pair,) = problem.pairs
    assert (pair.a, pair.b, pair.decision) == ("adam", "sgd", Decision.A_BETTER)
    assert problem_verdict(problem).startswith("adam beats sgd by 2.25 points of test accuracy (95 % CI ")
    assert "8 paired seeds; Holm p = 0.0078, 1 comparison" in problem_verdict(problem)
    assert problem_verdict(problem).endswith("This holds for this split, 10 epochs and the settings given.")


def test_for_a_loss_less_is_better(runs):
    """On log loss the lower mean comes first and wins."""
    problem = only(compare(runs("sgd", BASE) + runs("adam", AHEAD), metric="log_loss"))
    (pair,) = problem.pairs
    assert (pair.a, pair.decision) == ("adam", Decision.A_BETTER)
    assert pair.difference < 0 < pair.improvement
    assert problem_verdict(problem).startswith("adam beats sgd by 0.0225 of test log loss (95 % CI 0.0")


def test_equivalence_is_shown_not_assumed(runs):
    """Tiny differences within the margin are equivalent; wide ones without a winner are undecided."""
    close = [x + d for x, d in zip(BASE, [0.001, -0.001] * 4, strict=True)]
    wide = [x + d for x, d in zip(BASE, [0.03, -0.03] * 4, strict=True)]
    assert only(compare(runs("adam", close) + runs("sgd", BASE))).pairs[0].decision is Decision.EQUIVALENT
    undecided = only(compare(runs("adam", wide) + runs("sgd", BASE)))
    assert undecided.pairs[0].decision is Decision.UNDECIDED
    assert problem_verdict(undecided).startswith("No winner between ")
    assert "What is missing is equivalence" in problem_verdict(undecided)


def test_a_real_difference_within_the_margin_is_no_win(runs):
    """Ahead on each seed, but by less than what matters."""
    slightly = [x + 0.001 for x in BASE]
    problem = only(compare(runs("adam", slightly) + runs("sgd", BASE)))
    (pair,) = problem.pairs
    assert (pair.decision, pair.is_negligible) == (Decision.EQUIVALENT, True)
    assert "real, but negligible within ±0.50 points" in problem_verdict(problem)
    assert only(compare(runs("adam", slightly) + runs("sgd", BASE), margin=1e-4)).pairs[0].decision is Decision.A_BETTER


def test_the_order_of_runs_changes_nothing(runs):
    """Shuffled input gives the same document, digit by digit."""
    records = runs("adam", AHEAD) + runs("sgd", BASE) + runs("rmsprop", BASE[::-1])
    expected = comparison_document(compare(records))
    for seed in range(5):
        shuffled = [records[position] for position in np.random.default_rng(seed).permutation(len(records))]
        assert comparison_document(compare(shuffled)) == expected


def test_swapped_names_give_the_mirrored_result(runs):
    """What is said does not depend on which optimizer comes first in the alphabet."""
    one = only(compare(runs("adam", AHEAD) + runs("sgd", BASE))).pairs[0]
    other = only(compare(runs("sgd", AHEAD) + runs("adam", BASE))).pairs[0]
    assert (one.a, other.a) == ("adam", "sgd")
    assert (one.difference, one.ci_low, one.ci_high, one.p) == (other.difference, other.ci_low, other.ci_high, other.p)


def test_a_run_given_twice_counts_once(runs):
    """The same key is the same run, under whatever folder it was found."""
    records = runs("adam", AHEAD) + runs("sgd", BASE)
    copies = [replace(record, run=f"{record.run}-again2", folder=f"copies/{record.run}-again2") for record in records]
    assert comparison_document(compare(records + records[:3] + copies)) == comparison_document(compare(records))


def test_only_shared_seeds_are_paired(runs):
    """A pair rests on the seeds that both have, and the comparison says that the seeds differ."""
    problem = only(compare(runs("adam", AHEAD) + runs("sgd", BASE)[2:]))
    (pair,) = problem.pairs
    assert (pair.n, pair.seeds) == (6, (2, 3, 4, 5, 6, 7))
    assert pair.difference == pytest.approx(np.subtract(AHEAD, BASE)[2:].mean())
    assert "The seeds differ: 0-7 (adam); 2-7 (sgd). Each pair is compared on the seeds that both have." in (
        difference_sentences(problem.differences)
    )


def test_without_a_shared_seed_there_is_no_pair(run):
    """Disjoint seeds are not compared."""
    records = [run("adam", seed, 0.9) for seed in range(6)] + [run("sgd", seed, 0.8) for seed in range(6, 12)]
    problem = only(compare(records))
    assert problem.pairs[0].obstacle is Obstacle.NO_SHARED_SEEDS
    assert problem_verdict(problem).startswith("Not compared: no two optimizers share a seed")


def test_with_a_baseline_only_its_pairs_count(runs):
    """Two comparisons instead of three: Holm is milder, and the baseline is always `b`."""
    records = runs("adam", AHEAD) + runs("sgd", BASE) + runs("rmsprop", AHEAD[::-1])
    problem = only(compare(records, baseline="SGD"))
    assert [(pair.b, pair.seeds_needed) for pair in problem.pairs] == [("sgd", 7), ("sgd", 7)]
    assert problem_verdict(problem).startswith("Against sgd: ")


def test_one_optimizer_alone_is_no_comparison(runs):
    """There is a table, and a sentence saying what is missing."""
    problem = only(compare(runs("adam", AHEAD)))
    assert problem.pairs == ()
    assert problem_verdict(problem).startswith("Nothing to compare: only adam has runs on this problem, 8 seeds")


@pytest.mark.parametrize("metric", [metric.name for metric in measured("classification")])
def test_every_metric_can_be_compared(runs, metric):
    """Each metric of metrics.json gives means of its own, the better one first, and a verdict."""

    def scored(value):
        return {"precision_macro": 0.1, "recall_macro": 0.1, metric: value}

    records = runs("adam", AHEAD, metrics=scored(0.75)) + runs("sgd", BASE, metrics=scored(0.5))
    comparison = compare(records, metric=metric)
    problem = only(comparison)
    expected = [("adam", 0.75), ("sgd", 0.5)]
    assert [(one.label, one.mean) for one in problem.optimizers] == (
        expected if comparison.metric.higher_is_better else expected[::-1]
    )
    assert problem_verdict(problem).endswith("the settings given.")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"metric": "acuracy"}, "Did you mean 'accuracy'?"),
        ({"metric": "majority_accuracy"}, "metric (--metric) must name a metric"),
        ({"baseline": "sdg"}, "Did you mean 'sgd'?"),
        ({"alpha": 0.0}, "alpha (--alpha) must be between 0 and 0.5"),
        ({"alpha": 0.5}, "alpha (--alpha) must be between 0 and 0.5"),
        ({"margin": 0.0}, "margin (--margin) must be a positive number"),
        ({"margin": 0.0}, "half a point of accuracy"),
        ({"margin": 0.0, "metric": "log_loss"}, "Use for example 0.005."),
        ({"margin": float("inf")}, "margin (--margin) must be a positive number"),
        ({"margin": float("nan")}, "margin (--margin) must be a positive number"),
    ],
)
def test_what_makes_no_sense_is_refused(runs, options, says):
    """Every wrong option has a sentence with the remedy."""
    with pytest.raises(UsageError) as raised:
        compare(runs("adam", AHEAD) + runs("sgd", BASE), **options)
    assert says in str(raised.value)


def test_an_ambiguous_baseline_is_refused(runs):
    """With two kinds of SGD, 'sgd' could be either; its label is exact."""
    records = runs("sgd", BASE) + runs("sgd", AHEAD, arguments={"momentum": 0.9}) + runs("adam", AHEAD)
    with pytest.raises(UsageError, match="fits several optimizers"):
        compare(records, baseline="sgd")
    problem = only(compare(records, baseline="sgd momentum=0.9"))
    assert {pair.b for pair in problem.pairs} == {"sgd momentum=0.9"}


def test_no_runs_is_an_error_of_its_own():
    """Exit code 4."""
    with pytest.raises(NoRunsError):
        compare([])


def test_false_verdicts_stay_below_the_level(run):
    """Of 300 comparisons of three equal optimizers at most about 5 % name a winner."""
    rng = np.random.default_rng(0)
    false = 0
    for _ in range(300):
        scores = rng.normal(0.9, 0.02, (3, 8)).clip(0, 1)
        records = [
            run(name, seed, float(score), key=f"{name}{seed}")
            for name, row in zip(("adam", "sgd", "rmsprop"), scores, strict=True)
            for seed, score in enumerate(row)
        ]
        decisions = {pair.decision for pair in only(compare(records)).pairs}
        false += bool(decisions & {Decision.A_BETTER, Decision.B_BETTER})
    assert false / 300 < 0.05 + 2.5 * (0.05 * 0.95 / 300) ** 0.5


def test_equivalence_is_corrected_for_the_number_of_pairs(runs):
    """What shows equivalence of a pair alone may not do so among six pairs: Holm counts both kinds of error."""
    base = np.array(BASE)
    near = base + np.array([0.004, 0.004, 0.0049, 0.004, -0.003, 0.006, 0.0049, 0.001])
    far = base - np.array([0.1, 0.12, 0.09, 0.11, 0.1, 0.13, 0.08, 0.1])
    two = runs("adam", list(base)) + runs("sgd", list(near))
    (alone,) = only(compare(two)).pairs
    assert alone.decision is Decision.EQUIVALENT
    assert alone.p_equivalence_adjusted == alone.p_equivalence
    others = runs("rmsprop", list(far)) + runs("adamw", list(far - 0.1))
    pairs = only(compare(two + others)).pairs
    adjusted = holm([pair.p_equivalence for pair in pairs])
    assert [pair.p_equivalence_adjusted for pair in pairs] == adjusted.tolist()
    assert all((pair.decision is Decision.EQUIVALENT) == (pair.p_equivalence_adjusted <= 0.05) for pair in pairs)
    same = next(pair for pair in pairs if {pair.a, pair.b} == {"adam", "sgd"})
    assert same.p_equivalence == alone.p_equivalence
    assert same.p_equivalence_adjusted == pytest.approx(6 * alone.p_equivalence)
    assert same.decision is not Decision.EQUIVALENT


def test_without_a_test_there_is_no_p_of_equivalence(runs):
    """Too few seeds show neither difference nor equivalence."""
    (pair,) = only(compare(runs("adam", [0.9] * 5) + runs("sgd", [0.9] * 5))).pairs
    assert (pair.p_equivalence, pair.p_equivalence_adjusted) == (None, None)
