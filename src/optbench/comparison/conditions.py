"""Runs sorted by the conditions they were made under, where a seed may have a split of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from optbench.comparison.settings import canonical, once_each, optimizer_name, parts_of, settings_of
from optbench.config import SplitDesign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison.question import Question
    from optbench.comparison.settings import Settings
    from optbench.records import RunRecord

    Key = tuple[str, str, str]
    """Name of the optimizer, its conditions, the label that a plan gives."""

_OF_SPLIT: Final = ("dataset.split.seed", "digest.split")
_OF_DATA: Final = ("dataset.seed", "digest.data")
_OF_FOLD: Final = ("dataset.split.fold", "digest.split")
_FEWEST_SPLITS: Final = 2


@dataclass(slots=True)
class Conditions:
    """What some runs have in common.

    Attributes
    ----------
    settings : without what follows from the seed
    design, makes_data : as in `Group`
    """

    settings: Settings
    design: SplitDesign = SplitDesign.ONE_SPLIT
    makes_data: bool = False
    records: list[RunRecord] = field(default_factory=list)


def sort_by_conditions(
    records: Sequence[RunRecord], names: Mapping[str, str], question: Question
) -> dict[Key, Conditions]:
    """Return the runs of each optimizer under each set of conditions, in the order of `records`.

    Parameters
    ----------
    names, question : as in `sort_into_problems`

    Notes
    -----
    Runs whose splits have the numbers of their seeds, on two splits or more, and that differ in nothing else, are one
    group: seed i on split i. Where the seed of a generated problem is that number, too, the data are its own. If the
    split's seed itself is asked about, each is a group of its own. Runs on folds of one division of the rows, two or
    more, are one group as well.
    """
    each = once_each(records, parts_of, lambda record: settings_of(record, question.varied))
    described = list(zip(records, each, strict=True))
    folded, described = _folded(described, names, question)
    loose: dict[Key, Conditions] = {}
    for record, settings in described:
        makes_data = settings.get("dataset.seed") == record.seed
        if settings.get("dataset.split.seed") == record.seed and not question.asks("dataset.split.seed"):
            left_out = (*_OF_SPLIT, *_OF_DATA) if makes_data else _OF_SPLIT
            kept = {name: value for name, value in settings.items() if name not in left_out}
            kept["dataset.split.seed"] = SplitDesign.RESPLIT.value
            key = _key(record, canonical(kept), names)
            loose.setdefault(key, Conditions(kept, SplitDesign.RESPLIT, makes_data)).records.append(record)
    resplit = {key: one for key, one in loose.items() if len({run.seed for run in one.records}) >= _FEWEST_SPLITS}
    on_own_split = {(run.run, run.folder) for one in resplit.values() for run in one.records}
    found: dict[Key, Conditions] = {}
    plain = [one for one in described if (one[0].run, one[0].folder) not in on_own_split]
    texts = once_each((settings for _, settings in plain), lambda settings: (settings,), canonical)
    for (record, settings), text in zip(plain, texts, strict=True):
        found.setdefault(_key(record, text, names), Conditions(settings)).records.append(record)
    return {**found, **resplit, **folded}


def _folded(
    described: Sequence[tuple[RunRecord, Settings]], names: Mapping[str, str], question: Question
) -> tuple[dict[Key, Conditions], list[tuple[RunRecord, Settings]]]:
    """Return the runs that are paired fold by fold, and the others.

    Where a comparison pairs runs by their seed, these are paired by seed and fold: a record here has the number
    seed * folds + fold, with one seed 0 the number of its fold.
    """
    loose: dict[Key, Conditions] = {}
    others: list[tuple[RunRecord, Settings]] = []
    members: dict[Key, list[tuple[int, RunRecord, Settings]]] = {}
    for record, settings in described:
        fold, folds = settings.get("dataset.split.fold"), settings.get("dataset.split.folds")
        if not (isinstance(fold, int) and isinstance(folds, int)) or question.asks("dataset.split.fold"):
            others.append((record, settings))
            continue
        kept = {name: value for name, value in settings.items() if name not in _OF_FOLD}
        key = _key(record, canonical(kept), names)
        pair = replace(record, seed=record.seed * folds + fold)
        loose.setdefault(key, Conditions(kept, SplitDesign.FOLDS)).records.append(pair)
        members.setdefault(key, []).append((fold, record, settings))
    found = {key: one for key, one in loose.items() if len({fold for fold, *_ in members[key]}) >= _FEWEST_SPLITS}
    single = [(record, settings) for key in loose.keys() - found.keys() for _, record, settings in members[key]]
    return found, [*others, *single]


def _key(record: RunRecord, settings: str, names: Mapping[str, str]) -> Key:
    return optimizer_name(record), settings, names.get(record.run, "")
