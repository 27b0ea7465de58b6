"""Texts that come as lists of word numbers (imdb, reuters), into token sequences as Keras numbers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import arrays_digest
from optbench.datasets.array_data import ArrayData, load_arrays
from optbench.datasets.assembly import Draft, assemble
from optbench.datasets.labels import choose_positive_class, label_order
from optbench.datasets.pickled_lists import read_arrays_and_lists
from optbench.datasets.preprocessing import WordNumbers
from optbench.datasets.table_splits import divide_by_fractions
from optbench.datasets.targets import as_targets
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.catalog.dataset import DatasetEntry
    from optbench.config import TextConfig, TokenDataset
    from optbench.datasets.downloads import CheckedFile
    from optbench.records import Dataset

START, UNKNOWN, _FIRST_WORD = 1, 2, 3


def load_token_lists(entry: DatasetEntry, file: CheckedFile, config: TokenDataset) -> Dataset:
    """Return a data set of word numbers; 0 pads behind, 1 starts each text, 2 is a word that is too rare.

    Word n of the file, by frequency, is token n + 3, as in `keras.datasets`; of a long text the beginning is kept.

    Raises
    ------
    DataError
        If the file is damaged, or the split cannot be filled.
    """
    names = ("x_train", "y_train", "x_test", "y_test") if entry.official_test else ("x", "y")
    found = read_arrays_and_lists(file.path, names, shown=file.name)
    facts = {"files": [file.to_json()], "text": config.text.model_dump()}
    if not entry.official_test:
        return _split_by_fractions(entry, found["x"], found["y"], config, facts)
    train, test = (token_rows(found[name], config.text) for name in ("x_train", "x_test"))
    data = ArrayData(
        name=entry.name,
        where=file.name,
        train=(train, found["y_train"]),
        test=(test, found["y_test"]),
        labels=entry.labels,
        positive_class=entry.positive_class,
        facts=facts,
        source=_source(config.text, train, test),
    )
    return load_arrays(data, split=config.split, task=entry.task, tokens=True)


def _source(text: TextConfig, *parts: NDArray[np.int32]) -> WordNumbers:
    return WordNumbers(
        length=parts[0].shape[1],
        max_tokens=text.max_tokens,
        size=1 + max(int(x.max()) for x in parts),
        start=START,
        unknown=UNKNOWN,
        first=_FIRST_WORD,
    )


def token_rows(texts: Sequence[Sequence[int]], text: TextConfig) -> NDArray[np.int32]:
    """Return (texts, length) int32 tokens, as long as the longest text but at most `text.length`."""
    length = min(text.length, 1 + max(map(len, texts)))
    return numbered(
        texts,
        WordNumbers(
            length=length,
            max_tokens=text.max_tokens,
            size=text.max_tokens,
            start=START,
            unknown=UNKNOWN,
            first=_FIRST_WORD,
        ),
    )


def numbered(texts: Sequence[Sequence[int]], rule: WordNumbers) -> NDArray[np.int32]:
    """Return (texts, length) int32 tokens of texts that are word numbers.

    A token beyond those that training saw, which the model has no place for, is an unknown word.
    """
    rows = np.zeros((len(texts), rule.length), dtype=np.int32)
    rows[:, 0] = rule.start
    most = min(rule.max_tokens, rule.size)
    for row, words in zip(rows, texts, strict=True):
        kept = np.asarray(words[: rule.length - 1], dtype=np.int64) + rule.first
        row[1 : 1 + len(kept)] = np.where(kept < most, kept, rule.unknown)
    return rows


def _split_by_fractions(
    entry: DatasetEntry, texts: Sequence[Sequence[int]], labels: NDArray[Any], config: TokenDataset, facts: Any
) -> Dataset:
    x = token_rows(texts, config.text)
    y, class_names = _targets(entry, labels)
    divided = divide_by_fractions(y, config.split, class_names=class_names)
    positive, note = choose_positive_class(entry.labels or class_names, entry.positive_class)
    return assemble(
        Draft(
            name=entry.name,
            class_names=entry.labels or class_names,
            positive_class=positive,
            feature_names=(),
            data_digest=arrays_digest({"x": x, "y": y}),
            source=_source(config.text, x),
            splits={name: SplitData(x=x[part], y=y[part], rows=part) for name, part in divided.rows.by_name.items()},
            method=divided.method,
            facts={**facts, "rows_read": len(y), "split": divided.facts},
            notes=note,
            task=entry.task,
            vocabulary_size=int(x.max()) + 1,
        )
    )


def _targets(entry: DatasetEntry, labels: NDArray[Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return class numbers and the names of the classes, or the numbers to predict and no names."""
    if not entry.classes:
        return as_targets(labels, split="all", where=entry.name), ()
    order = label_order({str(label) for label in labels.tolist()})
    return np.array([order.class_of[str(label)] for label in labels.tolist()], dtype=np.int64), order.class_names
