"""The verdict: who, by how much, how sure, what would settle it, how far it reaches."""

from __future__ import annotations

import re

import numpy as np
import pytest

from optbench.comparison import compare
from optbench.reporting.plain_answer import plain_answer
from optbench.words.comparisons import problem_verdict, verdict_text

BASE = [0.90, 0.91, 0.89, 0.92, 0.90, 0.91, 0.88, 0.90]
HIGH = [0.95, 0.96, 0.95, 0.97, 0.94, 0.96, 0.94, 0.95]
LOW = [0.80, 0.83, 0.82, 0.80, 0.81, 0.80, 0.84, 0.82]
CLOSE = [x + d for x, d in zip(BASE, [0.001, -0.001] * 4, strict=True)]
WIDE = [x + d for x, d in zip(BASE, [0.04, -0.02, 0.03, -0.03, 0.02, 0.03, -0.01, 0.02], strict=True)]
HIGH_ONES = "Differences that are found come out too large on average, by a factor of 1.1 to 1.9."
CLEAN = "No run collapsed; with 8 runs of each, a rate of up to 31 % is still possible (95 % sure)."
SCOPE = "This holds for this split, 10 epochs and the settings given."


def test_a_winner_over_all_others(runs):
    """Who beats everybody wins, with the size against each."""
    verdict = verdict_text(compare(runs("adam", HIGH) + runs("sgd", BASE) + runs("rmsprop", LOW)))
    assert verdict == (
        "adam wins with 95.25 % test accuracy on average: it beats sgd by 5.12 points (95 % CI 4.50 to 5.67, "
        "p = 0.023) and rmsprop by 13.75 points (95 % CI 12.00 to 15.50, p = 0.023). "
        "(8 paired seeds, Holm over 3 comparisons with Shaffer's step, A/A noise floor 1.41.) "
        f"{HIGH_ONES} {CLEAN} {SCOPE}"
    )


def test_leading_is_not_winning(runs):
    """Whoever leads without beating all is no winner; each rival is spoken of by its outcome."""
    behind = [score - 0.001 for score in HIGH[::-1]]
    verdict = verdict_text(compare(runs("adam", HIGH) + runs("sgd", behind) + runs("rmsprop", LOW)))
    assert verdict.startswith(
        "No single winner: adam leads with 95.25 % test accuracy on average; it beats rmsprop by "
    )
    assert "; is undecided against sgd (0.10, 95 % CI " in verdict


LEADS = {
    "en": ("ahead", "leads", "came first", "it has the best", "wins with"),
    "es": ("por delante", "quedó primero", "quedó en primer lugar", "Gana"),
}


@pytest.mark.parametrize("language", LEADS)
@pytest.mark.parametrize("third", [None, LOW])
@pytest.mark.parametrize("n", [1, 5, 8])
def test_who_shares_the_best_mean_leads_nobody(runs, n, third, language):
    """Whether it is tested or not, in the verdict and in the answer of the page: both are named, neither is ahead."""
    scores = HIGH[:n]
    records = runs("adam", scores) + runs("sgd", scores[::-1]) + (runs("rmsprop", third[:n]) if third else [])
    compared = compare(records)
    (problem,) = compared.problems
    answer = " ".join(plain_answer(problem, compared.metric, language))
    for told in (problem_verdict(problem, language), answer.replace("it has the best test accuracy together with", "")):
        assert not [word for word in LEADS[language] if word in told]
        assert {"adam", "sgd"} <= set(re.findall(r"\w+", told))
    said = {"en": "are equal|the same|share the|all have", "es": "son iguales|empataron|comparten|todos tienen"}
    assert re.search(said[language], problem_verdict(problem, language))


def test_equal_means_are_found_whatever_the_order_of_the_sums(runs):
    """Scores whose sums differ in the last bit alone; a difference that a reader sees is a lead."""
    adam, sgd = [0.1, 0.2, 0.3], [0.3, 0.15, 0.15]
    assert "had the same mean" in verdict_text(compare(runs("adam", adam) + runs("sgd", sgd)))
    more = [*sgd[:2], 0.1501]
    assert "sgd was ahead of adam on 1 of 3 seeds" in verdict_text(compare(runs("adam", adam) + runs("sgd", more)))


def test_against_a_baseline_every_outcome_has_its_clause(runs):
    """Worse, better, equivalent, undecided: signs always follow the one that is spoken of."""
    records = [run for name, scores in {"sgd": BASE, "adam": HIGH, "rmsprop": LOW, "nadam": CLOSE, "lion": WIDE}.items()
               for run in runs(name, scores)]  # fmt: skip
    verdict = verdict_text(compare(records, baseline="sgd"))
    clauses = [
        "Against sgd: rmsprop is worse by 8.63 points (95 % CI 6.33 to 10.67, p = 0.031)",
        "adam is better by 5.12 points (95 % CI 4.50 to 5.67, p = 0.031)",
        "nadam (0.00, 90 % CI -0.10 to 0.10) is equivalent within ±0.50 points",
        "lion (1.00, 95 % CI -1.50 to 3.00, p = 0.73) is undecided",
    ]
    assert verdict.startswith("; ".join(clauses) + ". (8 paired seeds, Holm over 4 comparisons")


