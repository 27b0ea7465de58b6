"""One run as one page: warnings, numbers beside the majority class, pictures, and everything the run was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.reporting.page import NOTHING, decimal, percent, render_page, seconds, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.records import ConfusionMatrix, Evaluation, RocCurve, SplitMetrics, SplitName

_SHARES: Final = (
    ("accuracy", "accuracy"),
    ("majority_accuracy", "accuracy of the majority class"),
    ("balanced_accuracy", "balanced accuracy"),
    ("precision_macro", "macro precision"),
    ("recall_macro", "macro recall"),
    ("f1_macro", "macro F1"),
)
_NUMBERS: Final = (("roc_auc", "ROC AUC"), ("log_loss", "log loss (lower is better)"))
_SHOWN_SPLITS: Final[tuple[SplitName, ...]] = ("test", "validation", "train")
_MAIN_PACKAGES: Final = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas", "matplotlib", "optbench")
_CELLS_IN_WORDS: Final = 9


@dataclass(frozen=True, slots=True)
class RunReport:
    """What the page of a run shows.

    Attributes
    ----------
    run : run id
    status, reason : `completed` or `diverged`, and why it diverged ("" if it did not, or if that is not known)
    config : resolved experiment as plain JSON values
    config_text : the same as YAML
    environment : content of environment.json; facts of the data set under "data"
    timing : content of timing.json
    digests : content of digests.json
    pictures : data URI per picture: `confusion_matrix`, `roc_curve`, `learning_curves`
    """

    run: str
    status: str
    reason: str
    config: Mapping[str, Any]
    config_text: str
    evaluation: Evaluation
    epochs_run: int
    best_epoch: int | None
    environment: Mapping[str, Any]
    timing: Mapping[str, Any]
    digests: Mapping[str, Any]
    pictures: Mapping[str, str]


def render_run_report(report: RunReport) -> str:
    """Return the page as HTML: one file that needs nothing else, every value escaped."""
    evaluation, data = report.evaluation, report.environment.get("data", {})
    return render_page(
        "run_report.html",
        title=report.run,
        subtitle=_subtitle(report),
        reason=report.reason,
        warnings=evaluation.warnings,
        cards=_cards(report),
        metric_header=("metric", *(split for split in _SHOWN_SPLITS if split in evaluation.metrics)),
        metric_rows=_metric_rows(evaluation),
        pictures=_pictures(report),
        report_rows=_report_rows(evaluation.report_json),
        config_text=report.config_text,
        data_rows=_data_rows(data),
        columns=_column_rows(data),
        count_rows=_count_rows(data),
        notes=report.environment.get("notes", []),
        timing_rows=[(name.replace("_", " "), _timing_text(name, value)) for name, value in _timing_items(report)],
        environment_rows=_environment_rows(report.environment),
        package_rows=sorted(report.environment.get("packages", {}).items()),
        digest_rows=_digest_rows(report.digests),
    )


def _subtitle(report: RunReport) -> str:
    config = report.config
    optimizer, training = config.get("optimizer", {}), config.get("training", {})
    rate = optimizer.get("learning_rate")
    told = [
        f"{optimizer.get('name')} with learning rate {rate}"
        if isinstance(rate, int | float)
        else optimizer.get("name"),
        f"model {config.get('model', {}).get('name')}",
        f"data {config.get('dataset', {}).get('name')}",
        f"seed {config.get('seed')}",
        f"{report.epochs_run} of {training.get('epochs')} epochs",
        report.status,
    ]
    return " · ".join(str(part) for part in told)


def _cards(report: RunReport) -> list[tuple[str, str, str]]:
    """Return name, value and a remark for the numbers at the top; all are of the test split."""
    test = report.evaluation.metrics["test"]
    train = report.evaluation.metrics["train"]
    beside = f"majority class: {percent(test.majority_accuracy)}"
    if test.accuracy is not None and test.majority_accuracy is not None:
        beside += f", {100 * (test.accuracy - test.majority_accuracy):+.1f} points"
    return [
        ("test accuracy", percent(test.accuracy), beside),
        ("balanced accuracy", percent(test.balanced_accuracy), f"train: {percent(train.balanced_accuracy)}"),
        ("ROC AUC", decimal(test.roc_auc), f"train: {decimal(train.roc_auc)}; chance: 0.500"),
        ("log loss", decimal(test.log_loss), f"train: {decimal(train.log_loss)}; lower is better"),
        ("training time", seconds(report.timing.get("training_seconds")), f"best epoch: {_text(report.best_epoch)}"),
    ]


def _metric_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    found = [evaluation.metrics[split] for split in _SHOWN_SPLITS if split in evaluation.metrics]

    def row(title: str, name: str, *, as_share: bool) -> tuple[str, ...]:
        values: list[float | None] = [getattr(metrics, name) for metrics in found]
        return (title, *(percent(value, 2) if as_share else decimal(value, 4) for value in values))

    shares = [row(title, name, as_share=True) for name, title in _SHARES]
    return [*shares, *(row(title, name, as_share=False) for name, title in _NUMBERS)]


def _pictures(report: RunReport) -> list[tuple[str, str, str]]:
    """Return data URI, alternative text and caption of each picture there is."""
    evaluation, test = report.evaluation, report.evaluation.metrics["test"]
    told = {
        "confusion_matrix": (
            _confusion_alt(evaluation.confusion),
            "Confusion matrix of the test split. Rows are true classes; colours are shares of the row.",
        ),
        "roc_curve": (
            _roc_alt(evaluation.roc_curves, test),
            "ROC curves. A train curve far above the test curve means over-fitting.",
        ),
        "learning_curves": (
            f"Loss and accuracy after each of {report.epochs_run} epochs, best epoch {_text(report.best_epoch)}.",
            "Learning curves. Epoch 0 is the model before training.",
        ),
    }
    return [(report.pictures[name], *texts) for name, texts in told.items() if name in report.pictures]


def _confusion_alt(matrix: ConfusionMatrix | None) -> str:
    if matrix is None:
        return "Confusion matrix."
    names, counts = matrix.class_names, matrix.counts
    if counts.size > _CELLS_IN_WORDS:
        right, total = int(counts.trace()), int(counts.sum())
        return f"Confusion matrix of {len(names)} classes: {right} of {total} test rows are on the diagonal."
    cells = [
        f"{int(counts[row, column])} of true {names[row]} as {names[column]}"
        for row in range(len(names))
        for column in range(len(names))
    ]
    return f"Confusion matrix, test rows answered: {'; '.join(cells)}."


def _roc_alt(curves: Sequence[RocCurve], test: SplitMetrics) -> str:
    if not curves:
        return "ROC curve: undefined for this run."
    return f"ROC curves of train and test; area under the test curve {decimal(test.roc_auc)}."


def _report_rows(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    total = document.get("macro avg", {}).get("support")
    rows = []
    for name, values in document.items():
        if isinstance(values, dict):
            scores = (decimal(values[key]) for key in ("precision", "recall", "f1-score"))
            rows.append((name, *scores, thousands(values["support"])))
        else:
            rows.append((name, "", "", decimal(values), thousands(total)))
    return rows


def _data_rows(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    split, duplicates, majority = (data.get(name, {}) for name in ("split", "duplicates", "majority"))
    rows = [
        *(
            (f"file {file.get('name')}", f"{file.get('bytes')} bytes, sha256 {file.get('sha256')}")
            for file in _files(data)
        ),
        ("rows read", _text(data.get("rows_read"))),
        ("rows per split", ", ".join(f"{name} {count}" for name, count in split.get("rows", {}).items())),
        ("split", ", ".join(f"{name}: {value}" for name, value in split.items() if name != "rows")),
        ("classes", ", ".join(map(str, data.get("classes", [])))),
        ("positive class", _text(data.get("positive_class"))),
        ("majority class of the training split", _text(majority.get("class"))),
        ("rows dropped", ", ".join(f"{reason}: {count}" for reason, count in data.get("rows_dropped", {}).items())),
        *((_repeats_title(name), _text(count)) for name, count in duplicates.items()),
    ]
    return [(name, text) for name, text in rows if text not in ("", NOTHING)]


def _repeats_title(name: str) -> str:
    split, found, _ = name.partition("_in_train")
    return f"{split} rows also in train" if found else name.replace("_", " ")


def _files(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [file for file in data.get("files", []) if isinstance(file, dict)]


def _column_rows(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return name, use, kind and reason per column, the columns left out first."""
    columns = sorted(data.get("columns", []), key=lambda column: bool(column.get("used")))
    return [
        (str(c.get("name")), _use(c), str(c.get("kind", "")), str(c.get("reason", "")))
        for c in columns
        if isinstance(c, dict)
    ]


