"""One run as one page: warnings, numbers beside those of a constant, pictures, and everything the run was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.reporting.charts.page_figure import drawn_figure, script_data
from optbench.reporting.charts.run_charts import Learned, looks_of_run, run_charts
from optbench.reporting.doubts import by_importance, front_doubts
from optbench.reporting.languages import Speech
from optbench.reporting.page import data_block, render_page, text_or_dash
from optbench.reporting.task_part import SHOWN_SPLITS, split_titles
from optbench.words import dropped_rows, recorded_sentence, sentence, sentences, text
from optbench.words.formats import NOTHING
from optbench.words.tables import localised, number, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from optbench.core.findings import Finding
    from optbench.records import History, LayerDiagnostics, RowContents, SplitName
    from optbench.reporting.charts.records import Figure
    from optbench.reporting.task_part import TaskPart

_MAIN_PACKAGES: Final = ("tensorflow", "keras", "numpy", "scikit-learn", "pandas", "matplotlib", "optbench")


class RunEvaluation(Protocol):
    """What the page shows of the evaluation of any task."""

    @property
    def metrics(self) -> Mapping[SplitName, Mapping[str, float | None]]:
        """Per split that exists, every number by its key in metrics.json."""

    @property
    def warnings(self) -> Sequence[Finding]:
        """Where a reader may fool themselves, the gravest first."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What the page of a run shows.

    Attributes
    ----------
    run : run id
    status, reason : `completed` or `diverged`, and why it diverged (None if it did not, or if that is not known)
    config : resolved experiment as plain JSON values
    config_text : the same as YAML
    environment : content of environment.json; facts of the data set under "data"
    timing : content of timing.json
    digests : content of digests.json
    history : metrics per epoch
    diagnostics : of layers, if the run recorded any
    examples : what the hardest test rows hold; empty if it cannot be shown; None if nobody asks for it
    """

    run: str
    status: str
    reason: Finding | None
    config: Mapping[str, Any]
    config_text: str
    evaluation: RunEvaluation
    epochs_run: int
    best_epoch: int | None
    environment: Mapping[str, Any]
    timing: Mapping[str, Any]
    digests: Mapping[str, Any]
    history: History
    diagnostics: Sequence[LayerDiagnostics] = ()
    examples: RowContents | None = None

    @property
    def learned(self) -> Learned:
        """What the charts show of the training."""
        return Learned(self.history, self.epochs_run, self.best_epoch, self.diagnostics)


def render_run_report(
    report: RunReport,
    part: Callable[[str], TaskPart],
    charts: Callable[[Speech], Sequence[Figure]],
    language: str | None = None,
) -> str:
    """Return the page as HTML: one file that needs nothing else, every value escaped, in every language.

    Parameters
    ----------
    part : what the task has to say in a language
    charts : its figures in the languages of a page
    language : that is shown at first, None is that of the machine setting; the page switches to the others in place
    """
    from markupsafe import Markup

    speech = Speech.of_page(language)
    figures = run_charts(report.learned, charts, speech)
    looks = looks_of_run(figures, speech)
    drawn = [drawn_figure(one, looks, speech) for one in figures]
    own = ("learning", "diagnostics")
    values = speech.each(lambda one: _values(report, part(one), one))
    return render_page(
        "run_report.html",
        speech,
        title=report.run,
        curves=[one for one in drawn if one.id in own],
        examples=[one for one in drawn if one.id not in own],
        config_text=report.config_text,
        doubts=front_doubts(report.evaluation.warnings, speech),
        data=Markup(data_block(script_data(drawn, looks, speech))),  # noqa: S704 - cannot end its element
        **values,
    )


def _values(report: RunReport, part: TaskPart, language: str) -> dict[str, Any]:
    """Return what the template says in a language."""
    evaluation, data = report.evaluation, report.environment.get("data", {})
    splits = [split for split in SHOWN_SPLITS if split in evaluation.metrics]
    return {
        "subtitle": _subtitle(report, language),
        "answer": part.answer,
        "reason": None if report.reason is None else sentence(report.reason, language),
        "warnings": sentences(by_importance(evaluation.warnings), language),
        "cards": part.cards,
        "metric_header": (text("table-metric", language), *split_titles(splits, language)),
        "metric_rows": part.metric_rows,
        "report_header": part.report_header,
        "report_rows": part.report_rows,
        "report_note": part.report_note,
        "written_by": part.written_by,
        "data_rows": _data_rows(data, language),
        "column_header": [text(f"table-{name}", language) for name in ("column", "use", "kind", "reason")],
        "columns": _column_rows(data, language),
        "count_header": part.count_header,
        "count_rows": part.count_rows,
        "sections": part.sections,
        "notes": [recorded_sentence(note, language) for note in report.environment.get("notes", [])],
        "timing_rows": _timing_rows(report.timing, language),
        "environment_rows": _environment_rows(report.environment),
        "package_rows": sorted(report.environment.get("packages", {}).items()),
        "digest_rows": _digest_rows(report.digests, language),
    }


def _subtitle(report: RunReport, language: str | None) -> str:
    config = report.config
    optimizer, epochs = config.get("optimizer", {}), config.get("training", {}).get("epochs")
    rate, name = optimizer.get("learning_rate"), str(optimizer.get("name"))
    has_rate = isinstance(rate, int | float)
    parts = [
        text("page-optimizer-rate", language, optimizer=name, rate=localised(str(rate), language))
        if has_rate
        else name,
        text("page-model", language, name=config.get("model", {}).get("name")),
        text("page-data-set", language, name=config.get("dataset", {}).get("name")),
        text("page-seed", language, seed=config.get("seed")),
        text("page-epochs", language, n=report.epochs_run, total=epochs),
        word(f"status-{report.status}", report.status, language),
    ]
    return " · ".join(parts)


def _data_rows(data: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
    split, duplicates, majority = (data.get(name, {}) for name in ("split", "duplicates", "majority"))
    rows = [
        *(_file_row(file, language) for file in _files(data)),
        (text("fact-rows-read", language), text_or_dash(data.get("rows_read"))),
        (text("fact-rows-per-split", language), _rows_per_split(split.get("rows", {}), language)),
        (text("fact-split", language), _settings(split)),
        (text("fact-classes", language), ", ".join(map(str, data.get("classes", [])))),
        (text("fact-positive-class", language), text_or_dash(data.get("positive_class"))),
        (text("fact-majority-class", language), text_or_dash(majority.get("class"))),
        *(
            (text("fact-target", language, split=name), text("fact-values", language, **values))
            for name, values in _target_values(data).items()
        ),
        (
            text("fact-rows-dropped", language),
            ", ".join(f"{reason}: {count}" for reason, count in dropped_rows(data.get("rows_dropped", []), language)),
        ),
        *((_repeats_title(name, language), text_or_dash(count)) for name, count in duplicates.items()),
    ]
    return [(name, shown) for name, shown in rows if shown not in ("", NOTHING)]


def _file_row(file: Mapping[str, Any], language: str | None) -> tuple[str, str]:
    size = text("fact-file-content", language, n_bytes=file.get("bytes"), digest=file.get("sha256"))
    return text("fact-file", language, name=file.get("name")), size


def _rows_per_split(rows: Mapping[str, int], language: str | None) -> str:
    return ", ".join(f"{word(f'split-{name}', name, language)} {count}" for name, count in rows.items())


def _settings(split: Mapping[str, Any]) -> str:
    """Return what a split was asked for, as the experiment file writes it."""
    from optbench.config import dump_value

    return ", ".join(f"{name}: {dump_value(value)}" for name, value in split.items() if name != "rows")


def _target_values(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    found: Mapping[str, Mapping[str, float]] = data.get("target_values", {})
    return found


def _repeats_title(name: str, language: str | None) -> str:
    """Name a count of rows that are in the training split, too: `test_in_train`, or as older versions called it."""
    split, found, _ = name.partition("_in_train")
    title = word(f"split-{split}", split, language)
    return (
        text("fact-repeated", language, split=title)
        if found
        else word(f"fact-count-{name}", name.replace("_", " "), language)
    )


def _files(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [file for file in data.get("files", []) if isinstance(file, dict)]


def _column_rows(data: Mapping[str, Any], language: str | None) -> list[tuple[str, ...]]:
    """Return name, use, kind and reason per column, the columns left out first."""
    columns = sorted(data.get("columns", []), key=lambda column: bool(column.get("used")))
    return [
        (
            str(c.get("name")),
            text(f"fact-use-{_use(c)}", language),
            word(f"fact-kind-{c.get('kind', '')}", str(c.get("kind", "")), language),
            recorded_sentence(c.get("reason", ""), language),
        )
        for c in columns
        if isinstance(c, dict)
    ]


def _use(column: Mapping[str, Any]) -> str:
    if column.get("used"):
        return "used"
    return "target" if column.get("kind") == "target" else "left-out"


def _timing_rows(timing: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
    return [
        (word(f"fact-timing-{name}", name.replace("_", " "), language), _timing_text(name, value, language))
        for name, value in timing.items()
        if name != "schema_version"
    ]


def _timing_text(name: str, value: Any, language: str | None) -> str:
    if not isinstance(value, int | float):
        return text_or_dash(value)
    return number(value, "seconds" if "seconds" in name else "count", language)


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
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name}.{number}", inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(text_or_dash, value))
    else:
        yield name, text_or_dash(value)


def _digest_rows(digests: Mapping[str, Any], language: str | None) -> list[tuple[str, str]]:
    rows = []
    for name, value in digests.items():
        if isinstance(value, list) and value:
            rows.append((text("fact-last-digest", language, name=name, n=len(value)), str(value[-1])))
        elif isinstance(value, str):
            rows.append((name.replace("_", " "), value))
    return rows
