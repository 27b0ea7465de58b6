"""How far a decision reaches: one split, random splits of these rows, new rows; against formulas and SciPy."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from finished_runs import make_run
from scipy import stats

from optbench.catalog.metrics import METRICS
from optbench.comparison import RowCounts, RowScores, Scope, SplitEvidence, compare
from optbench.reporting.comparison_document import comparison_document
from optbench.runner.stored_rows import MOST_RUNS, evidence_of
from optbench.words.comparisons import verdict_text

SEEDS = range(1000, 1010)
N_TRAIN, N_TEST = 70, 20


def on_split(optimizer, seed, accuracy, *, split=None, generated=False, digest=None, **options):
    """Return a run on the split of its seed; of a generated problem, on data of its seed."""
    number = seed if split is None else split
    dataset = {"name": "wine", "split": {"test": 0.2, "validation": 0.1, "seed": number}}
    digests = {"split": digest or f"{number:064x}"}
    if generated:
        dataset |= {"name": "two_spirals", "rows": 1000, "seed": number}
        digests["data"] = f"{number:063x}d"
    return make_run(optimizer, seed, accuracy, dataset=dataset, digests=digests, **options)


def resplit(optimizer, accuracies, **options):
    return [on_split(optimizer, seed, value, **options) for seed, value in zip(SEEDS, accuracies, strict=True)]


class Rows:
    """Rows of runs by their run id; every run has the same number of training and test rows."""

    def __init__(self, values=None, rows=None):
        self.values, self.rows = values or {}, rows

    def counts(self, record):
        return RowCounts(N_TRAIN, N_TEST)

    def scores(self, record, metric):
        values = self.values.get(record.run)
        if values is None:
            return None
        return RowScores(np.arange(len(values)) if self.rows is None else self.rows[record.run], values)


def only_pair(records, **options):
    (pair,) = compare(records, **options).problems[0].pairs
    return pair


def scores(seed, gap, spread=0.01):
    """Ten accuracies of two optimizers; the second lies behind by about `gap`."""
    rng = np.random.default_rng(seed)
    first = 0.9 + spread * rng.normal(size=10)
    return first.tolist(), (first - gap - spread * rng.normal(size=10)).tolist()


def test_runs_on_the_splits_of_their_seeds_are_one_group():
    """Seed i on split i: they differ in split and digest, and are compared seed by seed all the same."""
    a, b = scores(0, 0.02)
    comparison = compare(resplit("adam", a) + resplit("sgd", b), evidence=SplitEvidence(Rows()))
    (problem,) = comparison.problems
    assert [summary.n for summary in problem.optimizers] == [10, 10]
    assert problem.pairs[0].obstacle is None
    document = comparison_document(comparison)
    assert document["split_design"] == "resplit"
    json.dumps(document, allow_nan=False)


def test_one_seed_with_the_number_of_the_split_is_no_other_design():
    """Seeds 0 to 7 on split 0: the first has the split of its number by chance."""
    records = [make_run(name, seed, 0.9 + 0.001 * seed) for name in ("adam", "sgd") for seed in range(8)]
    comparison = compare(records)
    assert [summary.n for summary in comparison.problems[0].optimizers] == [8, 8]
    assert comparison_document(comparison)["split_design"] == "one_split"


def test_other_splits_of_the_same_number_confound():
    """What counts is the digest: one number can mean two splits, of data that was prepared in another way."""
    a, b = scores(0, 0.02)
    comparison = compare(resplit("adam", a) + resplit("sgd", b, digest="f" * 64))
    assert comparison.problems[0].pairs[0].obstacle == "confounded"
    assert "not on the same split (seeds 1000-1009; adam, sgd)" in verdict_text(comparison)


def test_splits_of_their_own_are_not_compared_with_one_split():
    """One optimizer on one split, the other on many: what differs is not the optimizer alone."""
    a, b = scores(0, 0.02)
    comparison = compare(resplit("adam", a) + [on_split("sgd", s, v, split=0) for s, v in zip(SEEDS, b, strict=True)])
    assert comparison.problems[0].pairs[0].obstacle == "confounded"
    assert comparison_document(comparison)["split_design"] is None


@pytest.mark.parametrize("seed_variance", [0.0, 0.00015])
@pytest.mark.parametrize("gap", [0.0, 0.004, 0.01, 0.02, 0.05])
def test_new_rows_is_said_where_the_corrected_test_decides_the_same(gap, seed_variance):
    """By a formula of its own and SciPy's t, for differences and for equivalence within half a point."""
    a, b = scores(int(1000 * gap), gap, spread=0.004)
    evidence = SplitEvidence(Rows(), {frozenset(("adam", "sgd")): seed_variance} if seed_variance else {})
    pair = only_pair(resplit("adam", a) + resplit("sgd", b), evidence=evidence)
    d = np.array(pair.differences)
    error = math.sqrt(seed_variance / 10 + max(0, d.var(ddof=1) - seed_variance) * (1 / 10 + N_TEST / N_TRAIN))
    low, high = stats.t.interval(0.95, 9, d.mean(), error)
    assert (pair.new_rows.low, pair.new_rows.high) == pytest.approx((low, high))
    differs = low > 0 or high < 0
    inner = stats.t.interval(0.9, 9, d.mean(), error)
    expected = "undecided"
    if inner[0] > -0.005 and inner[1] < 0.005:
        expected = "equivalent"
    elif differs:
        expected = "a_better" if d.mean() > 0 else "b_better"
    assert pair.new_rows.decision.value == expected
    same = pair.decision.value == expected and pair.is_negligible == (differs and expected == "equivalent")
    is_said = same and expected != "undecided"  # nothing is said of new rows where nothing is decided
    assert pair.scope is (Scope.NEW_ROWS if is_said else Scope.THESE_ROWS)


