"""Generated problems into data sets: rows from the section's numbers alone, then split as any other rows."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import arrays_digest
from optbench.catalog.tasks import CLASSIFICATION, REGRESSION
from optbench.datasets import generated_numbers, generated_sequences, generated_tables
from optbench.datasets.assembly import Draft, assemble
from optbench.datasets.labels import choose_positive_class
from optbench.datasets.memory import require_memory
from optbench.datasets.table_splits import divide_by_fractions
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optbench.config import GeneratedConfig
    from optbench.datasets.generated_problem import GeneratedRows
    from optbench.records import Dataset

PROBLEMS: Mapping[str, Callable[[Any], GeneratedRows]] = {
    "sequence_parity": generated_sequences.sequence_parity,
    "delayed_recall": generated_sequences.delayed_recall,
    "signals": generated_sequences.signals,
    "two_spirals": generated_tables.two_spirals,
    "make_classification": generated_tables.make_classification,
    "ill_conditioned_logistic": generated_tables.ill_conditioned_logistic,
    "friedman1": generated_numbers.friedman1,
    "make_regression": generated_numbers.make_regression,
}
_BYTES_PER_NUMBER = 32  # what making a float64 takes at its peak


def load_generated(config: GeneratedConfig) -> Dataset:
    """Return a generated problem as a data set; its inputs are taken as they are, not standardised.

    Raises
    ------
    DataError
        If the numbers of the section contradict each other, or the split cannot be filled.
    """
    parameters = config.model_dump(mode="json", exclude={"split"})
    _require_memory(config, parameters)
    made = PROBLEMS[config.name](config)
    divided = divide_by_fractions(made.y, config.split, class_names=made.class_names)
    x, facts = (made.x, {}) if made.shaped is None else made.shaped(made.x, divided.rows.train)
    positive, note = choose_positive_class(made.class_names, None)
    return assemble(
        Draft(
            name=config.name,
            class_names=made.class_names,
            positive_class=positive,
            feature_names=made.feature_names,
            data_digest=arrays_digest({"x": made.x, "y": made.y, "made_of": np.array([json.dumps(parameters)])}),
            splits={
                name: SplitData(x=x[part], y=made.y[part], rows=part) for name, part in divided.rows.by_name.items()
            },
            method=divided.method,
            facts={
                "files": [],
                "rows_read": len(made.y),
                "generated": {**parameters, **facts},
                "split": divided.facts,
            },
            notes=note,
            task=CLASSIFICATION if made.class_names else REGRESSION,
        )
    )


def _require_memory(config: GeneratedConfig, parameters: Mapping[str, Any]) -> None:
    sizes = [parameters.get(key, 0) for key in ("length", "features", "n_features", "delay", "positions")]
    width = max(1, sum(sizes)) * (parameters.get("symbols", 0) + 1)
    require_memory(
        math.prod((config.rows, width, _BYTES_PER_NUMBER)),
        what=f"making {config.rows} rows of {config.name}",
        remedy="Make fewer or shorter rows.",
    )
