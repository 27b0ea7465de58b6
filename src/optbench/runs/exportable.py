"""A finished run, opened to be exported: verified, its model loaded, its preprocessing read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from optbench.core.temporary_folders import temporary_folder
from optbench.runs.predictor import own_objects, read_for_use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from optbench.core.findings import Finding
    from optbench.datasets import Preprocessing
    from optbench.training.whole_models import WholeModel

_NOT_EXPORTED: Final = ("words", "hashing", "embedding")


def whole_model(folder: Path, *, trusts: Callable[[Sequence[Finding]], bool] = lambda _doubts: False) -> WholeModel:
    """Return the model of a run with what comes before and behind it.

    Parameters
    ----------
    trusts : asked before any Python of the run is executed, if that may not be what it was trained with

    Raises
    ------
    InvalidError
        If the run is unfinished, changed, diverged, of a version that shipped no preprocessing, or its code is not
        trusted.
    ModelError
        If its model cannot be loaded, or takes columns in a form that is not exported.
    """
    recorded, preprocessing = read_for_use(folder)
    _require_exported_kinds(recorded.manifest.run, preprocessing)
    from optbench.training import shipped
    from optbench.training.whole_models import WholeModel

    shipped.take_process(recorded.config.training)
    function = getattr(recorded.config.model, "function", None)
    with temporary_folder("export") as place:
        model = shipped.keras_model(
            recorded.paths.model,
            partial(own_objects, recorded, trusts, place, command="export"),
            shown=f"the model of {recorded.manifest.run}",
            own=None if function is None else str(function).rpartition(":")[0],
        )
    return WholeModel(recorded.manifest.run, model, preprocessing)


def _require_exported_kinds(run: str, preprocessing: Preprocessing) -> None:
    """Require one input, of columns whose reading has layers that an exported model can hold."""
    from optbench.errors import ModelError

    columns = preprocessing.source.columns if preprocessing.source.kind == "table" else ()
    unfit = [f"{column.name} ({column.kind})" for column in columns if column.kind in _NOT_EXPORTED]
    if len(preprocessing.inputs) > 1:
        unfit += [f"{column.name} ({column.kind})" for column in columns if column.kind == "text"]
    if unfit:
        raise ModelError(
            f"{run} cannot be exported: words, tokens beside other columns, hashed and embedded categories have no "
            f"exported form yet. Received: {', '.join(unfit)}. 'optbench predict' takes new rows, and model.keras "
            "what preprocessing.json makes of them.",
            code="model-not-exported",
        )
