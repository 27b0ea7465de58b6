"""Runs sorted into problems, and each problem's runs into groups that differ in nothing but the seed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.catalog.resolved_optimizers import resolved_optimizer
from optbench.comparison.conditions import sort_by_conditions
from optbench.comparison.settings import (
    VARIED,
    canonical,
    data_title,
    model_title,
    problem_of,
)
from optbench.comparison.wording import value_text
from optbench.config import SplitDesign

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from optbench.catalog.resolved_optimizers import ResolvedOptimizer
    from optbench.records import RunRecord


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of one optimizer under one set of conditions, at most one per seed.

    Attributes
    ----------
    label : unique within the problem: the optimizer's name, and what sets it apart from others of that name
    optimizer : the optimizer's name
    settings : what all its runs have in common
    records : by rising seed
    design : what a seed varies
    makes_data : True if each seed made data of its own, too
    """

    label: str
    optimizer: str
    settings: Mapping[str, Any]
    records: tuple[RunRecord, ...]
    design: SplitDesign = SplitDesign.ONE_SPLIT
    makes_data: bool = False

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, rising."""
        return tuple(record.seed for record in self.records)

    @property
    def built(self) -> ResolvedOptimizer | None:
        """The optimizer with all its arguments; None if they are not recorded, or not the same in all runs."""
        recorded = {canonical(record.optimizer): record for record in self.records if record.optimizer is not None}
        if len(recorded) > 1:
            return None
        record = next(iter(recorded.values()), self.records[0])
        return resolved_optimizer(record.config.get("optimizer", {}), record.optimizer)


@dataclass(frozen=True, slots=True)
class Problem:
    """All runs on one data set with one model.

    Attributes
    ----------
    title : data set and model in a few words, unique among the problems of a comparison
    groups : by label
    repeated : per label, run ids that were left out because another run of the group has their seed
    """

    title: str
    groups: tuple[Group, ...]
    repeated: Mapping[str, tuple[str, ...]]


def sort_into_problems(
    records: Sequence[RunRecord],
    labels: Mapping[str, str] | None = None,
    varied: AbstractSet[str] = VARIED,
) -> tuple[Problem, ...]:
    """Sort records by problem, optimizer and conditions; the order of `records` does not matter.

    Parameters
    ----------
    labels : run id -> name of its group, where a plan gives names: then two groups may have the same settings
    varied : keys of the model section that make no other problem, but are an optimizer's own setting

    Notes
    -----
    A run that is given twice (the same key) counts once. Of several runs of one group with one seed (other
    code behind the same configuration) the one with the smallest key is kept and the others are named.
    """
    names = labels or {}
    unique = {(record.key, names.get(record.run)): record for record in sorted(records, key=_by_name, reverse=True)}
    by_problem: dict[str, list[RunRecord]] = defaultdict(list)
    for record in sorted(unique.values(), key=lambda record: record.key):
        by_problem[problem_of(record, varied)].append(record)
    members = [by_problem[name] for name in sorted(by_problem)]
    titles = distinct_labels(
        [f"{data_title(runs[0])}, {model_title(runs[0])}" for runs in members],
        [runs[0].config.get("model", {}) for runs in members],
    )
    problems = [_problem(title, runs, names, varied) for title, runs in zip(titles, members, strict=True)]
    return tuple(sorted(problems, key=lambda problem: problem.title))


def distinct_labels(names: Sequence[str], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one label per name; where a name occurs again, what differs among its bearers is added.

    Examples
    --------
    >>> distinct_labels(["sgd", "sgd", "adam"], [{"momentum": 0.0}, {"momentum": 0.9}, {"momentum": 0.5}])
    ['sgd momentum=0', 'sgd momentum=0.9', 'adam']
    """
    bearers: dict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(names):
        bearers[name].append(position)
    labels = list(names)
    for name, positions in bearers.items():
        differing = differing_keys([settings[position] for position in positions])
        for position in positions:
            extra = [
                f"{_short_key(key)}={value_text(settings[position][key])}"
                for key in differing
                if key in settings[position]
            ]
            labels[position] = " ".join([name, *extra])
    return _numbered(labels)


def differing_keys(settings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return, sorted, the keys whose values are not the same everywhere; absent counts as none."""
    settings = list(settings)
    keys = sorted({key for mapping in settings for key in mapping})
    return [key for key in keys if len({canonical(mapping.get(key)) for mapping in settings}) > 1]


def _problem(title: str, records: Sequence[RunRecord], names: Mapping[str, str], varied: AbstractSet[str]) -> Problem:
    found = sort_by_conditions(records, names, varied)
    keys = sorted(found)
    labels = distinct_labels([given or name for name, _, given in keys], [found[key].settings for key in keys])
    groups, repeated = [], {}
    for label, key in zip(labels, keys, strict=True):
        kept, left_out = _one_per_seed(found[key].records)
        conditions = found[key]
        groups.append(Group(label, key[0], conditions.settings, kept, conditions.design, conditions.makes_data))
        if left_out:
            repeated[label] = left_out
    return Problem(title, tuple(sorted(groups, key=lambda group: group.label)), repeated)


def _one_per_seed(records: Sequence[RunRecord]) -> tuple[tuple[RunRecord, ...], tuple[str, ...]]:
    kept: dict[int, RunRecord] = {}
    left_out = []
    for record in sorted(records, key=lambda record: record.key):
        if record.seed in kept:
            left_out.append(record.run)
        else:
            kept[record.seed] = record
    return tuple(kept[seed] for seed in sorted(kept)), tuple(sorted(left_out))


def _by_name(record: RunRecord) -> tuple[str, str]:
    return record.run, record.folder


def _short_key(key: str) -> str:
    section, _, rest = key.partition(".")
    return rest if section in ("optimizer", "training", "dataset", "digest") and rest else key


def _numbered(labels: Sequence[str]) -> list[str]:
    """Tell labels apart that look the same after shortening their values."""
    seen: dict[str, int] = defaultdict(int)
    result = []
    for label in labels:
        seen[label] += 1
        result.append(label if labels.count(label) == 1 else f"{label} #{seen[label]}")
    return result