def test_the_family_of_the_corrected_tests_is_that_of_the_plan():
    """Holm over all six pairs, for new rows as for these."""
    names = ("adam", "sgd", "rmsprop", "adamw")
    rng = np.random.default_rng(5)
    records = [
        run
        for place, name in enumerate(names)
        for run in resplit(name, (0.9 - 0.012 * place + 0.01 * rng.normal(size=10)).tolist())
    ]
    pairs = compare(records, evidence=SplitEvidence(Rows())).problems[0].pairs
    p = np.array([pair.new_rows.p for pair in pairs])
    order = np.argsort(p)
    expected = np.empty(6)
    expected[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(6, 0, -1)))
    assert [pair.new_rows.p_adjusted for pair in pairs] == pytest.approx(expected)


def test_the_verdict_has_the_narrowest_scope_of_the_pairs_it_names():
    """adam beats the last by far, on new rows too, and the one before by little: said of both is what both have."""
    rng = np.random.default_rng(2)
    base = 0.9 + 0.01 * rng.normal(size=10)
    uneven = np.array([1, 1, 1, 1, 1, 2, 2, 3, 30, 30]) / 1000  # ahead on every split, mostly by nearly nothing
    gaps = {"adam": 0.0, "sgd": uneven, "rmsprop": 0.2 + 0.006 * rng.normal(size=10)}
    records = [run for name, gap in gaps.items() for run in resplit(name, (base - gap).tolist())]
    comparison = compare(records, evidence=SplitEvidence(Rows()))
    scopes = {(pair.a, pair.b): pair.scope for pair in comparison.problems[0].pairs}
    assert scopes["adam", "sgd"] is Scope.THESE_ROWS
    assert scopes["adam", "rmsprop"] is scopes["sgd", "rmsprop"] is Scope.NEW_ROWS
    assert comparison_document(comparison)["scope"] == "these_rows"
    told = "for new rows from the same source it is shown for adam against rmsprop only."
    assert verdict_text(comparison).endswith(told)


def test_a_pair_that_is_undecided_on_these_rows_and_on_new_ones_claims_nothing_of_new_ones():
    """The corrected test agrees, and the pair and the verdict stay with the rows that were tested."""
    a, b = scores(0, 0.004, spread=0.02)
    comparison = compare(resplit("adam", a) + resplit("sgd", b), evidence=SplitEvidence(Rows()))
    (pair,) = comparison.problems[0].pairs
    assert pair.decision.value == pair.new_rows.decision.value == "undecided"
    assert pair.scope is comparison.problems[0].scope is Scope.THESE_ROWS
    assert comparison_document(comparison)["scope"] == "these_rows"
    assert "for new rows from the same source it is undecided as well" in verdict_text(comparison)


def test_data_of_its_own_for_each_seed_is_about_new_rows():
    """Generated data: the sign-flip test itself, and its interval."""
    a, b = scores(3, 0.02)
    comparison = compare(resplit("adam", a, generated=True) + resplit("sgd", b, generated=True))
    (pair,) = comparison.problems[0].pairs
    assert pair.scope is Scope.NEW_ROWS
    assert (pair.new_rows.low, pair.new_rows.high) == (pair.ci_low, pair.ci_high)
    assert "Each seed made data of its own" in verdict_text(comparison)


