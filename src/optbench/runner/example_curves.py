"""What the predictions of compared runs say example by example: confusion matrices, precision, reliability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison import ExampleCurves
    from optbench.records import Predictions, RocCurve
    from optbench.tasks.task import StoredAnswers

MOST_CURVES: Final = 2000
"""So many curves of single runs and classes are computed for a page: a second or two."""


def example_curves(
    answers: Mapping[str, Sequence[StoredAnswers]], roc_curves: Mapping[str, Sequence[Sequence[RocCurve]]]
) -> ExampleCurves | None:
    """Return what is drawn of the test predictions, as far as all runs name the same classes; else None.

    Parameters
    ----------
    answers : label -> one per run
    roc_curves : label -> per run; of two classes they tell which one is the positive; not asked for where runs are many
    """
    from optbench.comparison import ExampleCurves
    from optbench.evaluation import count_classes, precision_recall_curves, reliability_curves

    names = {one.class_names for runs in answers.values() for one in runs} - {()}
    if len(names) != 1:
        return None
    class_names = next(iter(names))
    tests = {label: _finite([one.test for one in runs if one.test is not None]) for label, runs in answers.items()}
    tests = {label: found for label, found in tests.items() if found}
    if not tests:
        return None
    are_few = sum(map(len, tests.values())) * len(class_names) <= MOST_CURVES
    of_runs = tests if are_few else {}
    positive = _positive_class(class_names, roc_curves) if are_few else 0
    return ExampleCurves(
        class_names=class_names,
        confusions={label: [count_classes(one, len(class_names)) for one in found] for label, found in tests.items()},
        precision_recall={
            label: [
                precision_recall_curves({"test": one}, class_names=class_names, positive_class=positive)
                for one in found
            ]
            for label, found in of_runs.items()
        },
        reliability={
            label: [
                curve
                for one in found
                for curve in reliability_curves({"test": one}, class_names=class_names, positive_class=positive)
            ]
            for label, found in of_runs.items()
        },
    )


def _finite(found: Sequence[Predictions]) -> list[Predictions]:
    """Return the predictions of runs that have some, all of them finite."""
    import numpy as np

    return [one for one in found if one.y_true.size and np.isfinite(one.y_score).all()]


def _positive_class(class_names: Sequence[str], roc_curves: Mapping[str, Sequence[Sequence[RocCurve]]]) -> int:
    labels = {curve.label for runs in roc_curves.values() for run in runs for curve in run} & set(class_names)
    return class_names.index(labels.pop()) if len(labels) == 1 else len(class_names) - 1
