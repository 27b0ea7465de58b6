"""What figures have to show, from sources that no page has: commands for programs, files of runs, scikit-learn.

Every function returns the views of one chart, in the order in which a reader walks through them: names of views, and
per series its points as the facts of a tip (`data-...`), at full precision.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from scipy.stats import rankdata, studentized_range
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

Fact = str | float
BINS: Final = 15
SPREAD_BINS: Final = 24
IN_POINTS: Final = 100.0
COLUMNS: Final = {
    "accuracy, validation": "val_accuracy",
    "RMSE, validation": "val_rmse",
    "loss, validation": "val_loss",
    "accuracy, training": "accuracy",
    "RMSE, training": "rmse",
    "loss, training": "loss",
}
"""Columns of history.csv by what the views of learning curves are called."""


@dataclass(frozen=True)
class Series:
    """Points that the arrows left and right lead through; `across` and `up` are the factors of what is written."""

    points: Sequence[Mapping[str, Fact]]
    across: float = 1.0
    up: float = 1.0


@dataclass(frozen=True)
class View:
    """What is seen at a time; `name` is that of the choice, "" for the only one."""

    name: str
    series: Sequence[Series]


class Run:
    """A run's folder, read file by file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def config(self) -> Any:
        """config.resolved.yaml."""
        return yaml.safe_load((self.folder / "config.resolved.yaml").read_text(encoding="utf-8"))

    @cached_property
    def history(self) -> dict[str, list[float]]:
        """history.csv: column -> values."""
        return columns_of(self.folder / "history.csv")

    @cached_property
    def predictions(self) -> Mapping[str, Any]:
        """predictions.npz."""
        with np.load(self.folder / "predictions.npz", allow_pickle=False) as arrays:
            return dict(arrays)

    def read(self, name: str) -> Any:
        """Return a JSON file."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @property
    def seed(self) -> int:
        """The seed it ran with."""
        return int(self.config["seed"])

    def of_class(self, place: int, split: str = "test") -> tuple[Any, Any]:
        """Whether each row is of a class, and its score for that class."""
        return self.predictions[f"y_true_{split}"] == place, self.predictions[f"y_score_{split}"][:, place]

    def per_epoch(self) -> dict[str, float]:
        """How many steps and seconds an epoch took."""
        rows, size = len(self.predictions["y_true_train"]), self.config["training"]["batch_size"]
        return {"steps": float(math.ceil(rows / size)), "seconds": self.read("timing.json")["seconds_per_epoch"]}


@dataclass(frozen=True)
class Evidence:
    """What is known of the comparison of one problem.

    Attributes
    ----------
    document : of `compare --format json`, or verdict.json
    table : rows of `compare --format csv`, of the same runs
    folders : run id -> its folder
    study : folder of the study, if it is one
    """

    document: Mapping[str, Any]
    table: Sequence[Mapping[str, str]]
    folders: Mapping[str, Path]
    study: Path | None = None
    problem: str = field(default="")

    @property
    def optimizers(self) -> list[Mapping[str, Any]]:
        """Rows of the document, best first."""
        return [one for one in self.document["optimizers"] if one.get("problem", self.problem) == self.problem]

    @property
    def factor(self) -> float:
        """What scores are written times."""
        return IN_POINTS if self.document["metric"] == "accuracy" else 1.0

    @property
    def is_higher_better(self) -> bool:
        """Of the metric."""
        return self.document["metric"] == "accuracy"

    def of_csv(self, name: str) -> dict[str, float]:
        """Label -> a number of `compare --format csv`; of a study, which names its rows, of verdict.json."""
        if self.study is not None:
            return {one["optimizer"]: one[name] for one in self.optimizers}
        return {row["optimizer"]: float(row[name]) for row in self.table if row["problem"] == self.problem}

    def runs(self, label: str) -> list[Run]:
        """The runs of an optimizer."""
        (names,) = [one["runs"] for one in self.optimizers if one["optimizer"] == label]
        return [Run(self.folders[name]) for name in names]

    @property
    def labels(self) -> list[str]:
        """Labels in their order."""
        return sorted(one["optimizer"] for one in self.optimizers)


def columns_of(path: Path) -> dict[str, list[float]]:
    """Return the columns of a CSV of numbers; a text is left as it is."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [_number(row[name]) for row in rows] for name in rows[0]}


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell


