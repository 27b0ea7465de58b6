"""What groups of runs are called: short, and no two alike."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.settings import canonical
from optbench.comparison.wording import value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LONGEST_LABEL: Final = 40
_LONGEST_VALUE: Final = 16
_SECTIONS: Final = ("optimizer", "training", "model", "dataset", "evaluation", "versions", "digest")
"""In the order in which their settings are named; what is not among them, such as a key of a model, comes first."""


def entrant_labels(names: Sequence[str], settings: Sequence[Mapping[str, Any]], given: Sequence[str]) -> list[str]:
    """Return one label per name; bearers of one name go by the names they were given, if these tell them apart.

    Parameters
    ----------
    given : what each may be called instead, "" for nothing

    Examples
    --------
    >>> rates = [{"optimizer.learning_rate": 0.1}, {"optimizer.learning_rate": 0.2}, {}]
    >>> entrant_labels(["sgd", "sgd", "adam"], rates, ["plain", "fast", "plain"])
    ['plain', 'fast', 'adam']
    >>> entrant_labels(["sgd", "sgd", "adam"], rates, ["wine", "wine", "wine"])
    ['sgd learning_rate=0.1', 'sgd learning_rate=0.2', 'adam']
    """
    labels = list(names)
    for name in dict.fromkeys(names):
        bearers = [place for place, other in enumerate(names) if other == name]
        own = [given[place] for place in bearers]
        are_distinct = all(own) and len(set(own)) == len(own) and not set(own) & (set(names) - {name})
        if len(bearers) > 1 and are_distinct:
            for place in bearers:
                labels[place] = _shortened(given[place], _LONGEST_LABEL)
    return distinct_labels(labels, settings)


def distinct_labels(names: Sequence[str], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one label per name; where a name occurs again, as much as tells its bearers apart is added.

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
        if len(positions) > 1:
            telling = _telling_keys([settings[position] for position in positions])
            for position in positions:
                extra = setting_text(telling, settings[position])
                labels[position] = _shortened(f"{name} {extra}".strip(), max(_LONGEST_LABEL, len(name)))
    return _numbered(labels)


def setting_text(keys: Iterable[str], settings: Mapping[str, Any]) -> str:
    """Return `epochs=5 batch_size=32` of some keys; one that is not among the settings is left out."""
    return " ".join(
        f"{_short_key(key)}={_shortened(value_text(settings[key]), _LONGEST_VALUE)}" for key in keys if key in settings
    )


def differing_keys(settings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return, sorted, the keys whose values are not the same everywhere; absent counts as none."""
    distinct = list({id(mapping): mapping for mapping in settings}.values())
    keys = sorted({key for mapping in distinct for key in mapping})
    return [key for key in keys if _differ([mapping.get(key) for mapping in distinct])]


def _differ(values: Sequence[Any]) -> bool:
    """Return whether values differ, by their texts; what is one object is looked at once."""
    return len(set(map(canonical, {id(value): value for value in values}.values()))) > 1


def _telling_keys(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one key whose values tell all apart, else as many as it takes; those of the optimizer come first."""
    differing = sorted(differing_keys(settings), key=_rank)
    for key in differing:
        if _groups(settings, [key]) == len(settings):
            return [key]
    chosen: list[str] = []
    for key in differing:
        if _groups(settings, [*chosen, key]) > _groups(settings, chosen):
            chosen.append(key)
    return chosen


def _groups(settings: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> int:
    return len({canonical([mapping.get(key) for key in keys]) for mapping in settings})


def _rank(key: str) -> tuple[int, str]:
    section = key.partition(".")[0]
    return _SECTIONS.index(section) + 1 if section in _SECTIONS else 0, key


def _short_key(key: str) -> str:
    section, _, rest = key.partition(".")
    return rest if section in _SECTIONS and section != "versions" and rest else key


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _numbered(labels: Sequence[str]) -> list[str]:
    """Tell labels apart that look the same after shortening."""
    seen: dict[str, int] = defaultdict(int)
    result = []
    for label in labels:
        seen[label] += 1
        result.append(label if labels.count(label) == 1 else f"{label} #{seen[label]}")
    return result
