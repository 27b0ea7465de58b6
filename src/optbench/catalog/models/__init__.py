"""Models, a file each: the file defines `MODEL`, and the model is in schema, checks, listings and contract tests."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.entries import entries_in
from optbench.catalog.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS: Final[Mapping[str, Model[Any]]] = MappingProxyType(
    {model.name: model for model in entries_in(__name__, __path__, "MODEL", Model)}
)
"""Every model by its name, in the order of listings."""