def line(row: str, x: Any, y: Any, low: Any = None, high: Any = None, **more: Fact) -> Series:
    """Return the points of a line."""
    points: list[dict[str, Fact]] = [
        {"row": row, "x": float(a), "y": float(b), **more} for a, b in zip(x, y, strict=True)
    ]
    for place, point in enumerate(points):
        if low is not None:
            point |= {"low": float(low[place]), "high": float(high[place])}
    return Series(points)


def scaled(found: Sequence[Series], across: float = 1.0, up: float = 1.0) -> list[Series]:
    """Return series whose numbers are written times these factors."""
    return [Series(one.points, across, up) for one in found]


# ---- of a comparison


def scores(of: Evidence) -> list[View]:
    """Means and intervals of the table, and the score of every seed of its metrics.json."""
    mean, low, high = (of.of_csv(name) for name in ("mean", "ci_low", "ci_high"))
    order = sorted(mean, key=lambda label: mean[label], reverse=of.is_higher_better)
    found = []
    for label in order:
        own = {run.seed: run.read("metrics.json")["test"][of.document["metric"]] for run in of.runs(label)}
        first: dict[str, Fact] = {"row": label, "x": mean[label], "low": low[label], "high": high[label]}
        dots = [{"row": label, "x": score, "dot": str(seed)} for seed, score in sorted(own.items())]
        found.append(Series([first, *dots], of.factor))
    return [View("", found)]


def differences(of: Evidence) -> list[View]:
    """The pairs of the document; the difference of every seed is that of the scores in metrics.json."""
    metric, found = of.document["metric"], []
    for pair in of.document["pairs"]:
        if pair.get("problem", of.problem) != of.problem:
            continue
        ours, theirs = (
            {run.seed: run.read("metrics.json")["test"][metric] for run in of.runs(pair[name])} for name in ("a", "b")
        )
        dots = {seed: ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())}
        first: dict[str, Fact] = {"row": pair["a"], "x": float(np.mean(list(dots.values())))}
        if pair["not_tested_because"] is None:
            first |= {"low": pair["ci_low"], "high": pair["ci_high"]}
        points = [{"row": pair["a"], "x": gap, "dot": str(seed)} for seed, gap in dots.items()]
        found.append(Series([first, *points], of.factor))
    return [View("", found)]


def curves(of: Evidence, *, unit: str = "epochs", single: bool = False) -> list[View]:
    """Mean and range over seeds of each column of history.csv, or every run, over epochs, steps or seconds."""
    views = []
    for name, column in COLUMNS.items():
        found: list[Series] = []
        for label in of.labels:
            runs = of.runs(label)
            if column not in runs[0].history:
                continue
            each = np.array([run.history[column] for run in runs])
            per = 1.0 if unit == "epochs" else np.mean([run.per_epoch()[unit] for run in runs])
            epochs = np.array(runs[0].history["epoch"]) * per
            if single:
                found += [line(label, epochs, own, run=str(run.seed)) for run, own in zip(runs, each, strict=True)]
            else:
                found.append(line(label, epochs, each.mean(0), each.min(0), each.max(0)))
        if found:
            views.append(View(name, found))
    return views


def roc(of: Evidence) -> list[View]:
    """scikit-learn's curves at 201 rates, of more than two classes their mean; of test rows the counts at one half."""
    grid, views = np.linspace(0.0, 1.0, 201), []
    for split in ("test", "validation", "train"):
        found = []
        for label in of.labels:
            each = []
            for run in of.runs(label):
                if f"y_score_{split}" in run.predictions and split != "validation":
                    of_classes = [roc_curve(*run.of_class(place, split)) for place in _curve_classes(run)]
                    each.append(np.mean([np.interp(grid, fpr, tpr) for fpr, tpr, _ in of_classes], axis=0))
            if each:
                rates = np.array(each)
                rates[:, 0] = 0.0
                found.append(line(label, grid, rates.mean(0), rates.min(0), rates.max(0)))
        if found:
            views.append(View(split, [*found, *_at_half(of, split, lambda rates: rates[:2])]))
    return views


