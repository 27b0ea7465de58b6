"""What differs between two environments, as sentences, what changes numbers most first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# In the order in which they are suspected when two runs differ. What is not here says nothing about numbers.
_SECTIONS = (
    "software",
    "variables",
    "packages",
    "package_digests",
    "cpu",
    "gpus",
    "code",
    "git",
    "python",
    "platform",
    "memory",
)
_FIRST = ("packages.tensorflow", "packages.keras", "packages.numpy", "packages.scikit-learn")
_LONGEST_VALUE = 120


def environment_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Return a sentence for every fact that differs between two contents of `environment.json`.

    Facts that say nothing about numbers (the data, notes, the machine's short text) are left out.

    Examples
    --------
    >>> environment_differences({"packages": {"numpy": "2.3"}}, {"packages": {"numpy": "2.4"}})
    ['packages.numpy differs: 2.3 against 2.4.']
    """
    found = []
    for section in _SECTIONS:
        left, right = dict(_leaves(section, a.get(section))), dict(_leaves(section, b.get(section)))
        names = [name for name in sorted({*left, *right}) if left.get(name) != right.get(name)]
        found += [_sentence(name, left, right) for name in sorted(names, key=lambda name: name not in _FIRST)]
    return found


def _sentence(name: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> str:
    if isinstance(left.get(name), list) and isinstance(right.get(name), list):
        return f"{name} differs: {_listed(left[name], right[name])} against {_listed(right[name], left[name])}."
    return f"{name} differs: {_shown(left, name)} against {_shown(right, name)}."


def _listed(own: list[Any], other: list[Any]) -> str:
    """Return the items that the other list lacks."""
    only = [str(item) for item in own if item not in other]
    return _cut(", ".join(only)) if only else "none"


def _shown(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "none" if value is None else _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    else:
        yield name, value
