"""The verdict says at which epoch the order flips, and only if the flip is clear of the noise of the seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from optbench.comparison import compare
from optbench.records import History
from optbench.reporting.comparison_document import comparison_document
from optbench.words import sentence
from optbench.words.comparisons import problem_verdict

EPOCHS = 20
CROSSES = brentq(lambda e: 0.8 * (1 - np.exp(-e / 2)) - 0.9 * (1 - np.exp(-e / 5)), 5, 20)


def curve(final, speed, noise=0.0, seed=0, column="val_accuracy"):
    """A curve that rises to `final` with a time constant of `speed` epochs."""
    epochs = np.arange(EPOCHS + 1)
    values = final * (1 - np.exp(-epochs / speed)) + noise * np.random.default_rng(seed).normal(size=EPOCHS + 1)
    return History(("epoch", column), tuple((float(e), float(v)) for e, v in zip(epochs, values, strict=True)))


def compared(runs, fast, slow, n=7, **options):
    """Compare a fast starter (adam) with a slow one (sgd)."""
    records = runs("adam", [0.8 + 0.001 * i for i in range(n)]) + runs("sgd", [0.9 + 0.0013 * i for i in range(n)])
    makers = {"adam": fast, "sgd": slow}
    histories = {run.run: makers[run.config["optimizer"]["name"]](run.seed) for run in records}
    (problem,) = compare(records, histories=histories, **options).problems
    return problem


def test_the_verdict_names_the_epoch_at_which_the_order_flips(runs):
    """0.8 (1 - exp(-e / 2)) meets 0.9 (1 - exp(-e / 5)) between epochs 10 and 11."""
    problem = compared(runs, lambda s: curve(0.8, 2, 0.001, s), lambda s: curve(0.9, 5, 0.001, s + 50))
    (crossing,) = problem.crossings
    assert (crossing.a, crossing.b, crossing.n) == ("sgd", "adam", 7)
    assert crossing.epochs == pytest.approx([CROSSES], abs=0.05)
    assert problem_verdict(problem).endswith(
        "The order of sgd and adam in mean validation accuracy flips at epoch 11: with a shorter training adam would "
        "be ahead."
    )
    assert problem.crossings[0].to_json()["column"] == "val_accuracy"


def test_a_loss_is_read_the_other_way_round(runs):
    """The leader is the one with the smaller loss."""
    fast, slow = (lambda s: curve(-0.8, 2, 0.001, s, "val_loss")), (lambda s: curve(-0.9, 5, 0.001, s + 50, "val_loss"))
    (crossing,) = compared(runs, fast, slow).crossings
    assert (crossing.a, crossing.column) == ("sgd", "val_loss")
    assert sentence(crossing.finding).startswith("The order of sgd and adam in mean validation loss flips at epoch 11")


def test_noise_is_no_crossing(runs):
    """Two equal optimizers whose curves tangle all the time: nothing is said."""
    problem = compared(runs, lambda s: curve(0.9, 3, 0.02, s), lambda s: curve(0.9, 3, 0.02, s + 50), margin=0.02)
    assert problem.crossings == ()
    assert "flips" not in problem_verdict(problem)


def test_what_is_not_compared_does_not_cross(runs):
    """Without histories, with one seed, between confounded optimizers, or outside the plan nothing is said."""
    fast, slow = (lambda s: curve(0.8, 2, 0.001, s)), (lambda s: curve(0.9, 5, 0.001, s + 50))
    assert compared(runs, fast, slow, n=1).crossings == ()
    records = runs("adam", [0.9] * 7) + runs("sgd", [0.8] * 7, training={"batch_size": 64})
    histories = {run.run: (fast if "adam" in run.run else slow)(run.seed) for run in records}
    assert compare(records, histories=histories).problems[0].crossings == ()
    assert compare(records).problems[0].crossings == ()


def test_a_diverged_run_leaves_the_mean_with_its_partner(run, runs):
    """Means are over seeds that both finished, so the curve of a broken run moves no crossing."""
    records = runs("adam", [0.8 + 0.001 * i for i in range(7)])
    records += [run("sgd", seed, 0.9 + 0.0013 * seed, diverged=seed == 3) for seed in range(7)]
    histories = {
        r.run: (curve(0.8, 2, 0.001, r.seed) if "adam" in r.run else curve(0.9, 5, 0.001, r.seed + 50)) for r in records
    }
    broken = next(r.run for r in records if r.seed == 3 and "sgd" in r.run)
    histories[broken] = History(("epoch", "val_accuracy"), ((0.0, 0.1),))
    (crossing,) = compare(records, histories=histories).problems[0].crossings
    assert crossing.n == 6
    assert crossing.epochs == pytest.approx([CROSSES], abs=0.05)


def test_the_order_of_runs_moves_no_digit(runs):
    """The same records in another order give the same document."""
    records = runs("adam", [0.8 + 0.001 * i for i in range(7)]) + runs("sgd", [0.9 + 0.0013 * i for i in range(7)])
    histories = {r.run: curve(0.8, 2 + 3 * ("sgd" in r.run), 0.01, r.seed) for r in records}
    one = comparison_document(compare(records, histories=histories))
    assert comparison_document(compare(records[::-1], histories=dict(reversed(histories.items())))) == one