def _curve_classes(run: Run) -> Sequence[int]:
    """The positive class of two; else all."""
    n_classes = run.predictions["y_score_test"].shape[1]
    return [1] if n_classes == 2 else range(n_classes)


def _at_half(of: Evidence, split: str, axes: Callable[[Sequence[float]], Sequence[float]]) -> list[Series]:
    """Where each optimizer stands with the answers of the larger score: the mean over its runs."""
    found = []
    for label in of.labels if split == "test" else ():
        runs = of.runs(label)
        if len(_curve_classes(runs[0])) == 1:
            at = np.mean([axes(_rates(run)) for run in runs], axis=0)
            found.append(line(label, [at[0]], [at[1]]))
    return found


def _rates(run: Run) -> tuple[float, float, float]:
    """False-positive rate, recall and precision of class 1, where the score says at least one half."""
    truth, score = run.of_class(1)
    (left, wrong), (missed, right) = confusion_matrix(truth, score >= 0.5)
    return wrong / (wrong + left), right / (right + missed), right / (right + wrong)


def precision_recall(of: Evidence) -> list[View]:
    """At each recall the precision of the first threshold that has it, by scikit-learn; then the counts at one half."""
    grid, found = np.linspace(0.0, 1.0, 101), []
    for label in of.labels:
        each = [
            np.mean([_precision_at(grid, *run.of_class(place)) for place in _curve_classes(run)], axis=0)
            for run in of.runs(label)
        ]
        found.append(line(label, grid, np.mean(each, axis=0), np.min(each, axis=0), np.max(each, axis=0)))
    return [View("", [*found, *_at_half(of, "test", lambda rates: rates[1:])])]


def _precision_at(grid: Any, truth: Any, score: Any) -> list[float]:
    precision, recall, _ = precision_recall_curve(truth, score)
    found = []
    for wanted in grid:
        enough = recall >= wanted - 1e-9
        least = recall[enough].min()
        found.append(float(precision[enough][np.isclose(recall[enough], least)].max()))
    return found


def reliability(of: Evidence) -> list[View]:
    """What happened in fifteen groups of rows by rising probability, and the mean over runs."""
    found = []
    for label in of.labels:
        said, happened = zip(*(_groups(run) for run in of.runs(label)), strict=True)
        each = np.array(happened)
        found.append(line(label, np.mean(said, axis=0), each.mean(0), each.min(0), each.max(0)))
    return [View("", found)]


def _groups(run: Run, split: str = "test", *, chances: Any = None) -> tuple[list[float], list[float]]:
    """Mean probability and share in each group: of the positive class of two, else of the answer."""
    score = run.predictions[f"y_score_{split}"] if chances is None else chances
    truth = run.predictions[f"y_true_{split}"]
    if score.shape[1] == 2:
        happened, said = truth == 1, score[:, 1].astype(float)
    else:
        happened, said = truth == score.argmax(1), score.max(1).astype(float)
    order = np.argsort(said, kind="stable")
    parts = np.split(order, np.round(np.arange(1, BINS) * len(said) / BINS).astype(int))
    return [float(said[part].mean()) for part in parts], [float(happened[part].mean()) for part in parts]


def confusion(of: Evidence) -> list[View]:
    """scikit-learn's counts: the mean over runs, best first, then the first less the last."""
    names = [str(name) for name in of.runs(of.labels[0])[0].predictions["class_names"]]
    means = {label: np.mean([_counts(run) for run in of.runs(label)], axis=0) for label in of.labels}
    order = sorted(means, key=lambda label: (-np.trace(means[label]), label))
    panels = [(label, means[label]) for label in order]
    panels.append(("", means[order[0]] - means[order[-1]]))
    return [View("", _cells(row, counts, names)) for row, counts in panels]


def _counts(run: Run) -> Any:
    truth, score = run.predictions["y_true_test"], run.predictions["y_score_test"]
    return confusion_matrix(truth, score.argmax(1), labels=range(score.shape[1]))


