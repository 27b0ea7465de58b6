"""What the page of a run says about a classifier: numbers beside the majority class, pictures, rows per class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.tasks import CLASSIFICATION
from optbench.reporting.answer_section import answer_section
from optbench.reporting.charts.class_charts import class_charts
from optbench.reporting.charts.run_charts import learning_charts
from optbench.reporting.hardest_section import hardest_section
from optbench.reporting.task_part import SHOWN_SPLITS, TaskPart, metric_rows, split_titles, time_card
from optbench.words import text
from optbench.words.tables import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.records import Evaluation
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.charts.run_charts import Learned
    from optbench.reporting.languages import Speech
    from optbench.reporting.run_report import RunReport

_AVERAGES: Final = {
    "micro avg": "table-micro-average",
    "macro avg": "table-macro-average",
    "weighted avg": "table-weighted-average",
}


def classification_part(report: RunReport, evaluation: Evaluation, language: str | None = None) -> TaskPart:
    """Return what stands on the page for classes."""
    data = report.environment.get("data", {})
    splits = [split for split in SHOWN_SPLITS if split in data.get("class_counts", {})]
    rule = evaluation.answer_rule
    answers = [] if rule is None else [answer_section(rule, language)]
    columns = ("table-class", "table-precision", "table-recall", "table-f1", "table-support")
    return TaskPart(
        cards=_cards(report, evaluation, language),
        metric_rows=metric_rows(CLASSIFICATION, evaluation.metrics, language),
        answer=_answer(evaluation, language),
        written_by=text("page-written-by-classification", language),
        report_header=[text(code, language) for code in columns],
        report_rows=_report_rows(evaluation.report_json, language),
        report_note=text("page-no-report", language),
        count_header=[text("table-class", language), *split_titles(splits, language)],
        count_rows=_count_rows(data, language),
        sections=[*answers, *hardest_section(evaluation.hardest, report.examples, language)],
    )


def classification_charts(learned: Learned, evaluation: Evaluation, speech: Speech) -> list[Figure]:
    """Return the figures of the page as records, the learning curves first."""
    learning = learning_charts(learned, "picture-curves-accuracy-alt", "picture-curves", speech)
    return [*learning, *class_charts(evaluation, speech)]


def _answer(evaluation: Evaluation, language: str | None) -> str:
    test = evaluation.metrics["test"]
    if test["accuracy"] is None:
        return text("front-run-without-score", language)
    return text("front-run-classes", language, accuracy=test["accuracy"], majority=test["majority_accuracy"])


def _cards(report: RunReport, evaluation: Evaluation, language: str | None) -> list[tuple[str, str, str]]:
    """Return name, value and a remark for the numbers at the top; all are of the test split."""
    test, train = evaluation.metrics["test"], evaluation.metrics["train"]
    auc, loss = number(test["roc_auc"], "decimal3", language), number(test["log_loss"], "decimal3", language)
    return [
        (
            text("card-test-accuracy", language),
            number(test["accuracy"], "percent", language),
            _beside_accuracy(test["accuracy"], test["majority_accuracy"], language),
        ),
        (
            text("card-balanced-accuracy", language),
            number(test["balanced_accuracy"], "percent", language),
            text("card-train", language, train=number(train["balanced_accuracy"], "percent", language)),
        ),
        (text("card-roc-auc", language), auc, text("card-roc-auc-train", language, train=train["roc_auc"], chance=0.5)),
        (text("card-log-loss", language), loss, text("card-log-loss-train", language, train=train["log_loss"])),
        time_card(report, language),
    ]


def _beside_accuracy(accuracy: float | None, majority: float | None, language: str | None) -> str:
    if accuracy is None or majority is None:
        return text("card-majority", language, majority=majority)
    return text("card-majority-gain", language, majority=majority, gain=accuracy - majority)


def _report_rows(document: Mapping[str, Any], language: str | None) -> list[tuple[str, ...]]:
    n_rows = number(document.get("macro avg", {}).get("support"), "count", language)
    rows = []
    for name, values in document.items():
        if isinstance(values, dict):
            scores = (number(values[key], "decimal3", language) for key in ("precision", "recall", "f1-score"))
            rows.append((_report_title(name, language), *scores, number(values["support"], "count", language)))
        else:  # accuracy, which no class has of its own
            rows.append((text("table-accuracy", language), "", "", number(values, "decimal3", language), n_rows))
    return rows


def _report_title(name: str, language: str | None) -> str:
    """Return the words for a row that scikit-learn named; a class keeps its name."""
    return text(_AVERAGES[name], language) if name in _AVERAGES else name


def _count_rows(data: Mapping[str, Any], language: str | None) -> list[tuple[str, ...]]:
    counts = data.get("class_counts", {})
    shown = [counts[split] for split in SHOWN_SPLITS if split in counts]
    return [
        (str(label), *(number(part.get(label), "count", language) for part in shown))
        for label in data.get("classes", [])
        if counts
    ]
