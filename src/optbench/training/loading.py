"""Whether a model that was saved can be loaded again: asked in a process that has not built it."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.core.text import as_sentence
from optbench.errors import ModelError
from optbench.training.keras_internals import reason_behind
from optbench.user_code import names_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.user_code import Reference

_LONGEST_REASON = 300


def loading_finding(archive: Path, reference: Reference) -> Finding | None:
    """Return what a user has to know before loading a `.keras` file again; None if plain Keras loads it.

    Parameters
    ----------
    reference : the function that built the model

    Side effects: executes the user's file if plain Keras alone cannot load the model.
    """
    reason = _why_not(archive, {})
    if not reason:
        return None
    named = {"file": reference.file.name}
    if _has_lambda(archive):
        return Finding("training-lambda-not-loaded", Severity.WARNING, named)
    reason = _why_not(archive, names_of(reference, error=ModelError))
    if not reason:
        return Finding("training-model-needs-code", Severity.NOTE, named)
    return Finding("training-model-not-loaded", Severity.WARNING, {**named, "reason": reason})


def _why_not(archive: Path, custom_objects: Mapping[str, Any]) -> str:
    """Return why Keras cannot load a model, on one line, or ""."""
    import keras

    try:
        keras.saving.load_model(archive, custom_objects=dict(custom_objects))
    except Exception as error:  # noqa: BLE001 - the user's own layers may raise anything
        said = as_sentence(reason_behind(error) or type(error).__name__)
        return said if len(said) <= _LONGEST_REASON else f"{said[:_LONGEST_REASON]}..."
    return ""


def _has_lambda(archive: Path) -> bool:
    """Return True if a layer of the model is a function that Keras stores as code."""
    with zipfile.ZipFile(archive) as members:
        return _holds_lambda(json.loads(members.read("config.json")))


def _holds_lambda(config: Any) -> bool:
    if isinstance(config, dict):
        return config.get("class_name") == "Lambda" or any(map(_holds_lambda, config.values()))
    return isinstance(config, list) and any(map(_holds_lambda, config))