def _cells(row: str, counts: Any, names: Sequence[str]) -> list[Series]:
    return [
        Series(
            [
                {"row": row, "value": float(count), "true": true, "predicted": predicted}
                for predicted, count in zip(names, own, strict=True)
            ]
        )
        for true, own in zip(names, counts, strict=True)
    ]


def seconds(of: Evidence) -> list[View]:
    """Mean score against training time of the table."""
    time, mean, low, high = (of.of_csv(name) for name in ("training_seconds", "mean", "ci_low", "ci_high"))
    order = sorted(mean, key=lambda label: mean[label], reverse=of.is_higher_better)
    found = [line(label, [time[label]], [mean[label]], [low[label]], [high[label]]) for label in order]
    return [View("", scaled(found, up=of.factor))]


def targets(of: Evidence) -> list[View]:
    """The share of runs that are there after each epoch: what nine of ten runs reach, and what half of them reach."""
    runs = {label: of.runs(label) for label in of.labels}
    views = []
    for column, target in _targets(of, runs):
        sign = -1.0 if column.endswith(("loss", "rmse")) else 1.0
        reached = {
            label: np.array([[sign * value >= sign * target for value in run.history[column]] for run in own])
            for label, own in runs.items()
        }
        reached = {label: np.maximum.accumulate(own, axis=1).mean(0) for label, own in reached.items()}
        everything = np.array(list(reached.values()))
        if everything[:, -1].any() and not (everything[:, 1] == 1.0).all():
            views.append(View(f"{target}", [_stairs(label, reached[label]) for label in of.labels]))
    return views


