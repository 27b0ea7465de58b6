"""Generated problems into data sets: rows from the section's numbers alone, then split as any other rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from optbench.array_digests import arrays_digest
from optbench.catalog.generated import PROBLEMS
from optbench.datasets.array_data import array_source
from optbench.datasets.assembly import Draft, assemble
from optbench.datasets.labels import choose_positive_class
from optbench.datasets.memory import require_memory
from optbench.datasets.table_splits import divide_by_fractions
from optbench.records import SplitData

if TYPE_CHECKING:
    from optbench.config import GeneratedConfig
    from optbench.records import Dataset

_BYTES_PER_NUMBER = 32  # what making a float64 takes at its peak


def load_generated(config: GeneratedConfig) -> Dataset:
    """Return a generated problem as a data set; its inputs are taken as they are, not standardised.

    Raises
    ------
    DataError
        If the numbers of the section contradict each other, or the split cannot be filled.
    """
    parameters = config.model_dump(mode="json", exclude={"split"})
    problem = PROBLEMS[config.name]
    require_memory(
        config.rows * config.numbers_per_row * _BYTES_PER_NUMBER,
        what=f"making {config.rows} rows of {config.name}",
        remedy="Make fewer or shorter rows.",
    )
    made = problem.rows(config)
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
            source=array_source(x, divide_by=None, columns=made.feature_names),
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
            task=problem.task,
        )
    )
