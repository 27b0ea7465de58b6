"""Time to target: misses cost the whole budget, in epochs, steps and seconds."""

from __future__ import annotations

import math

import pytest

from optbench.comparison import RunTrace, suggested_targets, target_table
from optbench.records import History


def history(*values, column="val_accuracy"):
    return History(("epoch", column), tuple((float(epoch), value) for epoch, value in enumerate(values)))


def trace(*values, epochs=4, column="val_accuracy", **options):
    return RunTrace(history(*values, column=column), epochs, **options)


def test_epochs_steps_and_seconds():
    """Reached after 1 and 3 of 4 epochs: 2 on average; steps and seconds with each run's own pace."""
    pace = {"steps_per_epoch": 10}
    traces = {
        "adam": [
            trace(0.1, 0.8, 0.9, 0.9, 0.9, seconds_per_epoch=1.0, **pace),
            trace(0.1, 0.2, 0.7, 0.8, 0.9, seconds_per_epoch=2.0, **pace),
        ],
        "sgd": [trace(0.1, 0.2, 0.3, 0.4, 0.5, **pace)],
    }
    table = target_table(traces, "val_accuracy", 0.8)
    adam, sgd = table.rows
    assert (adam.label, adam.reached, adam.n, adam.epochs, adam.steps, adam.seconds) == ("adam", 2, 2, 2.0, 20.0, 3.5)
    assert (sgd.label, sgd.reached, sgd.epochs, sgd.steps, sgd.seconds) == ("sgd", 0, 4.0, 40.0, None)
    assert (table.horizon, table.discriminates) == (4, True)
    assert table.to_json()["rows"][1]["seconds"] is None


def test_diverged_and_early_stopped_runs_are_misses():
    """What a diverged run passed on the way does not count; a run that stopped early has had its chance."""
    diverged, stopped = trace(0.1, 0.9, math.nan, diverged=True), trace(0.1, 0.2, 0.2)
    (row,) = target_table({"adam": [diverged, stopped]}, "val_accuracy", 0.8).rows
    assert (row.reached, row.epochs) == (0, 4.0)


def test_the_smallest_budget_is_the_common_one():
    """A target reached after the budget of the others is not reached within it."""
    traces = {"long": [trace(0.1, 0.2, 0.3, 0.9, epochs=3)], "short": [trace(0.1, 0.9, 0.9, epochs=2)]}
    table = target_table(traces, "val_accuracy", 0.8)
    assert [(row.label, row.reached, row.epochs) for row in table.rows] == [("short", 1, 1.0), ("long", 0, 2.0)]


def test_a_loss_is_reached_from_above():
    """Smaller is better."""
    (row,) = target_table({"adam": [trace(2.0, 1.0, 0.5, column="val_loss")]}, "val_loss", 0.6).rows
    assert (row.reached, row.epochs) == (1, 2.0)


def test_void_targets_are_known_as_such():
    """Passed by every run after its first epoch, or by none: the table says that it says nothing."""
    traces = {"a": [trace(0.1, 0.9)], "b": [trace(0.1, 0.9)]}
    assert not target_table(traces, "val_accuracy", 0.8).discriminates
    assert not target_table(traces, "val_accuracy", 0.95).discriminates


def test_suggested_targets_are_what_nine_of_ten_and_half_of_the_runs_reach():
    """Each suggestion was reached by that many runs, for scores and for losses."""
    best = [0.70 + 0.01 * i for i in range(10)]
    runs = [history(0.1, value, 0.2) for value in best]
    easy, hard = suggested_targets(runs, "val_accuracy")
    assert (sum(value >= easy for value in best), sum(value >= hard for value in best)) == (9, 5)
    losses = [history(9.0, value, 5.0, column="val_loss") for value in best]
    easy, hard = suggested_targets(losses, "val_loss")
    assert (sum(value <= easy for value in best), sum(value <= hard for value in best)) == (9, 5)


def test_suggestions_leave_out_the_start_and_what_is_no_number():
    """The untrained model sets no target; neither does NaN; equal suggestions are one."""
    assert suggested_targets([history(0.9, 0.5), history(0.9, math.nan)], "val_accuracy") == (0.5,)
    assert suggested_targets([history(0.9, math.nan)], "val_accuracy") == ()
    assert suggested_targets([history(0.9, 0.5)], "val_loss") == ()


@pytest.mark.parametrize("order", [1, -1])
def test_rows_do_not_depend_on_the_order_given(order):
    """Sorted by time, then by label."""
    traces = {label: [trace(0.1, 0.2, 0.9)] for label in ["b", "a", "c"][::order]}
    assert [row.label for row in target_table(traces, "val_accuracy", 0.8).rows] == ["a", "b", "c"]