def _targets(of: Evidence, runs: Mapping[str, Sequence[Run]]) -> list[tuple[str, float]]:
    metric = of.document["metric"]
    column, choose = f"val_{metric}", max if of.is_higher_better else min
    best = sorted(choose(run.history[column][1:]) for own in runs.values() for run in own)
    ordered = best if of.is_higher_better else best[::-1]
    easy, hard = ordered[len(ordered) // 10], ordered[len(ordered) // 2]
    return [(column, easy)] if easy == hard else [(column, easy), (column, hard)]


def _stairs(row: str, shares: Sequence[float]) -> Series:
    """A line that rises at the epoch at which a run is there."""
    x, y = [0.0], [shares[0]]
    for epoch in range(1, len(shares)):
        x += [float(epoch), float(epoch)]
        y += [shares[epoch - 1], shares[epoch]]
    return line(row, *_without_repeats(x, y))


def _without_repeats(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Leave out points that are those before them."""
    kept = [place for place in range(len(x)) if not place or (x[place], y[place]) != (x[place - 1], y[place - 1])]
    return [x[place] for place in kept], [y[place] for place in kept]


# ---- of several problems


def _means(of: Evidence) -> tuple[list[str], list[str], Any]:
    """Problems in their order, labels, and the means of the table, more is better."""
    problems = list(dict.fromkeys(row["problem"] for row in of.table))
    labels = sorted({row["optimizer"] for row in of.table})
    of_table = {(row["problem"], row["optimizer"]): float(row["mean"]) for row in of.table}
    sign = 1.0 if of.is_higher_better else -1.0
    return problems, labels, sign * np.array([[of_table[problem, label] for label in labels] for problem in problems])


def regret(of: Evidence) -> list[View]:
    """How far each mean is behind the best one of its problem; their mean; by mean rank."""
    problems, labels, means = _means(of)
    behind = means.max(1, keepdims=True) - means
    ranks = rankdata(-means, axis=1).mean(0)
    order = sorted(range(len(labels)), key=lambda place: (ranks[place], labels[place]))
    return [
        View(
            "",
            [
                Series(
                    [
                        {"row": labels[place], "x": float(behind[:, place].mean())},
                        *(
                            {"row": labels[place], "x": float(gap), "dot": name}
                            for name, gap in zip(problems, behind[:, place], strict=True)
                        ),
                    ],
                    of.factor,
                )
                for place in order
            ],
        )
    ]


def ranks(of: Evidence) -> list[View]:
    """Mean ranks with half of Nemenyi's critical difference to both sides (Demsar 2006)."""
    problems, labels, means = _means(of)
    k, n = len(labels), len(problems)
    q = studentized_range.ppf(0.95, k, np.inf) / math.sqrt(2.0)
    half = q * math.sqrt(k * (k + 1) / (6.0 * n)) / 2.0
    found = dict(zip(labels, rankdata(-means, axis=1).mean(0), strict=True))
    order = sorted(labels, key=lambda label: (found[label], label))
    rows = [{"row": label, "x": float(found[label])} for label in order]
    return [View("", [Series([{**row, "low": row["x"] - half, "high": row["x"] + half}]) for row in rows])]


def profile(of: Evidence) -> list[View]:
    """The share of data sets on which each error is within a factor of the best one (Dolan and More 2002)."""
    _, labels, means = _means(of)
    errors = 1.0 - means if of.is_higher_better else -means
    ratios = errors / errors.min(1, keepdims=True)
    factors = sorted({1.0, *ratios.ravel().tolist()})
    last = max(1.05, 1.05 * factors[-1])
    found = []
    for place, label in enumerate(labels):
        shares = [float(np.mean(ratios[:, place] <= factor)) for factor in factors]
        x = [factors[0], *(factor for factor in [*factors[1:], last] for _ in range(2))]
        y = [*(share for share in shares for _ in range(2)), shares[-1]]
        found.append(line(label, *_without_repeats(x, y)))
    return [View("", found)]


# ---- of a study


def rates(of: Evidence) -> list[View]:
    """Mean and range over seeds at each learning rate of the tuning runs, of results.csv."""
    assert of.study is not None
    with (of.study / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["stage"] == "tuning"]
    tuned = [one["optimizer"] for one in of.document["tuning"]]
    found = []
    for label in tuned:
        of_rate: dict[float, list[float]] = {}
        for row in rows:
            if row["optimizer"] == label:
                of_rate.setdefault(float(row["learning_rate"]), []).append(float(row["val_loss"]))
        order = sorted(of_rate)
        each = [of_rate[rate] for rate in order]
        found.append(line(label, order, map(np.mean, each), list(map(min, each)), list(map(max, each))))
    return [View("", found)]


def budgets(of: Evidence) -> list[View]:
    """The best of k settings as verdict.json has it, then the rows at Keras' defaults, at every budget the same."""
    best = of.document["best_of_k"]
    found = [
        line(one["optimizer"], range(1, len(one["scores"]) + 1), one["scores"], one["low"], one["high"])
        for one in best["curves"]
    ]
    last = max(len(one["scores"]) for one in best["curves"])
    found += [line(label, [1, last], [score, score]) for label, score in best["defaults"].items()]
    return [View("", found)]


# ---- of one run


def learning(run: Run) -> list[View]:
    """Columns of history.csv, validation and training in one view."""
    views = []
    for name, column in (("accuracy", "accuracy"), ("RMSE", "rmse"), ("loss", "loss")):
        rows = (("split validation", f"val_{column}"), ("split train", column))
        own = [(row, run.history[one]) for row, one in rows if one in run.history]
        if own:
            views.append(View(name, [line(row, run.history["epoch"], values) for row, values in own]))
    return views


def diagnostics(run: Run) -> list[View]:
    """Columns of diagnostics.csv, all layers together first; the spread of the norm over steps as a band."""
    found = columns_of(run.folder / "diagnostics.csv")
    layers = list(dict.fromkeys(found["layer"]))
    views = []
    for name, column in (
        ("Gradient norm", "gradient_norm"),
        ("Update / weight norm, per step", "update_ratio"),
        ("Weight norm", "weight_norm"),
    ):
        series = []
        for layer in sorted(layers, key=lambda one: one != ALL_LAYERS):
            at = [place for place, one in enumerate(found["layer"]) if one == layer]
            epochs, values, spread = (
                np.array([found[one][n] for n in at]) for one in ("epoch", column, "gradient_norm_sd")
            )
            has_band = layer == ALL_LAYERS and column == "gradient_norm"
            band = (np.maximum(values - spread, values / 10), values + spread) if has_band else ()
            series.append(line("" if layer == ALL_LAYERS else str(layer), epochs, values, *band))
        views.append(View(name, series))
    return views


ALL_LAYERS: Final = "(all)"


def run_confusion(run: Run) -> list[View]:
    """scikit-learn's counts."""
    return [View("", _cells("", _counts(run), [str(name) for name in run.predictions["class_names"]]))]


def run_roc(run: Run) -> list[View]:
    """The curves of both splits, then the points of the answers: at one half, and at the threshold that was chosen."""
    found = [_own_curve(run, split, lambda *given: roc_curve(*given)[:2]) for split in ("train", "test")]
    return [View("", [*found, *(_point(at[0], at[1]) for at in _points(run))])]


def run_precision_recall(run: Run) -> list[View]:
    """The same of precision and recall."""

    def from_zero(truth: Any, score: Any) -> tuple[Any, Any]:
        precision, recall, _ = precision_recall_curve(truth, score, drop_intermediate=True)
        return recall[::-1], precision[::-1]

    found = [_own_curve(run, split, from_zero) for split in ("train", "test")]
    return [View("", [*found, *(_point(at[1], at[2]) for at in _points(run))])]


def _own_curve(run: Run, split: str, curve: Callable[..., tuple[Any, Any]]) -> Series:
    x, y = curve(*run.of_class(1, split))
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), 200)).round().astype(int))
    return line(f"split {split}", x[kept], y[kept])


