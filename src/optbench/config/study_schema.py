"""The JSON schema of study files, for editors."""

from __future__ import annotations

import copy
from typing import Any

from optbench.config.experiment import NAME_PATTERN
from optbench.config.optimizer import optimizer_names
from optbench.config.schema import DIALECT, json_schema
from optbench.config.study_sections import RateRange, StudyHead

_INLINE = ("dataset", "model", "training")


def study_json_schema() -> dict[str, Any]:
    """Return the schema as plain JSON values."""
    experiment, study = json_schema(), StudyHead.model_json_schema()
    definitions = copy.deepcopy(experiment["$defs"]) | study["$defs"]
    definitions["RateRange"] = RateRange.model_json_schema()
    definitions["StudyOptimizer"] = {"anyOf": [{"enum": list(optimizer_names()[:-1])}, _optimizers(definitions)]}
    properties = study["properties"]
    properties["experiment"] = {
        "description": properties["experiment"]["description"],
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {name: experiment["properties"][name] for name in _INLINE},
                "required": ["dataset", "model"],
            },
        ],
    }
    properties["optimizers"] = {
        "description": properties["optimizers"]["description"],
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/$defs/StudyOptimizer"},
    }
    return {
        "$schema": DIALECT,
        **study,
        "$defs": definitions,
        "required": ["experiment", "optimizers"],
        "title": "optbench study",
        "description": "A tuned comparison of optimizers.",
    }


def _optimizers(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the optimizers of an experiment, each with a label, and a learning rate that can be a range."""
    known = copy.deepcopy(definitions["OptimizerConfig"])
    for member in known["oneOf"]:
        own = member["properties"]
        own["label"] = {"type": "string", "pattern": NAME_PATTERN, "description": "Name of its row; default: its name."}
        rate = {"$ref": "#/$defs/RateRange"}
        own["learning_rate"] = {"anyOf": [own["learning_rate"], rate]} if "learning_rate" in own else rate
    return dict(known)
