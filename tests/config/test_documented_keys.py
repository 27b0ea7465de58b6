"""Every key of an experiment and of a study file is described in the schema and named in docs/keys.md."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from optbench.catalog.generated import PROBLEMS
from optbench.config import json_schema, study_json_schema, study_sections
from optbench.config.experiment import ExperimentConfig

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
GENERATED = {problem.section for problem in PROBLEMS.values()}
"""The page says that `optbench list datasets` has their arguments."""


def sections(annotation):
    """Yield the sections in the type of a key."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from sections(part)


def own_keys():
    """Yield each section and key that is not a table of Keras' own arguments."""
    left = [ExperimentConfig, *(one for one in vars(study_sections).values() if one in list(sections(one)))]
    seen = set()
    while left:
        section = left.pop()
        if section in seen:
            continue
        seen.add(section)
        for name, field in section.model_fields.items():
            yield section, field.alias or name
            left += sections(field.annotation)


KEYS = sorted({(section.__name__, key, section in GENERATED) for section, key in own_keys()})


@pytest.mark.parametrize("key", sorted({key for _, key, is_generated in KEYS if not is_generated}))
def test_the_page_names_it(key):
    """As a word of its own."""
    assert re.search(rf"\b{re.escape(key)}\b", PAGE)


@pytest.mark.parametrize("schema", [json_schema(), study_json_schema()], ids=["experiment", "study"])
def test_the_schema_says_what_it_is_for(schema):
    """Also of keys that several sections share."""
    known = {name: keys for name, keys in schema["$defs"].items() if name in {section for section, _, _ in KEYS}}
    known[""] = schema
    silent = [
        f"{name}.{key}"
        for name, section in known.items()
        for key, value in section.get("properties", {}).items()
        if not value.get("description")
    ]
    assert known
    assert not silent
