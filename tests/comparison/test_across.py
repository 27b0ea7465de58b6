"""Several problems together: ranks and regrets by hand, tests against SciPy, nothing tested on too few data sets."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, rankdata, wilcoxon

from optbench.catalog.metrics import metric_named
from optbench.comparison import OptimizerSummary, ProblemComparison, across_problems
from optbench.reporting.charts.across_charts import across_charts
from optbench.reporting.charts.look import RowLooks
from optbench.reporting.languages import Speech
from optbench.reporting.paper.drawing import figure_of
from optbench.reporting.paper.sheet import Paper
from optbench.words import sentence
from optbench.words.comparisons import across_sentences

LABELS = ("sgd", "rmsprop", "adam")
ACCURACY = metric_named("accuracy")


def problem(name, means, *, data=None):
    rest = dict.fromkeys(("sd", "ci_low", "ci_high", "best_epoch", "training_seconds", "peak_memory_mb", "noise_floor"))
    optimizers = tuple(
        OptimizerSummary(label, label, 0.1, ("run",), (0,), (mean,), 0, mean=mean, **rest)
        for label, mean in means.items()
    )
    return ProblemComparison(name, optimizers, (), (), "", data=data or name, margin=0.005)


@pytest.fixture
def table():
    """Mean accuracies of three optimizers on eight data sets; adam is the best on most."""
    rng = np.random.default_rng(3)
    return rng.uniform(0.6, 0.9, (8, 1)) + 0.01 * rng.standard_normal((8, 3)) + [0.0, 0.005, 0.02]


def across(table, *, data=None, **options):
    problems = [
        problem(f"p{place}", dict(zip(LABELS, map(float, row), strict=True)), data=data)
        for place, row in enumerate(table)
    ]
    return across_problems(problems, ACCURACY, **{"alpha": 0.05, "margin": 0.005, **options})


def test_ranks_and_regrets(table):
    """SciPy's ranks; the distance to the best of the reference optimizers, negative for whoever beats them."""
    found = across(table, reference=("sgd", "rmsprop"))
    ranks = rankdata(-table, axis=1)
    for row in found.rows:
        column = LABELS.index(row.label)
        assert row.ranks == pytest.approx(ranks[:, column])
        assert row.regrets == pytest.approx(table[:, :2].max(axis=1) - table[:, column])
        assert row.within == (np.array(row.regrets) <= 0.005).sum()
    assert [row.mean_rank for row in found.rows] == sorted(row.mean_rank for row in found.rows)


def test_tests_are_scipys(table):
    """Friedman's chi-square and Wilcoxon's p, Holm over three pairs."""
    found = across(table)
    assert found.tests.friedman.p == pytest.approx(friedmanchisquare(*table.T).pvalue)
    raw = []
    for pair in found.tests.pairs:
        gap = table[:, LABELS.index(pair.a)] - table[:, LABELS.index(pair.b)]
        assert pair.p == pytest.approx(wilcoxon(gap).pvalue)
        raw.append(pair.p)
    assert min(pair.p_adjusted for pair in found.tests.pairs) == pytest.approx(min(1.0, 3 * min(raw)))
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["tests"]["friedman"]["p"] > 0.0
    told = " ".join(across_sentences(found, ACCURACY))
    assert "adam has the best mean rank" in told
    assert "Friedman's test over 8 data sets" in told


@pytest.mark.parametrize(("count", "data", "reason"), [(4, None, "fewer than 5 data sets"), (8, "one", "1 data set")])
def test_nothing_is_tested_on_few_or_shared_data(table, count, data, reason):
    """Seeds are not data sets, and two models on one data set are no two data sets."""
    found = across(table[:count], data=data)
    assert found.tests is None
    assert reason in sentence(found.untested)
    assert list(charts_of(found)) == ["regret"]


def test_shared_data_sets_are_no_independent_draws(table):
    """Five data sets behind six problems: not tested, and said."""
    problems = [
        problem(f"p{place}", dict(zip(LABELS, map(float, row), strict=True)), data=f"d{min(place, 4)}")
        for place, row in enumerate(table[:6])
    ]
    found = across_problems(problems, ACCURACY, alpha=0.05, margin=0.005)
    assert "share data sets" in sentence(found.untested)


def test_no_score_is_worse_than_any(table):
    """A row without a mean is last on that problem, has no regret there, and fails in the profile."""
    rows = [dict(zip(LABELS, map(float, row), strict=True)) for row in table]
    rows[0]["adam"] = None
    problems = [problem(f"p{place}", row) for place, row in enumerate(rows)]
    found = across_problems(problems, ACCURACY, alpha=0.05, margin=0.005)
    adam = next(row for row in found.rows if row.label == "adam")
    assert (adam.ranks[0], adam.regrets[0], adam.worst_regret) == (3.0, None, None)
    assert found.to_json()["tests"]["profile_ratios"][0][found.tests.labels.index("adam")] is None


def test_one_problem_or_one_optimizer_is_no_table(table):
    """There is nothing to rank."""
    assert across(table[:1]) is None
    assert (
        across_problems([problem("a", {"sgd": 0.5}), problem("b", {"sgd": 0.6})], ACCURACY, alpha=0.05, margin=0.1)
        is None
    )


def charts_of(found):
    return {chart.id: chart for chart in across_charts(found, ACCURACY, Speech(("en",)))}


def test_pictures_are_drawn(table):
    """Regret with a row per optimizer; ranks and profile from five data sets on; on paper, too."""
    found = across(table)
    charts = charts_of(found)
    assert list(charts) == ["regret", "ranks", "profile"]
    figures = {
        name: figure_of(chart, RowLooks.of(LABELS), Paper(), Speech(("en",))).axes[0] for name, chart in charts.items()
    }
    assert [text.get_text() for text in figures["regret"].get_yticklabels()] == [row.label for row in found.rows]
    half = found.tests.critical_difference / 2
    bars = [line.get_xdata() for line in figures["ranks"].get_lines() if line.get_gid() == "interval"]
    assert [bar[1] - bar[0] for bar in bars] == pytest.approx([2 * half] * 3)
    assert len(figures["profile"].get_lines()) == 3


def test_a_tie_has_no_single_winner():
    """Each is first on one of two data sets: both share the best rank."""
    told = across_sentences(across(np.array([[0.9, 0.7, 0.8], [0.8, 0.7, 0.9]])), ACCURACY)
    assert told[0] == "Over 2 problems, adam and sgd share the best mean rank (adam 1.50; sgd 1.50; rmsprop 3.00)."
