"""The promises of the decisions hold in simulated studies: a small version of bench/calibrate_statistics.py."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest
from finished_runs import make_run

from optbench.comparison import compare
from optbench.statistics import Decision, sign_flip_interval, student_t_interval

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "calibrate_statistics.py"
ALPHA = 0.05


@pytest.fixture(scope="module")
def bench():
    """The script as a module."""
    if not SCRIPT.is_file():
        pytest.skip("bench/ is not part of this distribution")
    spec = importlib.util.spec_from_file_location("calibrate_statistics", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def limit(rate, studies):
    """Three standard errors above `rate`."""
    return rate + 3 * (rate * (1 - rate) / studies) ** 0.5


@pytest.mark.parametrize("shape", ["Gaussian", "skewed", "bimodal", "tied"])
@pytest.mark.parametrize(("optimizers", "n"), [(2, 6), (2, 10), (4, 8)])
def test_equal_optimizers_rarely_have_a_winner(bench, shape, optimizers, n):
    """The rate of studies with any false "better" stays at alpha."""
    studies = 1500 if optimizers == 2 else 600
    rate = bench.false_winner_rate(bench.SHAPES[shape], optimizers, n, studies, bench.generator("test", shape, n))
    assert rate <= limit(ALPHA, studies)
    if shape == "Gaussian":
        assert rate > 0.01


@pytest.mark.parametrize("shape", ["Gaussian", "bimodal"])
def test_intervals_cover(bench, shape):
    """The sign-flip interval holds the true difference 95 % of the time, and not much more often at n = 10."""
    flip, _ = bench.coverage(bench.SHAPES[shape], 10, 1500, bench.generator("test-coverage", shape))
    assert 1 - limit(ALPHA, 1500) <= flip <= 0.97


@pytest.mark.parametrize("shape", ["Gaussian", "skewed", "bimodal", "tied"])
def test_equivalence_is_rarely_wrong(bench, shape):
    """With a difference of exactly the margin."""
    rng = bench.generator("test-equivalence", shape)
    assert bench.equivalence(bench.SHAPES[shape], 1.0, 1.0, 8, 1500, rng) <= limit(ALPHA, 1500)


def test_any_wrong_equivalence_among_several_pairs_is_rare_only_with_holm(bench):
    """Four of six pairs differ by exactly the margin: without the correction the chance adds up."""
    held, plain = bench.any_wrong_equivalence(4, 8, 500, bench.generator("test-family"))
    assert held <= limit(ALPHA, 500)
    assert plain > limit(ALPHA, 500)


def test_a_real_difference_is_found(bench):
    """1.5 standard deviations with ten seeds: nearly always, and never the wrong way round."""
    right, wrong = bench.power(bench.SHAPES["Gaussian"], 1.5, 10, 500, bench.generator("test-power"))
    assert right > 0.95
    assert wrong == 0.0


@pytest.mark.parametrize("n", [5, 7, 9])
def test_the_simulation_decides_like_compare(bench, n):
    """The script's shortcuts change nothing: the same scores as run records get the same decisions."""
    rng = np.random.default_rng(n)
    names = ("adam", "rmsprop", "sgd")
    for gap in (0.0, 0.02, 0.1):
        scores = np.clip(0.8 + 0.02 * rng.normal(size=(3, n)) + gap * np.array([[0], [0], [-1]]), 0, 1).round(3)
        records = [
            make_run(name, seed, float(x))
            for name, row in zip(names, scores, strict=True)
            for seed, x in enumerate(row)
        ]
        (problem,) = compare(records, margin=0.02).problems
        found = {frozenset((pair.a, pair.b)): winner(pair) for pair in problem.pairs}
        for (a, b), decision in zip(itertools.combinations(names, 2), bench.decisions(scores, 0.02), strict=True):
            better = {Decision.A_BETTER: a, Decision.B_BETTER: b}.get(decision, decision.value)
            assert found[frozenset((a, b))] == better


def winner(pair):
    return {"a_better": pair.a, "b_better": pair.b}.get(pair.decision.value, pair.decision.value)


def test_the_two_intervals_agree_for_normal_differences():
    """Student's t and the sign-flip interval are about the same for ten normal differences."""
    rng = np.random.default_rng(1)
    widths = []
    for _ in range(200):
        d = rng.normal(size=10)
        widths.append([high - low for low, high in (sign_flip_interval(d), student_t_interval(d))])
    flip, t = np.mean(widths, axis=0)
    assert flip == pytest.approx(t, rel=0.05)
