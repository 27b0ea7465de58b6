"""The last step of every loader: arrays of each split into a `Dataset` with its digests, facts and notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import arrays_digest
from optbench.catalog.tasks import CLASSIFICATION, TASKS
from optbench.core.findings import Finding, Severity
from optbench.core.worded import worded
from optbench.datasets.array_ranges import array_ranges
from optbench.datasets.fitted_columns import APART, NumberSpelling
from optbench.datasets.labels import class_counts
from optbench.datasets.preprocessing import (
    Arrays,
    Class,
    ClassTarget,
    ModelInput,
    NumberTarget,
    Preprocessing,
    Source,
    Table,
)
from optbench.datasets.row_digests import count_found, row_digests
from optbench.datasets.targets import require_finite_variance, require_spread, target_facts
from optbench.errors import DataError
from optbench.records import Dataset, SplitData

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.records import InputPart, SplitName

_MOST, _ALMOST_ALL = 0.5, 0.9  # shares of a split's rows
_STRATIFY = "Set split.stratify: true, or give more rows."
_MORE_GROUPS = (
    "Divide by something finer, or give more groups with that class; split.stratify: true helps if it is off."
)
_TRAINING_REMEDIES = {
    "fractions": _STRATIFY,
    "group": _MORE_GROUPS,
    "duplicates": _MORE_GROUPS,
    "time": "It came up too late: make split.test and split.validation smaller, or remove its rows.",
}
_REPEATED = ("data-rows-repeated", "data-most-rows-repeated", "data-nearly-all-rows-repeated")


@dataclass(frozen=True, slots=True)
class TargetReading:
    """Where a target stands in raw rows, and how it is spelled there.

    Attributes
    ----------
    name : of its column, None if it has none
    class_of : class number per spelling; {} where labels are the names of the classes
    missing : texts that mean "no value"
    spelling : of numbers, where that is not plain
    """

    name: str | None = None
    class_of: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    spelling: NumberSpelling | None = None

    def described(self, class_names: Sequence[str], positive_class: str | None) -> ClassTarget | NumberTarget:
        """Return the target as `preprocessing.json` holds it; of numbers if there are no classes."""
        if not class_names:
            return NumberTarget(name=self.name, spelling=self.spelling, missing=self.missing)
        class_of = self.class_of or {name: number for number, name in enumerate(class_names)}
        spellings: list[list[str]] = [[] for _ in class_names]
        for text, number in class_of.items():
            spellings[number].append(text)
        classes = tuple(Class(name=n, spellings=tuple(s)) for n, s in zip(class_names, spellings, strict=True))
        return ClassTarget(name=self.name, classes=classes, positive_class=positive_class, missing=self.missing)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a loader knows of a data set.

    Attributes
    ----------
    name, class_names, positive_class, feature_names, data_digest, task, vocabulary_size, parts : as in `Dataset`
    source : what raw rows are, and how they become inputs
    splits : per split that exists
    compared : per split the rows as read, where comparing those is cheaper than comparing `x`; {} otherwise
    method : "fractions", "group", "duplicates", "time", "column", "test_path" or "official"
    facts, notes : what the loader has to say
    target : where the target stands and how its labels or numbers are spelled
    """

    name: str
    class_names: tuple[str, ...]
    positive_class: int | None
    feature_names: tuple[str, ...]
    data_digest: str
    source: Source
    splits: Mapping[SplitName, SplitData]
    method: str
    compared: Mapping[SplitName, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[Finding] = ()
    task: str = CLASSIFICATION
    vocabulary_size: int | None = None
    target: TargetReading = TargetReading()
    parts: tuple[InputPart, ...] = ()


def assemble(draft: Draft) -> Dataset:
    """Return the data set: digests computed, classes and repeated rows counted, all of it recorded.

    Raises
    ------
    DataError
        If a class of another split has no training row, or the number to predict is always the same or too large.
    """
    splits = draft.splits
    has_classes = TASKS[draft.task].has_classes
    if has_classes:
        _require_training_rows(draft)
    else:
        require_spread(splits["train"].y, where=worded("rows-target-of", "the target of {name}", name=draft.name))
        require_finite_variance(splits, where=worded("rows-target-of", "the target of {name}", name=draft.name))
    counted = {name: data for name, data in splits.items() if len(data.y)}  # where all rows train, none are tested
    repeats = _repeated_rows(counted, draft.compared)
    notes = [*draft.notes, *repeat_notes(repeats, splits)]
    facts = {
        **draft.facts,
        **(_class_facts(draft, counted) if has_classes else {"target_values": target_facts(counted)}),
        "split": {
            "method": draft.method,
            "official_test": draft.method == "official",
            "rows": {name: len(data.y) for name, data in splits.items()},
            **draft.facts.get("split", {}),
        },
        "duplicates": repeats,
    }
    if isinstance(draft.source, Arrays):
        facts["preprocessing"] = array_ranges(splits["train"].x, draft.source)
    return Dataset(
        name=draft.name,
        train=splits["train"],
        test=splits["test"],
        validation=splits.get("validation"),
        class_names=draft.class_names,
        positive_class=draft.positive_class,
        feature_names=draft.feature_names,
        data_digest=draft.data_digest,
        split_digest=split_digest(splits, draft.class_names),
        facts=facts,
        notes=tuple(notes),
        task=draft.task,
        vocabulary_size=draft.vocabulary_size,
        parts=draft.parts,
        preprocessing=_preprocessing(draft).to_json(),
    )


def _preprocessing(draft: Draft) -> Preprocessing:
    positive = None if draft.positive_class is None else draft.class_names[draft.positive_class]
    target = draft.target.described(draft.class_names, positive)
    return Preprocessing.model_validate(
        {"task": draft.task, "dataset": draft.name, "source": draft.source, "inputs": _inputs(draft), "target": target}
    )


def _inputs(draft: Draft) -> tuple[ModelInput, ...]:
    x, source, features = draft.splits["train"].x, draft.source, draft.feature_names
    columns = source.inputs if isinstance(source, Table) else ()
    if not draft.parts:
        names = [column.name for column in columns]
        made = {"shape": x.shape[1:], "dtype": str(x.dtype), "columns": names, "features": features}
        return (ModelInput.model_validate(made),)
    # each column that is an input of its own stands behind the matrix of the others, in the order of the table
    apart = [(column.name,) for column in columns if isinstance(column, APART)]
    matrix = tuple(column.name for column in columns if not isinstance(column, APART))
    groups = [matrix, *apart] if matrix else apart
    return tuple(
        ModelInput(
            name=part.name,
            shape=(part.width,),
            dtype=part.dtype,
            columns=group,
            features=features if group == matrix else (),
        )
        for part, group in zip(draft.parts, groups, strict=True)
    )


def _class_facts(draft: Draft, counted: Mapping[SplitName, SplitData]) -> dict[str, Any]:
    names = draft.class_names
    return {
        "classes": list(names),
        "positive_class": None if draft.positive_class is None else names[draft.positive_class],
        "class_counts": {split: class_counts(data.y, names) for split, data in counted.items()},
        "majority": _majority(counted, names),
    }


def split_digest(splits: Mapping[SplitName, SplitData], class_names: Sequence[str]) -> str:
    """Return the digest of the class names and of every split's inputs, labels and row numbers; 64 hex digits."""
    arrays: dict[str, NDArray[Any]] = {"class_names": np.array(class_names, dtype=object)}
    for name, data in splits.items():
        arrays |= {f"{name}.x": data.x, f"{name}.y": data.y, f"{name}.rows": data.rows}
    return arrays_digest(arrays)


def _require_training_rows(draft: Draft) -> None:
    trained = np.bincount(draft.splits["train"].y, minlength=len(draft.class_names))
    for name in draft.splits:
        counts = np.bincount(draft.splits[name].y, minlength=len(draft.class_names))
        for number in np.flatnonzero((counts > 0) & (trained == 0)).tolist():
            raise DataError(
                f"{draft.name}: class {draft.class_names[number]!r} has rows in the {name} split "
                f"({counts[number]}) and none in training: a model cannot learn it. "
                + _TRAINING_REMEDIES.get(draft.method, "Correct the label, or give training rows of that class."),
                code="data-class-not-in-training",
            )


def _repeated_rows(splits: Mapping[SplitName, SplitData], compared: Mapping[SplitName, NDArray[Any]]) -> dict[str, int]:
    digests = {name: np.sort(row_digests(compared.get(name, data.x))) for name, data in splits.items()}
    others = [name for name in splits if name != "train"]
    counts = {f"{name}_in_train": count_found(digests[name], digests["train"]) for name in others}
    everything = np.sort(np.concatenate(list(digests.values())))
    return {**counts, "repeated_rows": int((everything[1:] == everything[:-1]).sum())}


def repeat_notes(repeats: Mapping[str, int], splits: Mapping[SplitName, SplitData]) -> list[Finding]:
    """Return a note per split that has rows with the inputs of a training row."""
    notes = []
    for name, data in splits.items():
        count = repeats.get(f"{name}_in_train", 0)
        if count:
            values = {"split": name, "n": count, "n_rows": len(data.y)}
            notes.append(Finding(_repeat_code(count / len(data.y)), Severity.NOTE, values))
    return notes


def is_repeat_note(note: Finding, split: SplitName) -> bool:
    """Return True for a note of `repeat_notes` on the split."""
    return note.code in _REPEATED and note.values["split"] == split


def _repeat_code(share: float) -> str:
    few, most, nearly_all = _REPEATED
    if share <= _MOST:
        return few
    return nearly_all if share >= _ALMOST_ALL else most


def _majority(splits: Mapping[SplitName, SplitData], class_names: Sequence[str]) -> dict[str, Any]:
    """Return the most frequent training class and its share of each split."""
    number = int(np.bincount(splits["train"].y, minlength=len(class_names)).argmax())
    shares = {name: float(np.mean(data.y == number)) for name, data in splits.items()}
    return {"class": class_names[number], "share": shares}
