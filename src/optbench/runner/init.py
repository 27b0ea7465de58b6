"""`optbench init`: an experiment file to start from, commented; for a table, with what was inferred from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optbench.catalog.tasks import DEFAULT_TASK
from optbench.tasks import task_named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optbench.datasets import TableInspection

_HEAD = """\
# 'optbench validate FILE' checks this file and its data; 'optbench run FILE' trains it.
# 'optbench list datasets', 'list models' and 'list optimizers' show what else can stand here.
# 'optbench schema > experiment.schema.json' and a first line '# yaml-language-server: $schema=experiment.schema.json'
# let an editor complete and check it.
"""
_SEED = "seed: 0                          # or seeds: [0, 1, 2]\n"
_STARTER_DATA = """\
dataset:
  name: breast_cancer            # or image_folder, csv, npz, python: your own
  split: {test: 0.2, validation: 0.1, stratify: true, seed: 0}   # fractions of all rows
"""
_TAIL = """\
model:
  name: mlp                      # or OTHER_MODELS
  hidden_units: [64, 32]
  activation: relu
  dropout: 0.0
optimizer:
  name: adam                     # any Keras optimizer; its other arguments have Keras' own names and defaults
  learning_rate: 0.001
training:
  epochs: 10
  batch_size: 32
  early_stopping: null           # or {monitor: val_loss, patience: 5, restore_best: true}
  class_weight: null             # or balanced
"""


def starter() -> str:
    """Return a complete experiment on embedded data."""
    return f"{_HEAD}name: my-experiment\n{_SEED}{_STARTER_DATA}{_tail(DEFAULT_TASK)}"


def starter_for_table(path: Path, target: str | None) -> tuple[str, Sequence[str]]:
    """Return an experiment for a user's table, and sentences on what was inferred.

    Parameters
    ----------
    path : CSV or Parquet file
    target : label column, or None to have one suggested

    Raises
    ------
    DataError
        If the file is no table, or the target is not in it.
    """
    from optbench.datasets import inspect_table

    found = inspect_table(path, target)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "my-table"
    head, tail = task_named(found.task).starter(_tail(found.task))
    text = f"{_HEAD}name: {_scalar(name[:80])}\n{head}{_SEED}{_table_section(found)}{tail}"
    return text, _sentences(found)


def _tail(task: str) -> str:
    """Return model, optimizer and training, with the names of the models that are for the task."""
    from optbench.catalog.models import MODELS

    others = [name for name, model in MODELS.items() if task not in model.not_for and name != "mlp"]
    return _TAIL.replace("OTHER_MODELS", ", ".join(others))


def _table_section(found: TableInspection) -> str:
    from optbench.config import dump_value
    from optbench.words import sentence

    lines = [
        "dataset:",
        "  name: csv",
        f"  path: {_scalar(str(found.path))}   # relative to this file",
        f"  target: {_scalar(found.target)}   # {_comment(sentence(found.target_reason))}",
    ]
    if found.positive_class is not None:
        lines.append(f"  positive_class: {_scalar(found.positive_class)}   # what ROC and recall speak of")
    if found.separator != ",":
        lines.append(f"  separator: {_scalar(found.separator)}")
    lines.append(f"  missing: {dump_value(list(found.missing))}")
    if found.features:
        lines.append(f"  features: {dump_value(dict(found.features))}")
    lines.append(
        "  # what each column was taken for; correct it with features: {column: number | category} or drop: [column]"
    )
    lines += [
        f"  #   {_comment(column.name)}: {column.kind} ({_comment(sentence(column.reason))})"
        for column in found.columns
    ]
    lines += _text_hints(found)
    strata = "stratify: true, " if task_named(found.task).facts.has_classes else ""
    lines.append(f"  split: {{test: 0.2, validation: 0.1, {strata}seed: 0}}   # fractions of all rows")
    return "\n".join(lines) + "\n"


def _text_hints(found: TableInspection) -> list[str]:
    """Return the settings, commented out, under which a column of sentences is read as text."""
    from optbench.config import dump_value
    from optbench.datasets import is_running_text

    hints = []
    for column in found.columns:
        if is_running_text(column.reason):
            others = [other.name for other in found.columns if other.name not in (column.name, found.target)]
            settings = [
                f"features: {dump_value({column.name: 'text'})}",
                *([f"drop: {dump_value(others)}"] * bool(others)),
            ]
            hints.append(f"  # if {_comment(column.name)} is running text, write")
            hints += [f"  #   {_comment(setting)}" for setting in settings]
    return hints


def _sentences(found: TableInspection) -> list[str]:
    from optbench.words import sentence, sentences

    counts = ", ".join(f"{label} {count}" for label, count in found.class_counts.items()) or "numbers to predict"
    lines = [
        f"{found.path}: {found.rows} rows, {len(found.columns)} columns, separator {found.separator!r}",
        f"target {found.target!r} ({sentence(found.target_reason)}): {counts}",
        *(f"column {column.name!r}: {column.kind} ({sentence(column.reason)})" for column in found.columns),
        *sentences(found.notes),
    ]
    if found.rows_without_target:
        lines.append(f"{found.rows_without_target} rows have no target and would be left out")
    return lines


def _scalar(text: str) -> str:
    from optbench.config import dump_value

    return dump_value(text)


def _comment(text: str) -> str:
    # one line, without characters that a YAML reader refuses even in comments
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
