"""Questions of a plan: which pairs count, how p is adjusted, at once or look by look, what an undecided pair lacks."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.comparison import Obstacle, compare
from optbench.comparison.families import count_pairs
from optbench.comparison.outlook import Missing, outlook, reserved
from optbench.comparison.result import Adjustment
from optbench.statistics import holm, seeds_for_equivalence, shaffer
from optbench.words.comparisons import problem_verdict

RNG = np.random.default_rng(12)
SCORES = {name: list(0.9 + shift + 0.01 * RNG.normal(size=10)) for name, shift in
          {"adam": 0.03, "sgd": 0.0, "rmsprop": 0.01, "nadam": 0.0}.items()}  # fmt: skip


def of(runs, *names, **options):
    return [run for name in names for run in runs(name, SCORES[name], **options)]


def pairs(comparison):
    return {(pair.a, pair.b): pair for pair in comparison.problems[0].pairs}


def test_each_question_is_adjusted_for_itself(runs):
    """Tuned rows, rows that were not, and one against the other: an m each, and a ruling each."""
    found = compare(of(runs, *SCORES), untuned={"rmsprop", "nadam"})
    by_family = {}
    for pair in found.problems[0].pairs:
        by_family.setdefault(pair.family.value, []).append(pair)
    assert {family: [pair.comparisons for pair in own] for family, own in by_family.items()} == {
        "tuned": [1], "defaults": [1], "tuned_vs_default": [4] * 4
    }  # fmt: skip
    across = by_family["tuned_vs_default"]
    assert [pair.p_adjusted for pair in across] == pytest.approx(holm([pair.p for pair in across]).tolist())
    assert {pair.adjustment for pair in across} == {Adjustment.HOLM}
    assert [ruling.family.value for ruling in found.problems[0].rulings] == ["tuned", "defaults", "tuned_vs_default"]
    assert compare(of(runs, *SCORES)).problems[0].rulings == ()


def test_shaffers_step_needs_every_pair(runs):
    """All six pairs: the smaller factors. With a baseline, or one pair confounded, Holm's."""
    complete = pairs(compare(of(runs, *SCORES)))
    assert {pair.adjustment for pair in complete.values()} == {Adjustment.SHAFFER}
    expected = shaffer([pair.p for pair in complete.values()], 4)
    assert [pair.p_adjusted for pair in complete.values()] == pytest.approx(expected.tolist())
    against = pairs(compare(of(runs, *SCORES), baseline="sgd"))
    assert {pair.adjustment for pair in against.values()} == {Adjustment.HOLM}
    mixed = of(runs, "adam", "sgd", "rmsprop") + of(runs, "nadam", training={"batch_size": 64})
    tested = [pair for pair in pairs(compare(mixed)).values() if pair.obstacle is None]
    assert {(pair.adjustment, pair.comparisons) for pair in tested} == {(Adjustment.HOLM, 3)}


def test_a_plan_over_all_pairs_counts_those_that_cannot_be_tested(runs):
    """As the first release did: Holm's m is that of all pairs, a confounded one counts as 1, nobody takes a step."""
    mixed = of(runs, "adam", "sgd", "rmsprop") + of(runs, "nadam", training={"batch_size": 64})
    found = compare(mixed, over_all_pairs=True).problems[0].pairs
    assert {(pair.comparisons, pair.adjustment) for pair in found if pair.obstacle is None} == {(6, Adjustment.HOLM)}
    expected = holm([1.0 if pair.p is None else pair.p for pair in found])
    assert [pair.p_adjusted for pair in found if pair.p is not None] == pytest.approx(
        [adjusted for pair, adjusted in zip(found, expected, strict=True) if pair.p is not None]
    )
    complete = compare(of(runs, *SCORES), over_all_pairs=True).problems[0].pairs
    assert [pair.p_adjusted for pair in complete] == pytest.approx(holm([pair.p for pair in complete]).tolist())


def test_equivalence_never_takes_shaffers_step(runs):
    """Equality within a margin is not transitive."""
    found = pairs(compare(of(runs, *SCORES), margin=0.05))
    expected = holm([pair.p_equivalence for pair in found.values()])
    assert [pair.p_equivalence_adjusted for pair in found.values()] == pytest.approx(expected.tolist())


