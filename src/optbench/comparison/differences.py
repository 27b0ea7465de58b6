"""What is not the same everywhere besides the optimizer, from the settings and the digests of the runs."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.groups import differing_keys
from optbench.comparison.settings import canonical
from optbench.comparison.severity import Difference, Severity
from optbench.comparison.wording import counted, listing, seed_ranges, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.comparison.groups import Group

# How the numbers are computed, not what is computed: they move the last bits (and, under XLA, dropout's stream).
_EXECUTION: Final = ("engine", "threads", "onednn", "op_determinism", "device")
_DIGESTS: Final = {"digest.data": "the data differ by digest", "digest.split": "the split differs by digest"}
_EFFECTS: Final = {
    Severity.CONFOUND: "a gap could come from it",
    Severity.MISMATCH: "it can move the last digits",
    Severity.REMARK: "a gap could come from it, not from the rule",
}
_COUNTS: Final = {"training.epochs": "the number of epochs", "training.threads": "the number of threads"}


def setting_differences(groups: Sequence[Group]) -> list[Difference]:
    """Return one finding per setting other than the optimizer's own that differs between groups."""
    keys = _causes(differing_keys(group.settings for group in groups))
    return [
        Difference(key, severity, _setting_sentence(key, groups, severity))
        for key in keys
        if (severity := severity_of(key)) is not None
    ]


def severity_of(key: str) -> Severity | None:
    """Return the weight of a differing setting; None for the optimizer's own arguments."""
    section, _, name = key.partition(".")
    if section == "optimizer":
        return None
    if section == "model":  # only what an optimizer may set for itself is among the settings
        return Severity.REMARK
    if section == "versions" or (section == "training" and name in _EXECUTION):
        return Severity.MISMATCH
    return Severity.CONFOUND


def confounded_pairs(groups: Sequence[Group]) -> frozenset[frozenset[str]]:
    """Return the pairs of labels whose settings differ in something that could make a gap."""
    weighty = {
        group.label: canonical(
            {key: value for key, value in group.settings.items() if severity_of(key) is Severity.CONFOUND}
        )
        for group in groups
    }
    pairs = itertools.combinations(weighty, 2)
    return frozenset(frozenset(pair) for pair in pairs if weighty[pair[0]] != weighty[pair[1]])


def start_differences(groups: Sequence[Group]) -> list[Difference]:
    """Return findings about runs of one seed that did not start alike or did not see the same batches.

    Compared are the digests of the initial weights and of the order of each epoch, as far as both runs
    went. Runs on other data or another split are not looked at: there, different digests are no news.
    """
    found = []
    for rung, words in (("initial_weights", "initial weights"), ("order", "batch order")):
        seeds, labels, shared = _unequal_seeds(groups, rung)
        if seeds:
            who = listing(sorted(labels))
            sentence = (
                f"The {words} are not the same on {len(seeds)} of {counted(shared, 'shared seed')} "
                f"({seed_ranges(seeds)}) for {who}: a gap could come from the start, not from the optimizer."
            )
            if rung == "order":
                sentence = sentence.replace("batch order are", "batch order is").replace("the start", "the order")
            found.append(Difference(f"digest.{rung}", Severity.MISMATCH, sentence))
    return found


def seed_differences(groups: Sequence[Group]) -> list[Difference]:
    """Return a remark if the optimizers did not run on the same seeds."""
    if len({group.seeds for group in groups}) < 2:  # noqa: PLR2004 - one distinct tuple means all agree
        return []
    has = _by_value({group.label: seed_ranges(group.seeds) for group in groups})
    listed = "; ".join(f"{seeds} ({listing(labels)})" for seeds, labels in has.items())
    sentence = f"The seeds differ: {listed}. Each pair is compared on the seeds that both have."
    return [Difference("seeds", Severity.REMARK, sentence)]


def missing_optimizers(labels: Mapping[str, Iterable[str]]) -> tuple[Difference, ...]:
    """Return a confound per optimizer that did not run on every problem; `labels` maps a problem to its optimizers."""
    where: dict[str, list[str]] = defaultdict(list)
    for problem, optimizers in labels.items():
        for label in optimizers:
            where[label].append(problem)
    return tuple(
        Difference(
            "problem",
            Severity.CONFOUND,
            f"{label} ran on {listing([f'[{problem}]' for problem in problems])} only: "
            "what ran on another data set or model is not compared with it.",
        )
        for label, problems in sorted(where.items())
        if len(problems) < len(labels)
    )


def values_sentence(words: str, values: Mapping[str, str]) -> str:
    """Write who has which value: `batch size differs: 32 (adam, sgd), 64 (adamw)`."""
    listed = ", ".join(f"{value} ({', '.join(labels)})" for value, labels in _by_value(values).items())
    return f"{words}: {listed}"


def _setting_sentence(key: str, groups: Sequence[Group], severity: Severity) -> str:
    values = {group.label: value_text(group.settings.get(key)) for group in groups}
    verdict = _EFFECTS[severity]
    sentence = f"{values_sentence(_words(key), values)}; {verdict}."
    return sentence[0].upper() + sentence[1:]


def _words(key: str) -> str:
    section, _, name = key.partition(".")
    if key in _DIGESTS:
        return _DIGESTS[key]
    if section == "versions":
        return f"the version of {name} differs"
    name = _COUNTS.get(key, name)
    if section == "model":
        name = f"the model's {name}"
    return f"{name.replace('_', ' ').replace('.', ' ')} differs"


def _causes(keys: list[str]) -> list[str]:
    """Leave out the digest of the split where its cause (another rule or other data) is named already."""
    has_cause = any(key == "digest.data" or key.startswith("dataset.") for key in keys)
    return [key for key in keys if not (key == "digest.split" and has_cause)]


def _unequal_seeds(groups: Sequence[Group], rung: str) -> tuple[list[int], set[str], int]:
    """Return seeds with unequal digests, the labels concerned and the number of seeds that several groups share."""
    found: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for group in groups:
        for record in group.records:
            digest = record.digests.get(rung)
            if digest:
                same_data = canonical([record.digests.get("data"), record.digests.get("split")])
                found[same_data, record.seed][group.label] = digest
    shared = {key: digests for key, digests in found.items() if len(digests) > 1}
    unequal = {key: digests for key, digests in shared.items() if not _agree(list(digests.values()))}
    labels = {label for digests in unequal.values() for label in digests}
    return sorted({seed for _, seed in unequal}), labels, len({seed for _, seed in shared})


def _agree(digests: Sequence[Any]) -> bool:
    """Compare texts, or lists with one entry an epoch as far as the shortest goes."""
    if all(isinstance(digest, str) for digest in digests):
        return len(set(digests)) == 1
    return all(len(set(epoch)) == 1 for epoch in zip(*digests, strict=False))


def _by_value(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Return value -> labels, both sorted."""
    holders: dict[str, list[str]] = defaultdict(list)
    for label in sorted(values):
        holders[values[label]].append(label)
    return {value: holders[value] for value in sorted(holders)}
