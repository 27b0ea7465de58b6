"""What all sections of an experiment file share.

Descriptions of fields are shown by editors (they become part of the JSON schema), so they are written for the user.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

FUNCTION_PATTERN = r"^[^:]+\.py:[A-Za-z_][A-Za-z0-9_]*$"
FunctionReference = Annotated[str, Field(pattern=FUNCTION_PATTERN)]


class Section(BaseModel):
    """What all sections share: a typo is an error, a value never changes, `"5"` is not 5."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def section_fields(section: type[BaseModel], *, without: tuple[str, ...]) -> dict[str, Any]:
    """Return the keys of a section with their defaults (`...` for a key that must be given)."""
    fields = {key: field for key, field in section.model_fields.items() if key not in without}
    return {key: "..." if field.is_required() else field.default for key, field in fields.items()}
