"""A finished run, opened to be exported: verified, its model loaded, its preprocessing read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from optbench.core.temporary_folders import temporary_folder
from optbench.core.text import listing
from optbench.runs.predictor import own_objects, read_for_use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from optbench.core.findings import Finding
    from optbench.datasets import Preprocessing
    from optbench.training.whole_models import WholeModel


def whole_model(
    folder: Path, *, raw: bool = True, trusts: Callable[[Sequence[Finding]], bool] = lambda _doubts: False
) -> WholeModel:
    """Return the model of a run with what comes before and behind it.

    Parameters
    ----------
    raw : what is exported takes raw columns, in layers of Keras
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
    if raw:
        _require_layers(recorded.manifest.run, preprocessing)
    from optbench.training import shipped
    from optbench.training.whole_models import WholeModel

    shipped.take_process(recorded.config.training)
    function = getattr(recorded.config.model, "function", None)
    own = None if function is None else str(function).rpartition(":")[0]
    with temporary_folder("export") as place:
        model, needs_code = shipped.keras_model(
            recorded.paths.model,
            partial(own_objects, recorded, trusts, place, command="export"),
            shown=f"the model of {recorded.manifest.run}",
            own=own,
        )
    return WholeModel(recorded.manifest.run, model, preprocessing, own if needs_code else None)


def _require_layers(run: str, preprocessing: Preprocessing) -> None:
    """Require columns whose reading there are layers of Keras for."""
    from optbench.errors import ModelError

    columns = preprocessing.source.columns if preprocessing.source.kind == "table" else ()
    unfit = [column.name for column in columns if column.kind == "hashing"]
    if unfit:
        raise ModelError(
            f"{run} cannot be exported with raw columns: hashed categories go by the SHA-256 of a text, which no layer "
            f"of Keras computes. Received: {listing(unfit)}. Export it to onnx or litert, which take the numbers that "
            "preprocessing.json says how to make, or train it with kind: embedding.",
            code="model-not-exported",
        )
