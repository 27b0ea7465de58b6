"""Categories with many levels: what each costs a model, and what it would cost in another form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from optbench.config import ExperimentConfig
    from optbench.records import Dataset

MANY: Final = 50
"""Levels from which on a category is told: more columns than most tables have."""
_EMBEDDING, _HASHING = 16, 256


def many_levels(config: ExperimentConfig, dataset: Dataset) -> list[Finding]:
    """Return a note on each category of a table that has many levels, for a resolved experiment."""
    found = [
        (column["name"], dataset.facts["preprocessing"][column["name"]])
        for column in dataset.facts.get("columns", [])
        if column["kind"] == "category"
    ]
    return [
        _note(config, dataset, name, len(fitted["levels"]) + fitted["rare_levels"], len(fitted["levels"]) + 1)
        for name, fitted in found
        if len(fitted["levels"]) + fitted["rare_levels"] >= MANY
    ]


def _note(config: ExperimentConfig, dataset: Dataset, name: str, n_levels: int, n_inputs: int) -> Finding:
    from optbench.catalog.models import MODELS
    from optbench.config import dump_value

    units = _first_units(config, dataset)
    takes_vectors = "embedded" in MODELS[config.model.name].takes
    embedding = {
        "setting": dump_value({name: {"kind": "embedding", "size": _EMBEDDING}}),
        "n_weights": (n_levels + 1 + units) * _EMBEDDING,
    }
    told = [Finding("validate-as-embedding", Severity.NOTE, embedding).to_json()]
    values = {
        "name": name,
        "n_levels": n_levels,
        "n_inputs": n_inputs,
        "n_weights": n_inputs * units,
        "embedding": told if takes_vectors else [],
        "hashing": dump_value({name: {"kind": "hashing", "size": _HASHING}}),
        "n_hashed": (_HASHING + 1) * units,
    }
    return Finding("validate-many-levels", Severity.NOTE, values)


def _first_units(config: ExperimentConfig, dataset: Dataset) -> int:
    """Return how many units of a model see the columns: those of its first dense layer behind its inputs' own layers.

    One, for a model of the user's own.
    """
    from optbench.catalog.models import MODELS

    model = MODELS[config.model.name]
    if model.layers is None:
        return 1
    widths = [spec.arguments["units"] for spec in model.head(config.model) if spec.class_name == "Dense"]
    outputs = 1 if dataset.num_outputs == 2 else dataset.num_outputs  # noqa: PLR2004 - two classes have one unit
    return int((*widths, outputs)[0])
