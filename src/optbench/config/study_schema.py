"""The JSON schema of study files, for editors."""

from __future__ import annotations

import copy
from typing import Any

from optbench.config.names import NAME_PATTERN
from optbench.config.optimizer import optimizer_names
from optbench.config.schema import DIALECT, json_schema
from optbench.config.study_problems import INLINE
from optbench.config.study_search import SearchRange
from optbench.config.study_sections import StudyHead


def study_json_schema() -> dict[str, Any]:
    """Return the schema as plain JSON values."""
    experiment, study = json_schema(), StudyHead.model_json_schema()
    definitions = copy.deepcopy(experiment["$defs"]) | study["$defs"]
    definitions["SearchRange"] = SearchRange.model_json_schema()
    definitions["Experiment"] = _experiment(experiment["properties"], ())
    definitions["NamedExperiment"] = _experiment(experiment["properties"], ("name",))
    definitions["StudyOptimizer"] = {"anyOf": [{"enum": list(optimizer_names()[:-1])}, _optimizers(definitions)]}
    properties = study["properties"]
    properties["experiment"] |= {"$ref": "#/$defs/Experiment"}
    properties["experiments"] |= {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/NamedExperiment"}}
    for name in ("experiment", "experiments"):
        properties[name].pop("default", None)
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
        "required": ["optimizers"],
        "oneOf": [{"required": ["experiment"]}, {"required": ["experiments"]}],
        "title": "optbench study",
        "description": "A tuned comparison of optimizers.",
    }


def _experiment(properties: dict[str, Any], more: tuple[str, ...]) -> dict[str, Any]:
    """Return an experiment of a study: a file, or data, model and training."""
    return {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {name: properties[name] for name in (*more, *INLINE)},
                "required": ["dataset", "model"],
            },
        ],
    }


def _optimizers(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the optimizers of an experiment, each with a label, `with`, and numbers that can be ranges."""
    known = copy.deepcopy(definitions["OptimizerConfig"])
    searched = {"$ref": "#/$defs/SearchRange"}
    for member in known["oneOf"]:
        own = member["properties"]
        for name, argument in own.items():
            if _takes_number(argument):
                own[name] = {"anyOf": [argument, searched]}
        own["label"] = {"type": "string", "pattern": NAME_PATTERN, "description": "Name of its row; default: its name."}
        own["with"] = {
            "type": "object",
            "description": "Numbers or ranges that replace keys of the model section, such as model.l2.",
            "patternProperties": {r"^model\.": {"anyOf": [{"type": "number"}, searched]}},
            "additionalProperties": False,
        }
    return dict(known)


def _takes_number(argument: dict[str, Any]) -> bool:
    return any(option.get("type") == "number" for option in argument.get("anyOf", [argument]))
