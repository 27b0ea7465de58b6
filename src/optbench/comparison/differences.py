"""What is not the same everywhere besides the optimizer, from the settings and the digests of the runs."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.labels import differing_keys
from optbench.comparison.settings import canonical, once_each
from optbench.comparison.severity import Difference, difference
from optbench.comparison.wording import seed_ranges, value_text
from optbench.config import SplitDesign
from optbench.core.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from optbench.comparison.groups import Group
    from optbench.comparison.question import Question
    from optbench.records import RunRecord

# How the numbers are computed, not what is computed: they move the last bits (and, under XLA, dropout's stream).
_EXECUTION: Final = ("engine", "threads", "onednn", "op_determinism", "device", "devices")
_SETTINGS_WITH_CODES: Final = {
    "digest.data": "comparison-data-differ",
    "digest.split": "comparison-split-differs",
    "training.epochs": "comparison-epochs-differ",
    "training.threads": "comparison-threads-differ",
}


def setting_differences(groups: Sequence[Group], question: Question) -> list[Difference]:
    """Return one finding per setting that differs between groups and is not asked about."""
    keys = _causes(differing_keys(group.settings for group in groups))
    weighed = [(key, severity_of(key, question)) for key in keys]
    return [_setting_difference(key, severity, groups) for key, severity in weighed if severity is not None]


def severity_of(key: str, question: Question) -> Severity | None:
    """Return the weight of a differing setting; None for what is asked about and what follows from it."""
    section, _, name = key.partition(".")
    if question.explains(key):
        return None
    if section == "model":  # only what an optimizer may set for itself is among the settings
        return Severity.REMARK
    if section == "versions" or (section == "training" and name in _EXECUTION):
        return Severity.MISMATCH
    return Severity.CONFOUND


def confounded_pairs(groups: Sequence[Group], question: Question) -> frozenset[frozenset[str]]:
    """Return the pairs of labels whose settings, or splits of one seed, differ in something that could make a gap."""
    weighty = {
        group.label: canonical(
            {key: value for key, value in group.settings.items() if severity_of(key, question) is Severity.CONFOUND}
        )
        for group in groups
    }
    return frozenset(
        frozenset((a.label, b.label))
        for a, b in itertools.combinations(groups, 2)
        if weighty[a.label] != weighty[b.label] or _unequal_splits(a, b)
    )


def split_differences(groups: Sequence[Group]) -> list[Difference]:
    """Return a confound if runs of one seed, each on the split of its seed, are not on the same split."""
    pairs = [(a, b, seeds) for a, b in itertools.combinations(groups, 2) if (seeds := _unequal_splits(a, b))]
    if not pairs:
        return []
    labels = sorted({group.label for a, b, _ in pairs for group in (a, b)})
    seeds = sorted({seed for *_, found in pairs for seed in found})
    return [difference("digest.split", Severity.CONFOUND, "comparison-splits-differ", seeds=seeds, labels=labels)]


def _unequal_splits(a: Group, b: Group) -> list[int]:
    """Return the shared seeds on which two groups of runs, each on a split of its own, do not have the same rows."""
    if a.design is not b.design or a.design is SplitDesign.ONE_SPLIT:
        return []
    of_a, of_b = ({record.seed: record.digests for record in group.records} for group in (a, b))
    known = ("data", "split")
    return sorted(
        seed
        for seed in of_a.keys() & of_b.keys()
        if any(of_a[seed].get(name) != of_b[seed].get(name) for name in known)
    )


def start_differences(groups: Sequence[Group], question: Question) -> list[Difference]:
    """Return findings about runs of one seed that did not start alike or did not see the same batches.

    Compared are the digests of the initial weights and of the order of each epoch, as far as both runs
    went. Runs on other data or another split are not looked at: there, different digests are no news.
    """
    found = []
    for rung, code in (("initial_weights", "comparison-starts-differ"), ("order", "comparison-orders-differ")):
        seeds, labels, shared = _unequal_seeds(groups, rung)
        if seeds and not question.explains(f"digest.{rung}"):
            values: dict[str, Any] = {"n": len(seeds), "n_shared": shared, "seeds": seeds, "labels": sorted(labels)}
            found.append(difference(f"digest.{rung}", Severity.MISMATCH, code, **values))
    return found


def seed_differences(groups: Sequence[Group]) -> list[Difference]:
    """Return a remark if the optimizers did not run on the same seeds."""
    if len({group.seeds for group in groups}) < 2:  # noqa: PLR2004 - one distinct tuple means all agree
        return []
    holders = holders_of({group.label: list(group.seeds) for group in groups}, text=seed_ranges)
    return [difference("seeds", Severity.REMARK, "comparison-seeds-differ", holders=holders)]


def missing_optimizers(labels: Mapping[str, Iterable[str]]) -> tuple[Difference, ...]:
    """Return a confound per optimizer that did not run on every problem; `labels` maps a problem to its optimizers."""
    where: dict[str, list[str]] = defaultdict(list)
    for problem, optimizers in labels.items():
        for label in optimizers:
            where[label].append(problem)
    return tuple(
        difference("problem", Severity.CONFOUND, "comparison-optimizer-missing", label=label, problems=problems)
        for label, problems in sorted(where.items())
        if len(problems) < len(labels)
    )


def holders_of(values: Mapping[str, Any], text: Callable[[Any], str] = value_text) -> list[dict[str, Any]]:
    """Return who has which value, for a finding: `[{"value": 32, "labels": ["adam", "sgd"]}, ...]`.

    Values whose texts are equal count as one. They are in the order of their texts, the labels too.
    """
    holders: dict[str, dict[str, Any]] = {}
    for label in sorted(values):
        holders.setdefault(text(values[label]), {"value": values[label], "labels": []})["labels"].append(label)
    return [holders[shown] for shown in sorted(holders)]


def _setting_difference(key: str, severity: Severity, groups: Sequence[Group]) -> Difference:
    holders = holders_of({group.label: group.settings.get(key) for group in groups})
    section, _, name = key.partition(".")
    if key in _SETTINGS_WITH_CODES:
        return difference(key, severity, _SETTINGS_WITH_CODES[key], holders=holders)
    if section == "versions":
        return difference(key, severity, "comparison-version-differs", package=name, holders=holders)
    if section == "model":
        return difference(key, severity, "comparison-model-setting-differs", setting=name, holders=holders)
    if severity is Severity.MISMATCH:
        return difference(key, severity, "comparison-execution-differs", setting=name, holders=holders)
    return difference(key, severity, "comparison-setting-differs", setting=name, holders=holders)


def _causes(keys: list[str]) -> list[str]:
    """Leave out the digest of the split where its cause (another rule or other data) is named already."""
    has_cause = any(key == "digest.data" or key.startswith("dataset.") for key in keys)
    return [key for key in keys if not (key == "digest.split" and has_cause)]


def _unequal_seeds(groups: Sequence[Group], rung: str) -> tuple[list[int], set[str], int]:
    """Return seeds with unequal digests, the labels concerned and the number of seeds that several groups share."""
    found: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for group in groups:
        same_data = once_each(group.records, _data_digests, lambda record: canonical(_data_digests(record)))
        for record, data in zip(group.records, same_data, strict=True):
            digest = record.digests.get(rung)
            if digest:
                found[data, record.seed][group.label] = digest
    shared = {key: digests for key, digests in found.items() if len(digests) > 1}
    unequal = {key: digests for key, digests in shared.items() if not _agree(list(digests.values()))}
    labels = {label for digests in unequal.values() for label in digests}
    return sorted({seed for _, seed in unequal}), labels, len({seed for _, seed in shared})


def _data_digests(record: RunRecord) -> list[Any]:
    return [record.digests.get("data"), record.digests.get("split")]


def _agree(digests: Sequence[Any]) -> bool:
    """Compare texts, or lists with one entry an epoch as far as the shortest goes."""
    if all(isinstance(digest, str) for digest in digests):
        return len(set(digests)) == 1
    return all(len(set(epoch)) == 1 for epoch in zip(*digests, strict=False))
