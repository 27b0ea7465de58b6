"""Pictures of a comparison show the numbers of the record, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import make_history, make_roc, make_run

from optbench.comparison import ProblemCurves, compare
from optbench.records import History
from optbench.reporting.comparison_figures import (
    Look,
    curves_figure,
    differences_figure,
    roc_figure,
    scores_figure,
    time_figure,
)
from optbench.reporting.style import save_figure

HIGH = [0.9, 0.91, 0.92, 0.9, 0.93, 0.9, 0.92]
LOW = [0.8, 0.83, 0.82, 0.8, 0.81, 0.8, 0.84]
LOOK = Look.of(["adam", "sgd"])
CURVES = ProblemCurves(
    {"adam": [make_history(seed) for seed in range(3)], "sgd": [make_history(5)]},
    {"adam": [make_roc(0.2), make_roc(0.4)], "sgd": [()]},
)


def compared(n=7, **options):
    records = [make_run("adam", seed, score) for seed, score in enumerate(HIGH[:n])]
    return compare(records + [make_run("sgd", seed, score) for seed, score in enumerate(LOW[:n])], **options)


def dots(axes):
    return [np.asarray(found.get_offsets()) for found in axes.collections if hasattr(found, "get_offsets")]


def test_every_seed_is_a_dot():
    """The scores are drawn in percent, best optimizer on top."""
    comparison = compared()
    (axes,) = scores_figure(comparison.problems[0], comparison.metric, LOOK).axes
    drawn = [sorted(found[:, 0].round(6)) for found in dots(axes) if len(found) == 7]
    assert drawn == [sorted(100 * np.array(HIGH).round(6)), sorted(100 * np.array(LOW).round(6))]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["adam", "sgd"]
    assert axes.get_yticks()[0] > axes.get_yticks()[1]


def test_differences_lie_over_the_margin_zone():
    """Dots are the paired differences in points; the zone reaches from minus to plus the margin."""
    comparison = compared(margin=0.02)
    (axes,) = differences_figure(comparison.problems[0], comparison.metric, comparison.margin).axes
    (drawn,) = [found[:, 0] for found in dots(axes) if len(found) == 7]
    assert drawn == pytest.approx(100 * np.subtract(HIGH, LOW))
    zone = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert (zone.x0, zone.x1) == (pytest.approx(-2.0), pytest.approx(2.0))


def test_right_of_zero_is_better_for_a_loss_too():
    """A lower log loss is drawn to the right."""
    comparison = compared(metric="log_loss")
    (axes,) = differences_figure(comparison.problems[0], comparison.metric, comparison.margin).axes
    assert comparison.problems[0].pairs[0].difference < 0
    assert all((found[:, 0] > 0).all() for found in dots(axes) if len(found) == 7)


def test_many_optimizers_still_make_a_picture():
    """Of 28 pairs the seven with the best optimizer are drawn."""
    records = [
        make_run(name, seed, 0.5 + 0.05 * place + 0.001 * seed)
        for place, name in enumerate("abcdefgh")
        for seed in (0, 1)
    ]
    comparison = compare(records)
    (axes,) = differences_figure(comparison.problems[0], comparison.metric, comparison.margin).axes
    assert len(comparison.problems[0].pairs) == 28
    assert [label.get_text()[0] for label in axes.get_yticklabels()] == ["h"] * 7


def test_curves_are_means_over_seeds():
    """One line per optimizer and column: losses and accuracies, never the learning rate."""
    figure = curves_figure(CURVES, LOOK)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "loss, training", "accuracy, training", "loss, validation", "accuracy, validation",
    ]  # fmt: skip
    adam, sgd = figure.axes[0].get_lines()
    assert adam.get_ydata() == pytest.approx(make_history(1).column("loss"))
    assert sgd.get_ydata() == pytest.approx(make_history(5).column("loss"))
    assert (adam.get_color(), sgd.get_color()) == (LOOK.colours["adam"], LOOK.colours["sgd"])


def test_roc_legend_names_the_mean_area():
    """An optimizer without a curve (all diverged) is not drawn."""
    (axes,) = roc_figure(CURVES, LOOK).axes
    areas = [run[1].auc for run in CURVES.roc_curves["adam"]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [f"adam (AUC {np.mean(areas):.3f})"]


def test_of_many_classes_the_macro_curve_is_drawn():
    """The mean over classes stands for them."""
    curves = ProblemCurves({}, {"adam": [make_roc(0.3, "a") + make_roc(0.5, "macro")]})
    (axes,) = roc_figure(curves, LOOK).axes
    assert "mean over classes" in axes.get_title(loc="left")


def test_time_is_drawn_against_the_mean():
    """One dot per optimizer at its median time."""
    comparison = compared()
    (axes,) = time_figure(comparison.problems[0], comparison.metric, LOOK).axes
    drawn = {
        line.get_label(): line.get_xydata()[0].tolist() for line in axes.get_lines() if len(line.get_xydata()) == 1
    }
    assert drawn == {"adam": [2.0, pytest.approx(100 * np.mean(HIGH))], "sgd": [2.0, pytest.approx(100 * np.mean(LOW))]}


def test_nothing_to_draw_is_no_picture():
    """No pair, no history, no curve, no time: None instead of empty axes."""
    nothing = ProblemCurves({"adam": []}, {"adam": [()]})
    alone = compare([make_run("adam", 0, 0.9, timing={"training_seconds": None})])
    assert differences_figure(alone.problems[0], alone.metric, 0.01) is None
    assert time_figure(alone.problems[0], alone.metric, LOOK) is None
    assert curves_figure(nothing, LOOK) is None
    assert roc_figure(nothing, LOOK) is None


def test_one_seed_and_missing_scores_can_be_drawn():
    """One seed has no interval; diverged runs on a metric without a stand-in have no dot."""
    one = compared(n=1)
    assert save_figure(scores_figure(one.problems[0], one.metric, LOOK)).startswith(b"\x89PNG")
    lost = compare([make_run("adam", 0, 0.9), make_run("sgd", 0, diverged=True)], metric="log_loss")
    assert save_figure(scores_figure(lost.problems[0], lost.metric, LOOK)).startswith(b"\x89PNG")


def test_the_order_of_optimizers_does_not_change_their_colours():
    """The same set of optimizers has the same colours on every page."""
    assert Look.of(["sgd", "adam"]) == LOOK
    assert len(set(Look.of("abcdefg").colours.values())) == 7


@pytest.mark.parametrize(("n", "bars"), [(7, 1), (2, 0)])
def test_only_a_tested_pair_has_a_bar(n, bars):
    """A bar reads as a result."""
    comparison = compared(n)
    (axes,) = differences_figure(comparison.problems[0], comparison.metric, comparison.margin).axes
    assert sum(line.get_linewidth() == 2.5 for line in axes.get_lines()) == bars


def test_an_untested_pair_has_no_bar_though_its_own_interval_is_bounded():
    """Seven seeds bound an interval, and are too few for 28 comparisons."""
    records = [
        make_run(name, seed, 0.5 + 0.05 * place + 0.001 * seed * (place % 3))
        for place, name in enumerate("abcdefgh")
        for seed in range(7)
    ]
    comparison = compare(records)
    assert all(pair.obstacle is not None and pair.ci_low is not None for pair in comparison.problems[0].pairs)
    (axes,) = differences_figure(comparison.problems[0], comparison.metric, comparison.margin).axes
    assert not [line for line in axes.get_lines() if line.get_linewidth() == 2.5]


def test_both_splits_share_a_scale_and_shares_stay_linear():
    """One wide loss makes both logarithmic; accuracy never is, however low it began."""
    rows = tuple((epoch, 0.5**epoch, 0.01 + 0.09 * epoch, 0.9, 0.8) for epoch in range(10))
    history = History(("epoch", "loss", "accuracy", "val_loss", "val_accuracy"), rows)
    figure = curves_figure(ProblemCurves({"adam": [history]}, {}), LOOK)
    scales = {axes.get_title(loc="left"): axes.get_yscale() for axes in figure.axes}
    assert scales == {
        "loss, training": "log", "loss, validation": "log",
        "accuracy, training": "linear", "accuracy, validation": "linear",
    }  # fmt: skip