def _use(column: Mapping[str, Any]) -> str:
    if column.get("used"):
        return "used"
    return "target" if column.get("kind") == "target" else "left out"


def _count_rows(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    counts = data.get("class_counts", {})
    return [
        (str(label), *(thousands(counts[split].get(label)) for split in _SHOWN_SPLITS if split in counts))
        for label in data.get("classes", [])
        if counts
    ]


def _timing_items(report: RunReport) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in report.timing.items() if name != "schema_version"]


def _timing_text(name: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return _text(value)
    return seconds(value) if "seconds" in name else f"{value:,.0f}"


def _environment_rows(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    packages = environment.get("packages", {})
    rows = [(name, str(packages[name])) for name in _MAIN_PACKAGES if name in packages]
    hidden = ("schema_version", "data", "packages", "notes", "patch", "class_names", "positive_class", "reason")
    for section, content in environment.items():
        if section not in hidden:
            rows += [(name, value) for name, value in _flat(section, content) if value not in ("", NOTHING)]
    return rows


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value))
    else:
        yield name, _text(value)


def _digest_rows(digests: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for name, value in digests.items():
        if isinstance(value, list) and value:
            rows.append((f"{name}, last of {len(value)}", str(value[-1])))
        elif isinstance(value, str):
            rows.append((name.replace("_", " "), value))
    return rows


def _text(value: Any) -> str:
    return NOTHING if value is None else str(value)
