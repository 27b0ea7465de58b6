"""What differs between two environments, what changes numbers most first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity

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


@dataclass(frozen=True, slots=True)
class EnvironmentDifference:
    """One fact that two environments do not share.

    Attributes
    ----------
    fact : dotted name, such as `cpu.model`
    before, after : its values, None where it is not recorded; of two lists only the items that the other one lacks
    """

    fact: str
    before: Any
    after: Any

    @property
    def finding(self) -> Finding:
        """What a reader is told."""
        values = {"fact": self.fact, "before": self.before, "after": self.after}
        return Finding("environment-differs", Severity.REMARK, values)


def environment_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[EnvironmentDifference]:
    """Return every fact that differs between two contents of `environment.json`.

    Facts that say nothing about numbers (the data, notes, the machine's short text) are left out.

    Examples
    --------
    >>> environment_differences({"packages": {"numpy": "2.3"}}, {"packages": {"numpy": "2.4"}})
    [EnvironmentDifference(fact='packages.numpy', before='2.3', after='2.4')]
    """
    found = []
    for section in _SECTIONS:
        left, right = dict(_leaves(section, a.get(section))), dict(_leaves(section, b.get(section)))
        names = [name for name in sorted({*left, *right}) if left.get(name) != right.get(name)]
        in_order = sorted(names, key=lambda name: name not in _FIRST)
        found += [_difference(name, left.get(name), right.get(name)) for name in in_order]
    return found


def _difference(fact: str, before: Any, after: Any) -> EnvironmentDifference:
    if isinstance(before, list) and isinstance(after, list):
        missing = [item for item in before if item not in after], [item for item in after if item not in before]
        return EnvironmentDifference(fact, *missing)
    return EnvironmentDifference(fact, before, after)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    else:
        yield name, value
