"""`python`: a model of the user's own, whose layers nobody here knows."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from optbench.catalog.model import ALL_KINDS, Example, InputForm, Model, ModelSection
from optbench.core.section import FunctionReference


class PythonModel(ModelSection):
    """`model: {name: python}`."""

    name: Literal["python"]
    function: FunctionReference = Field(description="file.py:function, relative to the experiment file.")
    arguments: dict[str, Any] = Field(default={}, description="Keyword arguments of the function.")


MODEL = Model(
    order=80,
    section=PythonModel,
    takes=ALL_KINDS,
    examples=(Example({"function": "own.py:build"}, InputForm((6,))),),
    layers=None,
    size=lambda section: str(section.get("function") or ""),
)