def test_a_pair_without_scores_counts_and_one_without_seeds_does_not(runs, run):
    """What the runs came to leaves m alone; what the design tells is left out of it."""
    lost = [
        run("nadam", seed, None, diverged=seed == 3, metrics={"log_loss": 0.4} if seed != 3 else {})
        for seed in range(10)
    ]
    found = pairs(compare([*of(runs, "adam", "sgd", "rmsprop"), *lost], metric="log_loss"))
    without = [pair for pair in found.values() if pair.obstacle is Obstacle.NO_SCORE]
    assert len(without) == 3
    assert {pair.comparisons for pair in found.values()} == {6}
    few = pairs(compare([*of(runs, "adam", "sgd", "rmsprop"), *runs("nadam", SCORES["nadam"][:3])]))
    assert {pair.obstacle for pair in few.values() if "nadam" in (pair.a, pair.b)} == {Obstacle.TOO_FEW_SEEDS}
    assert {pair.comparisons for pair in few.values()} == {3}


@pytest.mark.parametrize(
    ("seeds", "counted"),
    [
        ([8, 8, 8, 8, 8, 8], [True] * 6),
        ([7, 7, 7, 7, 7, 7], [False] * 6),
        ([7, 7, 7, 3, 3, 3], [True] * 3 + [False] * 3),
        ([8, 7, 7, 7, 7, 7], [True] + [False] * 5),
        ([6, 0, 1], [True, False, False]),
    ],
)
def test_the_largest_group_that_its_seeds_can_decide_is_counted(seeds, counted):
    """More pairs need more seeds; who has too few for the group does not make it harder for the others."""
    assert list(count_pairs([None] * len(seeds), seeds, 0.05).pairs) == counted


def test_what_is_missing_inside_the_margin_is_equivalence():
    """A difference that was shown there would not matter; outside it is the difference; hopeless spreads name none."""
    close = [0.001, -0.002, 0.004, 0.001, 0.003, -0.004, 0.002, 0.003]
    found = outlook(close, float(np.mean(close)), 0.005, alpha=0.05, comparisons=6)
    assert (found.missing, found.detectable) == (Missing.EQUIVALENCE, None)
    assert found.seeds > len(close)
    apart = [0.03, -0.01, 0.02, 0.03, -0.02, 0.02, 0.03, -0.01]
    found = outlook(apart, float(np.mean(apart)), 0.005, alpha=0.05, comparisons=6)
    assert found.missing is Missing.DIFFERENCE
    assert found.detectable == pytest.approx(np.mean(apart))
    assert outlook([1.0, -1.0] * 4, 0.0, 1e-4, alpha=0.05, comparisons=1) is None
    assert seeds_for_equivalence(0.0, 1.0, 1.0) <= reserved(seeds_for_equivalence(0.0, 1.0, 1.0))


def test_a_look_decides_and_later_ones_change_nothing(runs):
    """Twelve seeds, looks at six, nine and twelve: the pair keeps the look and the decision that it had first."""
    ahead = [0.95 + 0.001 * (seed % 3) for seed in range(12)]
    behind = [0.90 + 0.001 * (seed % 2) for seed in range(12)]
    looks = (6, 9, 12)
    found = {}
    for n in (6, 9, 12):
        records = runs("adam", ahead[:n]) + runs("sgd", behind[:n])
        (found[n],) = compare(records, looks=looks).problems[0].pairs
    assert {pair.decision.value for pair in found.values() if pair.look is not None} == {"a_better"}
    first = min(n for n, pair in found.items() if pair.look is not None)
    assert {pair.look for n, pair in found.items() if n >= first} == {first}
    assert found[12].p <= found[9].p <= found[6].p


def test_before_the_last_look_the_verdict_says_when_it_looks_again(runs):
    """What is undecided at a look is no plan for more seeds: the plan goes on."""
    close = [0.90 + 0.01 * (seed % 3) for seed in range(6)]
    told = problem_verdict(compare(runs("adam", close) + runs("sgd", close[::-1]), looks=(6, 12)).problems[0])
    assert "The plan looks again, at 12 seeds for the last time." in told
    assert "What is missing" not in told
