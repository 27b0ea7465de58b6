"""Runs sorted into problems, and each problem's runs into groups that differ in nothing but the seed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.catalog.resolved_optimizers import resolved_optimizer
from optbench.comparison.conditions import sort_by_conditions
from optbench.comparison.labels import differing_keys, distinct_labels, entrant_labels, setting_text
from optbench.comparison.question import Question
from optbench.comparison.settings import (
    canonical,
    data_title,
    model_title,
    once_each,
    optimizer_name,
    parts_of,
    problem_of,
)
from optbench.config import SplitDesign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.catalog.resolved_optimizers import ResolvedOptimizer
    from optbench.comparison.conditions import Conditions
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
    question: Question | None = None,
    suggested: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """Sort records by problem, optimizer and conditions; the order of `records` does not matter.

    Parameters
    ----------
    labels : run id -> name of its group, where a plan gives names: then two groups may have the same settings
    question : what is compared; optimizers if None. Where it is another setting, each optimizer is a problem of its own
    suggested : folder of a run -> what its group may be called where the optimizer's name does not tell it apart; the
        experiment's name if there is no entry

    Notes
    -----
    A run that is given twice (the same key) counts once. Of several runs of one group with one seed (other
    code behind the same configuration) the one with the smallest key is kept and the others are named.
    """
    names, asked = labels or {}, question or Question()
    unique = {(record.key, names.get(record.run)): record for record in sorted(records, key=_by_name, reverse=True)}
    by_problem: dict[tuple[str, str], list[RunRecord]] = defaultdict(list)
    distinct = sorted(unique.values(), key=lambda record: record.key)
    keys = once_each(distinct, parts_of, lambda record: _problem_key(record, asked))
    for record, key in zip(distinct, keys, strict=True):
        by_problem[key].append(record)
    members = [by_problem[name] for name in sorted(by_problem)]
    titles = distinct_labels(
        [_title(runs[0], asked) for runs in members],
        [runs[0].config.get("model", {}) for runs in members],
    )
    problems = [
        _problem(title, runs, names, asked, suggested or {}) for title, runs in zip(titles, members, strict=True)
    ]
    return tuple(sorted(problems, key=lambda problem: problem.title))


def _problem_key(record: RunRecord, question: Question) -> tuple[str, str]:
    return problem_of(record, question.varied), "" if question.is_of_optimizers else optimizer_name(record)


def _title(record: RunRecord, question: Question) -> str:
    """Name data and model, and the optimizer where it is not what is compared, without what is asked about."""
    is_sized = not any(name.startswith("model.") for name in question.varied if question.asks(name))
    name = record.config.get("model", {}).get("name")
    model = model_title(record) if is_sized else "" if question.asks("model.name") else str(name)
    optimizer = "" if question.is_of_optimizers else optimizer_name(record)
    return ", ".join(filter(None, (data_title(record), model, optimizer)))


def _problem(
    title: str,
    records: Sequence[RunRecord],
    names: Mapping[str, str],
    question: Question,
    suggested: Mapping[str, str],
) -> Problem:
    found = sort_by_conditions(records, names, question)
    keys = sorted(found)
    labels = _labels(keys, found, question, suggested)
    groups, repeated = [], {}
    for label, key in zip(labels, keys, strict=True):
        kept, left_out = _one_per_seed(found[key].records)
        conditions = found[key]
        groups.append(Group(label, key[0], conditions.settings, kept, conditions.design, conditions.makes_data))
        if left_out:
            repeated[label] = left_out
    return Problem(title, tuple(sorted(groups, key=lambda group: group.label)), repeated)


def _labels(
    keys: Sequence[tuple[str, str, str]],
    found: Mapping[tuple[str, str, str], Conditions],
    question: Question,
    suggested: Mapping[str, str],
) -> list[str]:
    """Return the labels of groups: what a plan calls them, or the optimizer, or the value of what is asked about."""
    settings = [found[key].settings for key in keys]
    if question.is_of_optimizers:
        given = [_called(found[key].records, suggested) for key in keys]
        return entrant_labels([planned or name for name, _, planned in keys], settings, given)
    if question.asks("model.name"):
        return distinct_labels([model_title(found[key].records[0]) for key in keys], settings)
    asked = [name for name in differing_keys(settings) if question.asks(name)] or [question.by]
    return distinct_labels([setting_text(asked, one) for one in settings], settings)


def _called(records: Sequence[RunRecord], suggested: Mapping[str, str]) -> str:
    """Return the one name that all runs of a group go by, or ""."""
    names = {suggested.get(record.folder) or str(record.config.get("name") or "") for record in records}
    return names.pop() if len(names) == 1 else ""


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
