"""The place where further analyses of a finished study are called: each adds one key to verdict.json.

An analysis is a function of the conclusion alone (its runs, records, tunings and comparison), so that verdict.json
depends on nothing else; what it finds has to be strict JSON, and must not hold clock times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optbench.study.conclusion import Conclusion

ANALYSES: Final[Mapping[str, Callable[[Conclusion], Any]]] = {}
"""Key in verdict.json -> function."""


def extra_analyses(conclusion: Conclusion) -> dict[str, Any]:
    """Return what every analysis found, by its key."""
    return {name: analyse(conclusion) for name, analyse in ANALYSES.items()}