def _point(x: float, y: float) -> Series:
    return line("split test", [x], [y])


def _points(run: Run) -> list[tuple[float, float, float]]:
    """The answers at one half, and at the threshold of evaluation.json, of calibrated probabilities."""
    rule = run.read("evaluation.json")
    truth, _ = run.of_class(1)
    answers = [_chances(run, 1.0)[:, 1] >= 0.5]
    answers.append(_chances(run, rule["calibration"]["temperature"])[:, 1] >= rule["threshold"])
    found = []
    for positive in answers:
        (left, wrong), (missed, right) = confusion_matrix(truth, positive)
        found.append((wrong / (wrong + left), right / (right + missed), right / (right + wrong)))
    return found


def _chances(run: Run, temperature: float) -> Any:
    """The probabilities of the test rows with their logarithms over a temperature, (n, 2)."""
    logits = np.log(run.predictions["y_score_test"].astype(float)) / temperature
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)


def run_reliability(run: Run) -> list[View]:
    """Of the model's probabilities, then of the calibrated ones."""
    temperature = run.read("evaluation.json")["calibration"]["temperature"]
    parts = (("model", _groups(run)), ("calibrated", _groups(run, chances=_chances(run, temperature))))
    return [View("", [line(row, said, happened) for row, (said, happened) in parts])]


def predicted(run: Run) -> list[View]:
    """Predicted against true numbers of predictions.npz."""
    return [View("", [_rows(run, split, "y_true", "y_pred") for split in ("train", "test")])]


def _rows(run: Run, split: str, x: str, y: str) -> Series:
    own = {name: run.predictions[f"{name}_{split}"] for name in ("y_true", "y_pred")}
    own["residual"] = own["y_true"] - own["y_pred"]
    kept = np.unique(np.linspace(0, len(own[x]) - 1, min(len(own[x]), 400)).round().astype(int))
    return line(f"split {split}", own[x][kept], own[y][kept])


def residuals(run: Run) -> list[View]:
    """What is left, true minus predicted, and the share of rows in each of 24 bins over its range."""
    left = {
        split: run.predictions[f"y_true_{split}"] - run.predictions[f"y_pred_{split}"] for split in ("train", "test")
    }
    everything = np.concatenate(list(left.values()))
    room = 0.04 * (everything.max() - everything.min())
    edges = np.linspace(everything.min() - room, everything.max() + room, SPREAD_BINS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    spread = [line(f"split {split}", middles, np.histogram(own, edges)[0] / len(own)) for split, own in left.items()]
    values = np.concatenate([run.predictions[f"{name}_{split}"] for name in ("y_true", "y_pred") for split in left])
    room = 0.04 * (values.max() - values.min())
    zero = line("", [values.min() - room, values.max() + room], [0.0, 0.0])
    points = [_rows(run, split, "y_pred", "residual") for split in left]
    return [View("Residuals", [zero, *points]), View("Their spread", scaled(spread, up=IN_POINTS))]
