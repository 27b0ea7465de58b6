"""How a study was begun, as its folder says: whatever a later version plans, or `auto` stands for, it goes on so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from optbench.config import FIRST_DESIGN, StudyDesign

if TYPE_CHECKING:
    from optbench.study.paths import StudyPaths

Engines = Mapping[str, Mapping[str, str]]
"""Problem -> label -> engine."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What cannot be changed any more by another version of optbench.

    Attributes
    ----------
    design : what the version that began it planned beyond what its file says; today's if nothing was begun
    engines : what the first plan wrote down as its engines; {} if there is none, or it did not yet do so
    """

    design: StudyDesign = field(default_factory=StudyDesign)
    engines: Engines = field(default_factory=dict)


def read_begun(paths: StudyPaths) -> Begun:
    """Return how a study was begun; of a record that cannot be read whoever reads it next says so."""
    from optbench.errors import StorageError
    from optbench.run_store import read_json

    if not paths.record.exists():
        return Begun()
    try:
        record = read_json(paths.record)
    except StorageError:
        return Begun()
    engines = record.get("engines")
    return Begun(_design(record), engines if isinstance(engines, Mapping) else {})


def _design(record: Mapping[str, Any]) -> StudyDesign:
    """Return the design of a record; versions that did not yet write it down tell by the questions of their plan."""
    found, plan = record.get("design"), record.get("protocol")
    if isinstance(found, Mapping):
        return StudyDesign.from_json(found)
    has_families = isinstance(plan, Mapping) and "families" in plan
    return replace(FIRST_DESIGN, defaults_on_tuning_seeds=has_families, separate_questions=has_families)
