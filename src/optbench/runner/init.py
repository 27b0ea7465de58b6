"""`optbench init`: an experiment or a study to start from, commented; for a table, with what was inferred from it."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.catalog.metrics import METRICS
from optbench.catalog.tasks import DEFAULT_TASK
from optbench.core.refusals import told_as
from optbench.core.regular_files import is_missing
from optbench.core.worded import worded
from optbench.errors import DataError, InvalidError, did_you_mean
from optbench.runner.column_lines import column_lines
from optbench.tasks import TASKS, task_named
from optbench.words import error_text, sentence, sentences, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.datasets import TableInspection

# Where comments begin, so that they stand in a column.
_COMMENT = 33
_STARTER_DATA = (
    ("dataset:", ""),
    ("  name: breast_cancer", "init-own-data"),
    ("  split: {test: 0.2, validation: 0.1, stratify: true, seed: 0}", "init-fractions"),
)
_MODEL = (
    ("model:", ""),
    ("  name: mlp", "init-other-models"),
    ("  hidden_units: [64, 32]", ""),
    ("  activation: relu", ""),
    ("  dropout: 0.0", ""),
)
_OPTIMIZER = (
    ("optimizer:", ""),
    ("  name: adam", "init-optimizer"),
    ("  learning_rate: 0.001", ""),
)
_TRAINING = (
    ("training:", ""),
    ("  epochs: 10", ""),
    ("  batch_size: 32", ""),
    ("  early_stopping: null", "init-early-stopping"),
    ("  class_weight: null", "init-class-weight"),
)
_COMPARED = ("sgd", "rmsprop", "adam", "adamw")
_PLAN = (
    (f"optimizers: [{', '.join(_COMPARED)}]", "init-study-optimizers"),
    ("tuning: {points: 7, seeds: 2, metric: val_loss}", "init-study-tuning"),
    ("confirmation: {seeds: 10}", "init-study-confirmation"),
)


def starter(language: str | None = None, *, study: bool = False) -> str:
    """Return a complete experiment, or study, on embedded data, with comments in a language."""
    data = _lines(_STARTER_DATA, language)
    if study:
        return _study("my-study", data, DEFAULT_TASK, TASKS[DEFAULT_TASK].facts.headline, language)
    return _experiment("my-experiment", data, DEFAULT_TASK, language)


def starter_for_table(
    path: Path,
    target: str | None,
    language: str | None = None,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    decimal: str | None = None,
    study: bool = False,
) -> tuple[str, Sequence[str]]:
    """Return an experiment or a study for a user's table, and sentences on what was inferred.

    What is written is tried on the table, as `validate` does it, so that the two give one answer; of a large table only
    the first rows are looked at.

    Parameters
    ----------
    path : file of a table
    target : label column, or None to have one suggested
    separator, encoding, sheet : how the file is stored; found out where None
    decimal : mark before decimals; found out if None

    Raises
    ------
    DataError
        If the file is no table, or the target is not in it.
    """
    from optbench.datasets import inspect_table

    with told_as(DataError, path, code="data-file-unreadable"):
        _require_there(path)
        found = inspect_table(path, target, separator=separator, encoding=encoding, sheet=sheet, decimal=decimal)
    name = (re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "my-table")[:80]
    section = _table_section(found, language)
    written = _experiment(name, section, found.task, language)
    said = [*_sentences(found, language), *(_refusals(written, language, study=study) if found.is_whole else [])]
    if study:
        metric = task_named(found.task).advised_metric(found.class_counts, found.positive_class)
        written = _study(f"{name}-optimizers", section, found.task, metric, language)
    return written, said


def _experiment(name: str, section: str, task: str, language: str | None) -> str:
    head = _head("init-head", language, "experiment")
    body = f"{_lines([('seed: 0', 'init-seeds')], language)}{section}{_model(task, language)}"
    rest = f"{_lines(_OPTIMIZER, language)}{_training(task, language)}"
    return f"{head}name: {_scalar(name)}\n{_task_line(task, language)}{body}{rest}"


def _study(name: str, section: str, task: str, metric: str, language: str | None) -> str:
    parts = (_task_line(task, language), section, _model(task, language), _training(task, language))
    experiment = textwrap.indent("".join(parts), "  ")
    headline = TASKS[task].facts.headline
    metric_code = "init-study-metric" if metric == headline else "init-study-metric-rare"
    plan = [*_PLAN, (f"metric: {metric}", metric_code)]
    if not METRICS[metric].has_unit:
        plan.append((f"margin: {METRICS[metric].margin}", "init-study-margin"))
    head = _head("init-study-head", language, "study")
    return f"{head}name: {_scalar(name)}\nexperiment:\n{experiment}{_lines(plan, language)}"


def _require_there(path: Path) -> None:
    if is_missing(path):
        folder = path.parent
        hint = did_you_mean(path.name, [other.name for other in folder.iterdir()]) if folder.is_dir() else ""
        raise DataError(
            worded(
                "file-no-table",
                "{path} does not exist.{hint} Name your table: optbench init TABLE, or nothing for a starter.",
                path=path,
                hint=hint,
            ),
            code="data-file-missing",
        )


def _refusals(written: str, language: str | None, *, study: bool) -> list[str]:
    """Return what `validate` would say against an experiment, in a list of one sentence, or none."""
    from optbench.config import parse_resolved
    from optbench.datasets import load_dataset

    try:
        config = parse_resolved(written)
        load_dataset(config.dataset, base=Path(), data_dir=Path(), task=config.task)
    except InvalidError as error:
        code = "init-refused-study" if study else "init-refused"
        return [text(code, language, error=error_text(error, language))]
    return []


def _head(code: str, language: str | None, kind: str) -> str:
    """Return what stands above everything: which commands read the file, and how an editor checks it."""
    first = f"# yaml-language-server: $schema={kind}.schema.json"
    return "".join(f"# {_comment(line)}\n" for line in text(code, language, first=first).splitlines())


def _task_line(task: str, language: str | None) -> str:
    setting, comment = task_named(task).starter_head
    return _line(setting, comment, language) if setting else ""


def _model(task: str, language: str | None) -> str:
    """Return the model, with the names of others that are for the task."""
    from optbench.catalog.models import MODELS

    others = [name for name, model in MODELS.items() if task not in model.not_for and name != "mlp"]
    return _lines(_MODEL, language, names=others)


def _training(task: str, language: str | None) -> str:
    classes = task_named(task).facts.has_classes
    return _lines([line for line in _TRAINING if classes or line[1] != "init-class-weight"], language)


def _lines(lines: Iterable[tuple[str, str]], language: str | None, **values: object) -> str:
    return "".join(_line(setting, code, language, **values) for setting, code in lines)


def _line(setting: str, code: str, language: str | None, **values: object) -> str:
    """Return a setting, and behind it a comment of the catalogue if a code is given."""
    if not code:
        return f"{setting}\n"
    gap = " " * max(3, _COMMENT - len(setting))
    return f"{setting}{gap}# {_comment(text(code, language, **values))}\n"


def _table_section(found: TableInspection, language: str | None) -> str:
    from optbench.config import dump_value

    lines = [
        "dataset:",
        "  name: csv",
        f"  path: {_scalar(str(found.path))}   # {_comment(text('init-relative', language))}",
        f"  target: {_scalar(found.target)}   # {_comment(sentence(found.target_reason, language))}",
    ]
    if found.positive_class is not None:
        comment = _comment(text("init-positive-class", language))
        lines.append(f"  positive_class: {_scalar(found.positive_class)}   # {comment}")
    lines += [f"  {key}: {_scalar(value)}" for key, value in found.storage.settings.items()]
    lines += [f"  {key}: {_scalar(value)}" for key, value in found.numbers.settings.items()]
    lines.append(f"  missing: {dump_value(list(found.missing))}")
    if found.features:
        lines.append(f"  features: {dump_value(dict(found.features))}")
    correction = "features: {column: number | category | date | text}"
    lines.append(f"  # {_comment(text('init-columns', language, features=correction, drop='drop: [column]'))}")
    lines += [f"  #   {_comment(line)}" for line in _columns_told(found, language)]
    lines += [f"  # {_comment(sentence(note, language))}" for note in found.questions]
    lines += _text_hints(found, language)
    strata = "stratify: true, " if task_named(found.task).facts.has_classes else ""
    fractions = _comment(text("init-fractions", language))
    lines.append(f"  split: {{test: 0.2, validation: 0.1, {strata}seed: 0}}   # {fractions}")
    for name in found.groups:
        setting = f"split: {{group: {_scalar(name)}}}"
        lines.append(f"  # {_comment(text('init-group', language, name=name, setting=setting))}")
    return "\n".join(lines) + "\n"


def _text_hints(found: TableInspection, language: str | None) -> list[str]:
    """Return the settings, commented out, under which a column of sentences is read as text."""
    from optbench.config import dump_value
    from optbench.datasets import is_running_text

    hints = []
    for column in found.columns:
        if is_running_text(column.reason):
            hints.append(f"  # {_comment(text('init-running-text', language, name=column.name))}")
            setting = f"features: {dump_value({column.name: 'text'})}"
            hints.append(f"  #   {_comment(setting)}")
    return hints


def _sentences(found: TableInspection, language: str | None) -> list[str]:
    from optbench.datasets import labels_to_tell_apart

    labels = labels_to_tell_apart(list(found.class_counts))
    counts = ", ".join(f"{label} {n}" for label, n in zip(labels, found.class_counts.values(), strict=True))
    size = {"path": str(found.path), "n_rows": found.rows, "n_columns": len(found.columns)}
    target = {"name": found.target, "reason": sentence(found.target_reason, language)}
    lines = [
        text("init-table", language, separator=found.storage.separator if found.is_text else None, **size),
        text("init-target-classes", language, counts=counts, **target)
        if counts
        else text("init-target-numbers", language, **target),
        *_columns_told(found, language),
        *sentences(found.notes, language),
    ]
    if found.rows_without_target:
        lines.append(text("init-rows-without-target", language, n=found.rows_without_target))
    return lines


def _columns_told(found: TableInspection, language: str | None) -> list[str]:
    lines = column_lines([(one.name, one.kind, sentence(one.reason, language)) for one in found.columns])
    return [
        text("init-column", language, name=line.names[0], kind=line.kind, reason=line.reason)
        if len(line.names) == 1
        else text("column-alike", language, n=len(line.names), **line._asdict())
        for line in lines
    ]


def _scalar(text: str) -> str:
    from optbench.config import dump_value

    return dump_value(text)


def _comment(words: str) -> str:
    # one line, without characters that a YAML reader refuses even in comments
    return "".join(c if c.isprintable() else " " for c in " ".join(words.split()))
