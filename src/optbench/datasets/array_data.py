"""Arrays that come with a test set (npz files, images, a user's function) into data sets, every shape checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import arrays_digest
from optbench.catalog.tasks import CLASSIFICATION, TASKS
from optbench.core.worded import worded
from optbench.datasets.array_checks import (
    as_labels,
    check_pair,
    check_tokens,
    model_inputs,
    token_inputs,
)
from optbench.datasets.assembly import Draft, TargetReading, assemble
from optbench.datasets.labels import LabelOrder, choose_positive_class, label_order, label_reading, require_classes
from optbench.datasets.preprocessing import Arrays, Tokens
from optbench.datasets.reading_rules import reading_facts
from optbench.datasets.row_division import refuse_test_fraction, rule_facts, split_rule
from optbench.datasets.splits import split_by_fractions
from optbench.datasets.table_splits import ALL_ROWS
from optbench.datasets.targets import as_targets
from optbench.errors import DataError
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from optbench.config import SplitConfig
    from optbench.core.findings import Finding
    from optbench.datasets.array_checks import ModelInputs
    from optbench.datasets.preprocessing import Source
    from optbench.records import Dataset, SplitName

Pair = tuple["NDArray[Any]", "NDArray[Any]"]


@dataclass(frozen=True, slots=True)
class ArrayData:
    """Arrays as given; rows count on from train over validation to test.

    Attributes
    ----------
    name : name of the data set
    where : how messages call the origin, e.g. "data.npz" or "load() of my_problem.py"
    train, test : (x, y)
    validation : (x, y), or None: then a fraction of the training rows
    labels : names of the classes 0, 1, ... if `y` holds such numbers only; () otherwise
    positive_class : name of the class that ROC and recall speak of, for two classes; the last in order if None
    facts, notes : what the run records of the origin, and what there is to say about it
    source : what raw examples are, where it is not these arrays
    """

    name: str
    where: str
    train: Pair
    test: Pair
    validation: Pair | None = None
    labels: tuple[str, ...] = ()
    positive_class: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[Finding] = ()
    source: Source | None = None

    @property
    def pairs(self) -> dict[SplitName, Pair]:
        """The pairs that exist, in the order of the row numbers."""
        named: dict[SplitName, Pair | None] = {
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
        }
        return {name: pair for name, pair in named.items() if pair is not None}


def load_arrays(data: ArrayData, *, split: SplitConfig, task: str = CLASSIFICATION, tokens: bool = False) -> Dataset:
    """Return arrays with a test set of their own as a data set.

    Parameters
    ----------
    tokens : the inputs are token numbers, padded with 0

    Raises
    ------
    DataError
        If shapes, types, values or labels do not fit each other or the task.
    """
    refuse_test_fraction(split, "official")
    for name, (x, y) in data.pairs.items():
        check_pair(x, y, split=name, where=data.where)
        if tokens:
            check_tokens(x, split=name, where=data.where)
    _require_equal_shapes(data)
    order, y_of = _labels(data) if TASKS[task].has_classes else _numbers(data)
    is_drawn = data.validation is None and not split.all_rows
    parts = _drawn_parts(data, y_of, order, split) if is_drawn else _given_parts(data, y_of)
    as_inputs = token_inputs if tokens else model_inputs
    inputs = {name: as_inputs(part.x, where=data.where) for name, part in parts.items()}
    size = 1 + max(int(x.max()) for x, _ in data.pairs.values()) if tokens else None
    splits = {name: SplitData(x=inputs[name].x, y=part.y, rows=part.rows) for name, part in parts.items()}
    # without a wish the note speaks of the label as it stands in the data
    names = data.labels if data.labels and data.positive_class is not None else order.class_names
    positive, positive_note = choose_positive_class(names, data.positive_class)
    return assemble(
        Draft(
            name=data.name,
            class_names=data.labels or order.class_names,
            positive_class=positive,
            feature_names=(),
            data_digest=_digest(data),
            source=data.source or _source(data.train[0], inputs["train"], size),
            splits=_all_for_training(splits) if split.all_rows else splits,
            compared={} if split.all_rows else {name: part.x for name, part in parts.items()},
            method=ALL_ROWS if split.all_rows else "official",
            facts={
                **data.facts,
                "rows_read": sum(len(y) for _, y in data.pairs.values()),
                "arrays": {name: {"x": _described(x), "y": _described(y)} for name, (x, y) in data.pairs.items()},
                "labels": dict(order.class_of),
                **reading_facts(label_reading(order, "y")),
                "split": rule_facts(split_rule(split, test=0.0)) if is_drawn else {},
            },
            notes=[*data.notes, *inputs["train"].notes, *order.notes, *positive_note],
            task=task,
            vocabulary_size=size,
            target=TargetReading(class_of=order.class_of),
        )
    )


def _source(x: NDArray[Any], inputs: ModelInputs, size: int | None) -> Source:
    if size is not None:
        return Tokens(length=x.shape[1], size=size)
    return array_source(x, divide_by=inputs.divide_by)


def array_source(x: NDArray[Any], *, divide_by: float | None, columns: Sequence[str] = ()) -> Arrays:
    """Return what raw examples are that stand in an array, (n, ...)."""
    return Arrays(shape=x.shape[1:], dtype=str(x.dtype), divide_by=divide_by, columns=tuple(columns))


def _labels(data: ArrayData) -> tuple[LabelOrder, dict[SplitName, NDArray[Any]]]:
    texts = {name: as_labels(y, split=name, where=data.where) for name, (_, y) in data.pairs.items()}
    order = _ordered(data, texts)
    return order, {n: np.array([order.class_of[text] for text in part], dtype=np.int64) for n, part in texts.items()}


def _numbers(data: ArrayData) -> tuple[LabelOrder, dict[SplitName, NDArray[Any]]]:
    y_of: dict[SplitName, NDArray[Any]] = {
        name: as_targets(y, split=name, where=data.where) for name, (_, y) in data.pairs.items()
    }
    return LabelOrder((), {}, ()), y_of


@dataclass(frozen=True, slots=True)
class _Part:
    x: NDArray[Any]
    y: NDArray[Any]
    rows: NDArray[np.int64]


def _given_parts(data: ArrayData, y_of: Mapping[SplitName, NDArray[Any]]) -> dict[SplitName, _Part]:
    parts: dict[SplitName, _Part] = {}
    start = 0
    for name, (x, _) in data.pairs.items():
        rows = np.arange(start, start + len(x), dtype=np.int64)
        parts[name] = _Part(x=x, y=y_of[name], rows=rows)
        start += len(x)
    return parts


def _drawn_parts(
    data: ArrayData, y_of: Mapping[SplitName, NDArray[Any]], order: LabelOrder, split: SplitConfig
) -> dict[SplitName, _Part]:
    given = _given_parts(data, y_of)
    whole = given["train"]
    present, renumbered = np.unique(whole.y, return_inverse=True)
    names = [order.class_names[number] for number in present] if order.class_names else []
    drawn = split_by_fractions(whole.rows, renumbered, split_rule(split, test=0.0), class_names=names)
    parts: dict[SplitName, _Part] = {"train": _taken(whole, drawn.train)}
    if drawn.validation is not None:
        parts["validation"] = _taken(whole, drawn.validation)
    return {**parts, "test": given["test"]}


def _all_for_training(splits: Mapping[SplitName, SplitData]) -> dict[SplitName, SplitData]:
    """Return the rows of all splits, in their order, as training rows and an empty test split."""
    x, y, rows = (np.concatenate(parts) for parts in zip(*((s.x, s.y, s.rows) for s in splits.values()), strict=True))
    return {"train": SplitData(x, y, rows), "test": SplitData(x[:0], y[:0], rows[:0])}


def _taken(whole: _Part, rows: NDArray[np.int64]) -> _Part:
    if len(rows) == len(whole.rows):
        return whole
    return _Part(x=whole.x[rows], y=whole.y[rows], rows=rows)


def _ordered(data: ArrayData, texts: Mapping[SplitName, Sequence[str]]) -> LabelOrder:
    known = {text for name, part in texts.items() if name != "test" for text in part}
    in_test = set(texts.get("test", ())) - known
    order = label_order(known | in_test, in_test=in_test)
    require_classes(
        order,
        n_rows=sum(map(len, texts.values())),
        where=worded("rows-labels-of", "the labels of {where}", where=data.where),
    )
    if data.labels and len(data.labels) != len(order.class_names):
        raise DataError(
            f"{data.where} must hold {len(data.labels)} classes. Received: {len(order.class_names)} of them.",
            code="data-classes-differ",
        )
    return order


def _require_equal_shapes(data: ArrayData) -> None:
    shape = data.train[0].shape[1:]
    for name, (x, _) in data.pairs.items():
        if x.shape[1:] != shape:
            raise DataError(
                f"{data.where}: examples of x_{name} must have the shape of x_train's. Received: x_train of shape "
                f"{data.train[0].shape}, x_{name} of shape {x.shape}.",
                code="data-array-shape-wrong",
            )


def _digest(data: ArrayData) -> str:
    named = {f"x_{name}": x for name, (x, _) in data.pairs.items()}
    return arrays_digest(named | {f"y_{name}": y for name, (_, y) in data.pairs.items()})


def _described(array: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(array.shape), "dtype": str(array.dtype)}
