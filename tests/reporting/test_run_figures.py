"""The pictures of a run show every number that was recorded."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optbench.records import ConfusionMatrix, History
from optbench.reporting.curve_figures import precision_recall_figure, roc_figure
from optbench.reporting.run_figures import confusion_figure, learning_curves_figure
from optbench.reporting.style import save_figure

HOSTILE = ("$a_1$", "<script>alert(1)</script>", "line\nbreak \x1b[31m", "日本語", "")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_confusion_matrix_shows_counts_and_shares_of_rows():
    """Rows are true; an empty row divides by nothing."""
    figure = confusion_figure(ConfusionMatrix("test", ("No", "Yes"), np.array([[30, 10], [0, 0]])))
    assert texts(figure.axes[0]) == ["30", "75.0 %", "10", "25.0 %", "0", "0"]
    assert figure.axes[0].get_ylabel() == "true class"
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["No", "Yes"]


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("classes", [1, 2, 7, 20, 60])
def test_a_confusion_matrix_is_drawn_for_any_number_of_long_names(classes):
    """No warning of the layout, no picture of monstrous size; text as long as there is room for it."""
    names = tuple(f"a class with quite a long name, number {number}" for number in range(classes))
    figure = confusion_figure(ConfusionMatrix("test", names, np.eye(classes, dtype=np.int64) * 7))
    assert save_figure(figure)
    assert max(figure.get_size_inches()) < 20
    assert bool(texts(figure.axes[0])) is (classes <= 20)


@pytest.mark.parametrize("image_format", ["png", "svg", "pdf"])
def test_hostile_class_names_are_drawn_literally(evaluation, image_format):
    """Dollar signs, markup, control characters and missing glyphs neither fail nor warn."""
    found = evaluation(HOSTILE)
    assert save_figure(confusion_figure(found.confusion), image_format)
    assert save_figure(roc_figure(found.roc_curves), image_format)
    assert save_figure(precision_recall_figure(found.precision_recall_curves), image_format)


def test_roc_of_two_classes_is_one_curve_per_split_and_the_diagonal(evaluation):
    """Test solid, train dashed, area in the legend as in the metrics."""
    found = evaluation(("No", "Yes"))
    axes = roc_figure(found.roc_curves).axes[0]
    areas = {split: found.metrics[split]["roc_auc"] for split in ("test", "train")}
    assert legend(axes) == [f"test (AUC {areas['test']:.3f})", f"train (AUC {areas['train']:.3f})"]
    assert [line.get_linestyle() for line in axes.lines] == [":", "-", "--"]
    assert np.array_equal(axes.lines[1].get_xdata(), found.roc_curves[1].fpr)
    assert axes.get_title(loc="left") == "ROC curve of class Yes"


def test_precision_and_recall_of_two_classes_stand_above_the_share_of_the_class(evaluation):
    """Test solid, train dashed, average precision as in the metrics, the share of the class as a dotted line."""
    found = evaluation(("No", "Yes"))
    axes = precision_recall_figure(found.precision_recall_curves).axes[0]
    values = {split: found.metrics[split]["average_precision"] for split in ("test", "train")}
    assert legend(axes)[1:] == [f"test (AP {values['test']:.3f})", f"train (AP {values['train']:.3f})"]
    assert [line.get_linestyle() for line in axes.lines] == [":", "-", "--"]
    assert axes.lines[0].get_ydata()[0] == found.precision_recall_curves[1].share


@pytest.mark.parametrize("classes", [3, 30])
def test_precision_and_recall_of_many_classes_names_the_hardest(evaluation, classes):
    """Every class of the test split is drawn."""
    found = evaluation(tuple(f"class {number}" for number in range(classes)))
    axes = precision_recall_figure(found.precision_recall_curves).axes[0]
    assert len(axes.lines) == classes
    test = [curve for curve in found.precision_recall_curves if curve.split == "test"]
    hardest = min(test, key=lambda curve: curve.average_precision)
    assert any(text.startswith(f"{hardest.label} (AP") for text in legend(axes))


def test_curves_that_are_not_defined_are_said_to_be_missing():
    """A diverged run has its pictures, with a sentence in them."""
    assert texts(precision_recall_figure(()).axes[0]) == ["no precision-recall curve is defined for this run"]
    assert texts(roc_figure(()).axes[0]) == ["no ROC curve is defined for this run"]


@pytest.mark.parametrize("classes", [3, 8, 9, 30])
def test_roc_of_many_classes_names_at_most_ten_in_the_legend(evaluation, classes):
    """Every class is drawn; where names do not fit, the hardest ones keep theirs."""
    found = evaluation(tuple(f"class {number}" for number in range(classes)))
    axes = roc_figure(found.roc_curves).axes[0]
    assert len(axes.lines) == 1 + classes + 2
    assert len(legend(axes)) == min(classes + 2, 10)
    of_classes = [curve for curve in found.roc_curves if curve.split == "test" and curve.label != "macro"]
    hardest = min(of_classes, key=lambda curve: curve.auc)
    assert any(text.startswith(f"{hardest.label} (") for text in legend(axes))
    assert any(text.startswith("test, mean over classes") for text in legend(axes))


def test_a_run_without_curves_says_so():
    """A diverged run has a picture with a sentence, not an error."""
    assert texts(roc_figure(()).axes[0]) == ["no ROC curve is defined for this run"]


@pytest.mark.parametrize("epochs", [0, 1, 10, 500])
def test_learning_curves_hold_every_epoch(history, epochs):
    """Loss and accuracy, train and validation, with the best epoch marked."""
    found = history(epochs)
    figure = learning_curves_figure(found, best_epoch=epochs)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss", "Accuracy"]
    for axes, name in zip(figure.axes, ("loss", "accuracy"), strict=True):
        assert axes.lines[0].get_ydata().tolist() == found.column(name)
        assert axes.lines[1].get_ydata().tolist() == found.column(f"val_{name}")
        assert f"best epoch ({epochs})" in legend(axes)
    assert save_figure(figure)


def test_a_value_between_gaps_has_a_marker_and_lost_values_a_cross(history):
    """NaN in two epochs hides neither the epoch between them nor the fact."""
    found = history(500, lost=(40, 42))
    axes = learning_curves_figure(found).axes[0]
    train, lost = axes.lines[0], axes.lines[1]
    assert train.get_markevery() == [41]
    assert lost.get_xdata().tolist() == [40, 42]
    assert "train: not finite" in legend(axes)


def test_an_exploding_loss_gets_a_logarithmic_axis():
    """1e20 beside 0.7 is still readable."""
    rows = ((0.0, 0.7, 0.5), (1.0, 1e20, 0.5), (2.0, math.inf, 0.5))
    figure = learning_curves_figure(History(("epoch", "loss", "accuracy"), rows))
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "linear"]
    assert save_figure(figure)


def test_a_history_without_accuracy_or_validation_is_drawn():
    """Only what was recorded has a panel."""
    rows = ((0.0, 0.7, 0.1), (1.0, 0.5, 0.1))
    figure = learning_curves_figure(History(("epoch", "loss", "learning_rate"), rows))
    assert len(figure.axes) == 1
    assert len(figure.axes[0].lines) == 1


def test_pictures_of_equal_records_are_equal_bytes(evaluation, history):
    """What is drawn again is the same file."""

    def draw():
        found = evaluation(("a", "b", "c"))
        figures = (confusion_figure(found.confusion), roc_figure(found.roc_curves), learning_curves_figure(history(5)))
        return [save_figure(figure) for figure in figures]

    assert draw() == draw()
