"""What the predictions of compared runs say example by example: confusion matrices, precision, reliability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison import ExampleCurves
    from optbench.records import PrecisionRecallCurve, ReliabilityCurve, RocCurve, RunRecord
    from optbench.runner.stored_rows import RunAnswers

MOST_CURVES: Final = 2000
"""So many curves of single runs and classes are computed for a page: a second or two."""


def example_curves(
    answers: Mapping[str, Sequence[tuple[RunRecord, RunAnswers]]],
    roc_curves: Mapping[str, Sequence[Sequence[RocCurve]]],
) -> ExampleCurves | None:
    """Return what is drawn of the test predictions, as far as all runs name the same classes; else None.

    Parameters
    ----------
    answers : label -> each run, and what it answers; the predictions themselves are read again where runs are few
    roc_curves : label -> per run; of two classes they tell which one is the positive; not asked for where runs are many
    """
    from optbench.comparison import ExampleCurves

    names = {one.class_names for runs in answers.values() for _, one in runs} - {()}
    if len(names) != 1:
        return None
    class_names = next(iter(names))
    counted = {
        label: [(run, one.confusion) for run, one in runs if one.confusion is not None]
        for label, runs in answers.items()
    }
    counted = {label: found for label, found in counted.items() if found}
    if not counted:
        return None
    are_few = sum(map(len, counted.values())) * len(class_names) <= MOST_CURVES
    positive = _positive_class(class_names, roc_curves) if are_few else 0
    of_runs = (
        {label: [_curves_of(run, class_names, positive) for run, _ in found] for label, found in counted.items()}
        if are_few
        else {}
    )
    return ExampleCurves(
        class_names=class_names,
        confusions={label: [confusion for _, confusion in found] for label, found in counted.items()},
        precision_recall={label: [curves for curves, _ in found] for label, found in of_runs.items()},
        reliability={label: [curve for _, curves in found for curve in curves] for label, found in of_runs.items()},
    )


def _curves_of(
    run: RunRecord, class_names: Sequence[str], positive: int
) -> tuple[Sequence[PrecisionRecallCurve], Sequence[ReliabilityCurve]]:
    """Return precision against recall, and reliability, of a run's test predictions."""
    from optbench.evaluation import precision_recall_curves, reliability_curves
    from optbench.runner.stored_rows import stored_answers

    scores = stored_answers(run).scores
    if scores is None:  # the folder was changed meanwhile
        return (), ()
    return (
        precision_recall_curves({"test": scores}, class_names=class_names, positive_class=positive),
        reliability_curves({"test": scores}, class_names=class_names, positive_class=positive),
    )


def _positive_class(class_names: Sequence[str], roc_curves: Mapping[str, Sequence[Sequence[RocCurve]]]) -> int:
    labels = {curve.label for runs in roc_curves.values() for run in runs for curve in run} & set(class_names)
    return class_names.index(labels.pop()) if len(labels) == 1 else len(class_names) - 1