def test_the_same_generated_data_split_anew_is_not():
    """The seed of the data stays: then splits share rows as any other."""
    a, b = scores(3, 0.02)
    records = resplit("adam", a, generated=True) + resplit("sgd", b, generated=True)
    for record in records:
        record.config["dataset"]["seed"] = 0
        record.digests["data"] = "d" * 64
    assert only_pair(records, evidence=SplitEvidence(Rows())).new_rows.decision is not None


def one_split_pair(rows, **options):
    a, b = scores(1, 0.03)
    records = [make_run("adam", s, v) for s, v in enumerate(a)] + [make_run("sgd", s, v) for s, v in enumerate(b)]
    rng = np.random.default_rng(7)
    values = {record.run: rng.random(40) < record.metrics["test"]["accuracy"] for record in records}
    pair = only_pair(records, evidence=SplitEvidence(rows(values)), **options)
    return pair, np.array(
        [
            values[x.run].astype(float) - values[y.run]
            for x, y in zip(*([r for r in records if f"-{name}-" in r.run] for name in (pair.a, pair.b)), strict=True)
        ]
    )


def test_one_split_has_the_interval_of_seeds_crossed_with_rows():
    """Mean squares of a crossed table, t with seeds - 1; the scope stays the split."""
    pair, table = one_split_pair(Rows)
    rest = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean()
    v_rows, v_seeds = table.mean(axis=0).var(ddof=1) / 40, table.mean(axis=1).var(ddof=1) / 10
    v_rest = (rest**2).sum() / (39 * 9) / 400
    error = math.sqrt(max(v_rows + v_seeds - v_rest, v_rows, v_seeds))
    expected = stats.t.interval(0.95, 9, table.mean(), error)
    assert (pair.new_rows.low, pair.new_rows.high) == pytest.approx(expected)
    assert (pair.scope, pair.new_rows.decision) == (Scope.ONE_SPLIT, None)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
@pytest.mark.parametrize("ahead", ["adam", "sgd"])
def test_the_interval_of_new_test_rows_is_of_the_one_that_is_ahead(metric, ahead):
    """Whoever the first sentence says that is, whichever way the metric counts: the middle is the lead it names."""
    names, rng = sorted(["adam", "sgd"], key=lambda name: name != ahead), np.random.default_rng(0)
    level = {"accuracy": (0.81, 0.8), "log_loss": (0.5, 0.51)}[metric]
    records, values = [], {}
    for name, mean in zip(names, level, strict=True):
        for seed in range(8):
            rows = mean + 0.2 * rng.standard_normal(40)
            records.append(make_run(name, seed, 0.8, metrics={metric: float(rows.mean())}))
            values[records[-1].run] = rows
    comparison = compare(records, metric=metric, margin=0.001, evidence=SplitEvidence(Rows(values)))
    first, *_, last = comparison.problems[0].verdict
    (told,) = [one["values"] for one in last.values["items"]]
    assert (told["leader"], told["other"]) == (first.values["leader"], first.values["other"])
    assert (told["low"] + told["high"]) / 2 == pytest.approx(first.values["gap"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metric": "roc_auc"}, "the metric is not a mean over rows"),
        ({"missing": True}, "the predictions are not all there, or too large to be read for it"),
        ({"shuffled": True}, "the runs were not tested on the same rows"),
        ({"diverged": True}, "a run diverged and predicts nothing"),
        (
            {"unread": True},
            "more than 2,000 runs are compared, and the predictions of so many are not read; compare fewer at a time",
        ),
    ],
)
def test_without_an_interval_the_reason_is_said(change, reason):
    """Null and a finding, never a number that does not hold."""
    a, b = scores(1, 0.03)
    records = [make_run("adam", s, v) for s, v in enumerate(a)]
    records += [make_run("sgd", s, v, diverged=bool(change.get("diverged")) and s == 0) for s, v in enumerate(b)]
    values = {record.run: np.ones(5) for record in records[: 3 if change.get("missing") else None]}
    rows = {r.run: np.arange(5) + (place if change.get("shuffled") else 0) for place, r in enumerate(records)}
    evidence = SplitEvidence(Rows(values, rows), are_scores_read="unread" not in change)
    comparison = compare(records, metric=change.get("metric"), evidence=evidence)
    (pair,) = comparison.problems[0].pairs
    assert (pair.new_rows.low, pair.new_rows.high) == (None, None)
    assert verdict_text(comparison).endswith(f"About new test rows nothing is said: {reason}.")
    codes = [finding.code for finding in comparison.problems[0].verdict]
    assert "verdict-no-new-test-rows" in codes


