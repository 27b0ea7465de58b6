"""Problems that are made, not read, a file per family: a file defines `FAMILY`, and experiments can name them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.entries import entries_in
from optbench.catalog.generated_problem import GeneratedFamily, GeneratedProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, GeneratedProblem[Any]]] = MappingProxyType(
    {
        problem.name: problem
        for family in entries_in(__name__, __path__, "FAMILY", GeneratedFamily)
        for problem in family.problems
    }
)
"""Every generated problem by its name, in the order of listings."""
