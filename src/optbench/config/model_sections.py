"""The `model` section of an experiment file: one of the sections that the catalogue's models have."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from optbench.catalog.models import MODELS
from optbench.core.section import section_fields

if TYPE_CHECKING:
    from optbench.catalog.model import ModelSection as ModelConfig
else:
    # the names are known when the folder of models has been read, which is after types are checked
    ModelConfig = reduce(or_, (model.section for model in MODELS.values()))

__all__ = ["ModelConfig", "model_fields"]


def model_fields() -> dict[str, dict[str, Any]]:
    """Return each model's keys with their defaults (`...` for a key that must be given)."""
    return {name: section_fields(model.section, without=("name",)) for name, model in MODELS.items()}
