"""Names of the engines: optbench's own, and the group in which installed packages offer more.

What an engine is stands in `optbench.training.engines`; an experiment file is checked by its name alone.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from optbench.plugins import plugin_names

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTO: Final = "auto"
"""In an experiment file: one of optbench's own, by a rule. An engine of a package is never chosen by it."""

DEFAULT: Final = "fused"

GROUP: Final = "optbench.engines"
OWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fused": "optbench.training.engines.keras_kind:FUSED",
        "xla": "optbench.training.engines.keras_kind:XLA",
        "keras": "optbench.training.engines.keras_kind:KERAS",
    }
)


def engine_names() -> tuple[str, ...]:
    """Return what `training.engine` can be: `auto`, optbench's own engines, then those of installed packages."""
    return (AUTO, *plugin_names(GROUP, OWN))