def test_undecided_says_what_is_missing(runs):
    """How many seeds in all, their price, what they would find; and that seeds added now are no plan."""
    verdict = verdict_text(compare(runs("adam", WIDE) + runs("sgd", BASE)))
    assert verdict == (
        "No winner between adam and sgd: adam is ahead by 1.00 points of test accuracy (95 % CI -1.50 to 3.00; "
        "8 paired seeds; p = 0.37), which shows neither a difference nor equivalence within 0.50 points. "
        "What is missing is a difference: to find 1.00 points four times in five takes about 101 seeds in all (some 6 "
        "minutes of training more). Decide on that number before its first run: seeds added to these until it is "
        f"decided make 5 % of false winners 8 % and more. {CLEAN} {SCOPE}"
    )


@pytest.mark.parametrize(("spread", "doubted"), [(1, False), (1.6, True)])
def test_a_plan_of_very_many_seeds_is_told_with_a_doubt(runs, spread, doubted):
    """The line of the file is given, and above 200 seeds that they are seldom worth it."""
    wide = [x + 0.01 + spread * (y - x - 0.01) for x, y in zip(BASE, WIDE, strict=True)]
    verdict = verdict_text(compare(runs("adam", wide) + runs("sgd", BASE), file_design=""))
    assert "confirmation: {seeds: 8, at_most: " in verdict
    assert ("seldom worth their runs" in verdict) == doubted


def test_hopeless_spread_is_said(runs):
    """No number of seeds is named that nobody would run."""
    chaos = [0.1, 0.9, 0.2, 0.95, 0.15, 0.85, 0.9, 0.1]
    verdict = verdict_text(compare(runs("adam", chaos) + runs("sgd", chaos[::-1])))
    assert "even 1000 seeds would hardly settle it." in verdict


def test_holm_decides_and_the_interval_is_explained(runs):
    """Where the interval alone would speak but Holm does not, both are told."""
    ahead = [x + d for x, d in zip(BASE, [0.02, 0.01, 0.02, 0.03, 0.01, 0.02, 0.01, -0.001], strict=True)]
    records = runs("adam", ahead) + runs("sgd", BASE) + runs("rmsprop", WIDE) + runs("nadam", WIDE[::-1])
    assert "sgd (1.49, 95 % CI 0.63 to 2.33, p = 0.094, although the interval alone excludes 0)" in verdict_text(
        compare(records)
    )


def test_few_seeds_of_equal_optimizers(runs):
    """Nobody comes first among equals."""
    verdict = verdict_text(compare(runs("adam", BASE[:6]) + runs("sgd", BASE[:6]) + runs("rmsprop", BASE[:6])))
    assert "no test was made; all have " in verdict
    assert "came first" not in verdict


def test_few_seeds_of_many_optimizers(runs):
    """Three optimizers need seven seeds, since three comparisons share the level."""
    verdict = verdict_text(compare(runs("adam", HIGH[:6]) + runs("sgd", BASE[:6]) + runs("rmsprop", LOW[:6])))
    assert verdict == (
        "6 seeds can't reach p = 0.05 (the smallest possible is 0.03125, 3 times that after Holm's correction), so no "
        "test was made; adam came first with 95.50 % test accuracy, rmsprop last with 81.00 %. "
        "Run at least 7 seeds for 3 comparisons."
    )


def test_those_that_tie_are_named_together(runs):
    """Of three that are last none is called the last."""
    records = runs("rmsprop", [1.0]) + runs("adam", [0.9]) + runs("adamw", [0.9]) + runs("sgd", [0.9])
    said = "rmsprop came first with 100.00 % test accuracy, adam, adamw and sgd last with 90.00 %"
    assert said in verdict_text(compare(records))


def test_a_baseline_without_runs_on_a_problem(runs):
    """The baseline ran elsewhere only: that problem has no pairs, and its verdict says why."""
    records = runs("adam", HIGH) + runs("sgd", BASE) + runs("adam", HIGH, dataset={"name": "iris"})
    records += runs("rmsprop", LOW, dataset={"name": "iris"})
    iris, wine = compare(records, baseline="sgd").problems
    assert iris.pairs == ()
    assert problem_verdict(iris) == "Not compared: sgd has no run on this problem, so there is nothing to compare with."
    assert problem_verdict(wine).startswith("adam beats sgd by ")


@pytest.mark.parametrize("seed", range(9))
def test_whatever_the_seeds_of_each_there_is_a_verdict_and_the_floor_it_names_is_a_value(runs, seed):
    """Also where the best has too few seeds for a test, and others have enough."""
    draw = np.random.default_rng(seed)
    means = draw.choice([0.8, 0.85, 0.9], 3)
    records = []
    for name, mean in zip(["adam", "sgd", "rmsprop"], means, strict=True):
        records += runs(name, list(mean + 0.02 * draw.standard_normal(int(draw.choice([1, 3, 7, 9])))))
    (problem,) = compare(records).problems
    named = [finding.values["floor"] for finding in problem.verdict if finding.values.get("floor") is not None]
    assert ("noise floor" in problem_verdict(problem)) == bool(named)


def test_the_best_with_too_few_seeds_is_spoken_of_without_a_test(runs):
    """What leads is said, and that it was not tested, though others were tested against each other."""
    verdict = verdict_text(compare(runs("adam", HIGH[:3]) + runs("sgd", BASE) + runs("rmsprop", LOW)))
    assert verdict.startswith("No single winner: adam leads with 95.33 % test accuracy on average; it is not tested")
    assert "(Holm over 1 comparison, A/A noise floor" in verdict
