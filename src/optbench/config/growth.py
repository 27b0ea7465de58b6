"""What of an experiment enters its digests: everything but its name and its output, and of later keys only news.

A run is found again by its key, so a key of the experiment file that did not exist when the run was made must not
change it as long as its value means what was done before. Such a key is declared here, once, with that value; all
digests, and what `compare` and `--explain` set side by side, are made of what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_IN_KEY: Final = ("name", "report")
"""Sections that change no number."""

ADDED_LATER: Final[Mapping[str, Any]] = {
    "dataset.split.folds": None,
    "dataset.split.fold": None,
    "evaluation.threshold": None,
    "evaluation.calibration": None,
    "evaluation.threshold.value": None,
    "dataset.date_order": None,
    "dataset.decimal": ".",
    "dataset.encoding": "utf-8",
    "dataset.sheet": None,
    "dataset.target_missing": None,
    "dataset.split.all_rows": False,
    "dataset.text.form": None,
    "dataset.text.max_words": 1000,
    "dataset.split.group": None,
    "dataset.split.time": None,
    "dataset.thousands": None,
    "training.devices": 1,
}
"""Dotted path in a resolved experiment -> the value that means what was done before there was such a key.

`"dataset.encoding": "utf-8"` holds for every kind of data set that has the key. A section that is new as a whole is
declared key by key; it goes when all of them have their old values. tests/frozen/fields.json holds the keys that were
there from the start, and a test demands that any other stands here.
"""

ADDED_TO_STUDIES_LATER: Final[Mapping[str, Any]] = {
    "confirmation.at_most": None,
    "confirmation.resplit": False,
    "confirmation.on_one_split": 0,
    "tuning.race": "off",
    "tuning.widen": 0,
    "engine": "auto",
}
"""The same for the plan of a study, `study.plan.protocol`; `*` stands for every item of a list or mapping."""


def what_counts(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a resolved experiment's plain values determines numbers."""
    kept = {name: value for name, value in experiment.items() if name not in NOT_IN_KEY}
    return without_old_values(kept, ADDED_LATER)


def without_old_values(content: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested values without the keys that were added later and say what was done before them.

    Parameters
    ----------
    added : dotted path -> old value

    Examples
    --------
    >>> added = {"evaluation.threshold": None, "training.devices": 1}
    >>> without_old_values({"training": {"epochs": 3, "devices": 1}, "evaluation": {"threshold": None}}, added)
    {'training': {'epochs': 3}}
    >>> without_old_values({"training": {"epochs": 3, "devices": 2}}, added)
    {'training': {'epochs': 3, 'devices': 2}}
    """
    kept = dict(content)
    for path, old in added.items():
        kept = _without(kept, path.split("."), old)
    return kept


def _without(content: Any, path: Sequence[str], old: Any) -> Any:
    """Return what is left; `content` itself if that is all of it: most paths are in no experiment."""
    first, *rest = path
    if first == "*":
        if isinstance(content, Mapping):
            return {name: _without(value, rest, old) for name, value in content.items()}
        return [_without(value, rest, old) for value in content]
    if not isinstance(content, Mapping) or first not in content:
        return content
    inner = _without(content[first], rest, old) if rest else content[first]
    # a section of which nothing is left did not exist before either
    is_gone = inner == {} != content[first] if rest else inner == old
    if is_gone:
        return {name: value for name, value in content.items() if name != first}
    return content if inner is content[first] else {**content, first: inner}