def test_of_very_many_runs_single_rows_are_not_read():
    """The sentence names the number."""
    records = [make_run("adam", 0, 0.5)] * (MOST_RUNS + 1)
    assert not evidence_of(records).are_scores_read
    assert evidence_of(records[1:]).are_scores_read
    assert MOST_RUNS == 2000


def test_a_diverged_run_counts_with_the_constant_of_its_own_split():
    """The majority class has another share of the test rows of each split."""
    good = resplit("adam", [0.9] * 10)
    bad = [
        on_split("sgd", seed, None, diverged=True, metrics={"majority_accuracy": 0.4 + 0.01 * place})
        for place, seed in enumerate(SEEDS)
    ]
    for place, run in enumerate(good):
        run.metrics["test"]["majority_accuracy"] = 0.4 + 0.01 * place
    comparison = compare(good + bad)
    assert comparison.problems[0].optimizer("sgd").scores == pytest.approx([0.4 + 0.01 * place for place in range(10)])


def test_metrics_that_are_means_over_rows_say_so():
    """Those and no others: the mean of their rows is the metric."""
    assert {name for name, metric in METRICS.items() if metric.per_row} == {
        "accuracy",
        "log_loss",
        "brier_score",
        "mse",
        "mae",
    }


def in_folds(optimizer, accuracies, *, seed=0, folds=5):
    """Return the runs of `run --folds`: one seed, each fold tested once."""
    return [
        make_run(
            optimizer,
            seed,
            value,
            dataset={"name": "wine", "split": {"validation": 0.1, "seed": 0, "folds": folds, "fold": fold}},
            digests={"split": f"{fold:064x}"},
        )
        for fold, value in enumerate(accuracies)
    ]


@pytest.mark.parametrize("folds", [5, 10])
def test_folds_are_paired_fold_by_fold_and_not_tested(folds):
    """One group an optimizer, differences on the fold that both were tested on, no p and no interval; it says why."""
    of_adam = [0.90, 0.80, 0.85, 0.95, 0.70, 0.91, 0.92, 0.93, 0.94, 0.95][:folds]
    behind = [0.01, 0.02, -0.01, 0.03, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01][:folds]
    of_sgd = [one - gap for one, gap in zip(of_adam, behind, strict=True)]
    records = in_folds("sgd", of_sgd, folds=folds) + in_folds("adam", of_adam, folds=folds)[::-1]
    comparison = compare(records, evidence=SplitEvidence(Rows()))
    (problem,) = comparison.problems
    (pair,) = problem.pairs
    assert [(one.label, one.n) for one in problem.optimizers] == [("adam", folds), ("sgd", folds)]
    assert pair.differences == pytest.approx(behind)
    assert (pair.obstacle, pair.p, pair.ci_low, pair.t_ci_low) == ("folds", None, None, None)
    assert problem.optimizers[0].ci_low is None
    said = verdict_text(comparison)
    assert f"adam was ahead of sgd on {folds - 1} of {folds} folds" in said
    assert "share most of their training rows" in said
    assert comparison_document(comparison)["split_design"] == "folds"


def test_folds_of_several_seeds_are_paired_by_both():
    """Two seeds on three folds are six pairs; a whole split beside them is another condition."""
    runs = [
        run
        for name, score in (("adam", 0.9), ("sgd", 0.8))
        for seed in (3, 7)
        for run in in_folds(name, [score, score, score], seed=seed, folds=3)
    ]
    assert only_pair(runs).n == 6
    beside = [make_run("sgd", 3, 0.8)]
    (problem,) = compare([*in_folds("adam", [0.9, 0.9, 0.9], folds=3), *beside]).problems
    assert problem.pairs[0].obstacle == "confounded"


def test_seeds_on_one_and_the_same_fold_are_tested():
    """They are runs on one split, whatever that split is called."""
    runs = [
        in_folds(name, [value] * 3, seed=seed, folds=3)[1]
        for name, base in (("adam", 0.9), ("sgd", 0.8))
        for seed, value in enumerate(base + 0.001 * np.arange(8))
    ]
    pair = only_pair(runs)
    assert (pair.n, pair.obstacle, pair.scope) == (8, None, Scope.ONE_SPLIT)
