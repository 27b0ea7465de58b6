"""One run as one page: warnings, numbers beside those of a constant, pictures, and everything the run was made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.reporting.page import NOTHING, render_page, seconds, significant, text_or_dash
from optbench.reporting.task_part import SHOWN_SPLITS
from optbench.words import recorded_sentence, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.core.findings import Finding
    from optbench.records import SplitName
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
    status, reason : `completed` or `diverged`, and why it diverged ("" if it did not, or if that is not known)
    config : resolved experiment as plain JSON values
    config_text : the same as YAML
    environment : content of environment.json; facts of the data set under "data"
    timing : content of timing.json
    digests : content of digests.json
    pictures : data URI per picture, by the stem of its file
    """

    run: str
    status: str
    reason: str
    config: Mapping[str, Any]
    config_text: str
    evaluation: RunEvaluation
    epochs_run: int
    best_epoch: int | None
    environment: Mapping[str, Any]
    timing: Mapping[str, Any]
    digests: Mapping[str, Any]
    pictures: Mapping[str, str]


def render_run_report(report: RunReport, part: TaskPart) -> str:
    """Return the page as HTML: one file that needs nothing else, every value escaped.

    Parameters
    ----------
    part : what the task has to say
    """
    evaluation, data = report.evaluation, report.environment.get("data", {})
    return render_page(
        "run_report.html",
        title=report.run,
        subtitle=_subtitle(report),
        reason=report.reason,
        warnings=sentences(evaluation.warnings),
        cards=part.cards,
        metric_header=("metric", *(split for split in SHOWN_SPLITS if split in evaluation.metrics)),
        metric_rows=part.metric_rows,
        pictures=[*part.pictures, *_diagnostics(report)],
        report_rows=part.report_rows,
        report_note=part.report_note,
        tables=part.tables,
        config_text=report.config_text,
        data_rows=_data_rows(data),
        columns=_column_rows(data),
        count_rows=part.count_rows,
        notes=[recorded_sentence(note) for note in report.environment.get("notes", [])],
        timing_rows=[(name.replace("_", " "), _timing_text(name, value)) for name, value in _timing_items(report)],
        environment_rows=_environment_rows(report.environment),
        package_rows=sorted(report.environment.get("packages", {}).items()),
        digest_rows=_digest_rows(report.digests),
    )


def _diagnostics(report: RunReport) -> list[tuple[str, str, str]]:
    """Return data URI, alternative text and caption of the diagnostics, if there are any."""
    if "diagnostics" not in report.pictures:
        return []
    alt = f"Gradient norm, update ratio and weight norm per layer over {report.epochs_run} epochs."
    caption = (
        "Diagnostics per layer; the band is one standard deviation over the measured steps of an "
        "epoch. The numbers stand in diagnostics.csv."
    )
    return [(report.pictures["diagnostics"], alt, caption)]


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


def _data_rows(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    split, duplicates, majority = (data.get(name, {}) for name in ("split", "duplicates", "majority"))
    rows = [
        *(
            (f"file {file.get('name')}", f"{file.get('bytes')} bytes, sha256 {file.get('sha256')}")
            for file in _files(data)
        ),
        ("rows read", text_or_dash(data.get("rows_read"))),
        ("rows per split", ", ".join(f"{name} {count}" for name, count in split.get("rows", {}).items())),
        ("split", ", ".join(f"{name}: {value}" for name, value in split.items() if name != "rows")),
        ("classes", ", ".join(map(str, data.get("classes", [])))),
        ("positive class", text_or_dash(data.get("positive_class"))),
        ("majority class of the training split", text_or_dash(majority.get("class"))),
        *((f"target of the {name} split", _values_text(values)) for name, values in _target_values(data).items()),
        ("rows dropped", ", ".join(f"{reason}: {count}" for reason, count in data.get("rows_dropped", {}).items())),
        *((_repeats_title(name), text_or_dash(count)) for name, count in duplicates.items()),
    ]
    return [(name, text) for name, text in rows if text not in ("", NOTHING)]


def _target_values(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    found: Mapping[str, Mapping[str, float]] = data.get("target_values", {})
    return found


def _values_text(values: Mapping[str, float]) -> str:
    mean, sd, low, high = (significant(values[name]) for name in ("mean", "sd", "min", "max"))
    return f"mean {mean}, standard deviation {sd}, from {low} to {high}"


def _repeats_title(name: str) -> str:
    split, found, _ = name.partition("_in_train")
    return f"{split} rows also in train" if found else name.replace("_", " ")


def _files(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [file for file in data.get("files", []) if isinstance(file, dict)]


def _column_rows(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return name, use, kind and reason per column, the columns left out first."""
    columns = sorted(data.get("columns", []), key=lambda column: bool(column.get("used")))
    return [
        (str(c.get("name")), _use(c), str(c.get("kind", "")), recorded_sentence(c.get("reason", "")))
        for c in columns
        if isinstance(c, dict)
    ]


def _use(column: Mapping[str, Any]) -> str:
    if column.get("used"):
        return "used"
    return "target" if column.get("kind") == "target" else "left out"


def _timing_items(report: RunReport) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in report.timing.items() if name != "schema_version"]


def _timing_text(name: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return text_or_dash(value)
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
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{name}.{number}", inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value))
    else:
        yield name, text_or_dash(value)


def _digest_rows(digests: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for name, value in digests.items():
        if isinstance(value, list) and value:
            rows.append((f"{name}, last of {len(value)}", str(value[-1])))
        elif isinstance(value, str):
            rows.append((name.replace("_", " "), value))
    return rows
