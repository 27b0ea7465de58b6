"""The JSON schemas with what models and made problems are, in words; of their keys the sections say it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.words.language import DEFAULT
from optbench.words.sentences import text

if TYPE_CHECKING:
    from collections.abc import Mapping


def described(schema: Mapping[str, Any], language: str = DEFAULT) -> dict[str, Any]:
    """Return a schema of experiment or study files in which each model and each made problem says what it is."""
    from optbench.catalog.generated import PROBLEMS
    from optbench.catalog.models import MODELS

    codes = {model.section.__name__: f"about-model-{name}" for name, model in MODELS.items()}
    codes |= {problem.section.__name__: f"about-data-{name}" for name, problem in PROBLEMS.items()}
    definitions = {
        name: {**definition, "description": text(codes[name], language)} if name in codes else definition
        for name, definition in schema["$defs"].items()
    }
    return {**schema, "$defs": definitions}
