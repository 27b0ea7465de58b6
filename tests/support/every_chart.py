"""Comparisons and runs that have every chart of a page: what is drawn of them is drawn of anything."""

from __future__ import annotations

import numpy as np
from finished_runs import make_history, make_run

from optbench.comparison import Comparison, ExampleCurves, ProblemCurves, RunTrace, compare
from optbench.records import ALL_LAYERS, LayerDiagnostics, PrecisionRecallCurve, ReliabilityCurve, RocCurve

SEEDS = 7
EPOCHS = 10
SPLITS = ("train", "validation", "test")


def compared(
    names: tuple[str, ...] = ("adam", "sgd", "rmsprop"),
    classes: tuple[str, ...] = ("no", "yes"),
    *,
    seeds: int = SEEDS,
    **options: object,
) -> tuple[Comparison, dict[str, ProblemCurves]]:
    """Compare some seeds of some optimizers on one problem, and invent what their runs left behind."""
    runs = [
        make_run(
            name, seed, 0.9 - 0.02 * place + 0.002 * (seed % SEEDS) ** 1.5, timing={"training_seconds": 1.0 + place}
        )
        for place, name in enumerate(names)
        for seed in range(seeds)
    ]
    found = compare(runs, **options)
    (problem,) = found.problems
    return found, {problem.problem: curves_of([one.label for one in problem.optimizers], classes, seeds)}


def on_six_problems() -> Comparison:
    """Compare three optimizers on as many data sets as their ranks are tested on."""
    problems = ("wine", "iris", "digits", "moons", "rings", "lines")
    return compare(
        [
            make_run(
                name,
                seed,
                score + seed % 3 / 100 - place / 50,
                dataset={"name": problem, "split": {"test": 0.2}},
                digests={"data": problem},
            )
            for place, problem in enumerate(problems)
            for name, score in (("adam", 0.9), ("sgd", 0.8), ("adamw", 0.9))
            for seed in range(3)
        ]
    )


def curves_of(labels: list[str], classes: tuple[str, ...] = ("no", "yes"), seeds: int = SEEDS) -> ProblemCurves:
    """Invent histories, ROC curves, costs and predictions of the runs of some optimizers."""
    traces = {
        label: [RunTrace(make_history(seed + 3 * place, EPOCHS), EPOCHS, False, 0.5, 20) for seed in range(seeds)]
        for place, label in enumerate(labels)
    }
    histories = {label: [trace.history for trace in found] for label, found in traces.items()}
    roc = {label: [_roc(0.2 + 0.05 * place)] * seeds for place, label in enumerate(labels)}
    return ProblemCurves(histories, roc, traces, examples=_examples(labels, classes))


def layers(epochs: int = 4) -> list[LayerDiagnostics]:
    """Invent the diagnostics of two layers and of all of them."""
    return [
        LayerDiagnostics(epoch, layer, 5, 10.0 / epoch, 1.0, 0.01, 3.0)
        for epoch in range(1, epochs + 1)
        for layer in (ALL_LAYERS, "dense", "head")
    ]


def _roc(lift: float) -> tuple[RocCurve, ...]:
    fpr = np.linspace(0.0, 1.0, 21)
    threshold = np.concatenate([[np.inf], fpr[:0:-1]])
    return tuple(
        RocCurve(split, "yes", fpr, fpr**lift, threshold, float(np.trapezoid(fpr**lift, fpr))) for split in SPLITS
    )


def _examples(labels: list[str], classes: tuple[str, ...]) -> ExampleCurves:
    rng = np.random.default_rng(0)
    recall = np.linspace(0.0, 1.0, 9)
    precision = PrecisionRecallCurve("test", "yes", 1.0 - recall / 2, recall, recall[::-1], 0.75, 0.5)
    share = np.array([0.2, 0.5, 0.8])
    bins = ReliabilityCurve("test", "yes", False, share, share**1.2, np.array([5, 5, 5]))
    size = len(classes)
    counts = {}
    for label in labels:
        wrong = rng.integers(0, 9, (size, size)) * (1 - np.eye(size, dtype=int))
        counts[label] = wrong + np.diag(40 + 9 * size - wrong.sum(axis=1))  # all have the same test rows
    return ExampleCurves(
        classes,
        {label: [found] * 2 for label, found in counts.items()},
        {label: [[precision]] * 2 for label in labels},
        {label: [bins] * 2 for label in labels},
    )
