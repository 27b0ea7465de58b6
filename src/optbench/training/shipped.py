"""The model of a finished run, loaded again to answer new rows."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

from optbench.errors import MachineError, ModelError
from optbench.training.archive import without_unit
from optbench.training.archive_guard import why_too_large
from optbench.training.before_activation import known_before_activation
from optbench.training.forward import ForwardPass
from optbench.training.keras_internals import reason_behind
from optbench.training.start import import_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.config import TrainingConfig
    from optbench.records import InputPart

_LONGEST_REASON = 300


def take_process(training: TrainingConfig) -> None:
    """Give this process what a run was trained under, so that its model's outputs have the bits of `predictions.npz`.

    A process that has imported TensorFlow stays as it is; outputs may then differ in the last bits.

    Side effects: environment variables and process-wide settings of TensorFlow.
    """
    from optbench.training.engines import engine_kind

    if "tensorflow" in sys.modules:
        return
    kind = engine_kind(training.engine)
    wanted = kind.environment(training, os.environ)
    for name in set(os.environ).difference(wanted):
        del os.environ[name]
    os.environ.update(wanted)
    try:
        kind.configure(training)
    except MachineError:  # without a GPU here, its model can still be used
        kind.configure(training.model_copy(update={"device": "cpu"}))


def load_model(
    archive: Path,
    custom_objects: Callable[[], Mapping[str, Any]],
    *,
    shown: str,
    own: str | None,
    parts: Sequence[InputPart] = (),
    logits: bool = False,
) -> ForwardPass:
    """Return the outputs of `keras_model`, before they are brought to the unit of a target.

    Parameters
    ----------
    parts : the arrays that it takes, if they are several
    logits : return what it gives before its last activation instead
    """
    model, _ = keras_model(archive, custom_objects, shown=shown, own=own)
    model = known_before_activation(model, shown=shown).model if logits else without_unit(model)
    return ForwardPass(model, parts=parts)


def keras_model(
    archive: Path, custom_objects: Callable[[], Mapping[str, Any]], *, shown: str, own: str | None
) -> tuple[Any, bool]:
    """Return the model in a `.keras` file, and whether it needed the user's code.

    Nothing in the file is executed: a layer that is Python code in it is refused.

    Parameters
    ----------
    custom_objects : gives classes and functions by name; called if Keras' own are not enough, and may execute code
    shown : what messages call the file
    own : file of the user's Python that built the model; None if none did

    Raises
    ------
    ModelError
        If it cannot be loaded.
    """
    import_backend()
    if reason := why_too_large(archive):
        raise ModelError(f"{shown} cannot be loaded again: {reason}. Train it again.", code="model-not-loaded")
    model, reason = _loaded(archive, {})
    needs_code = model is None and own is not None
    if needs_code:
        model, reason = _loaded(archive, custom_objects())
    if model is None:
        remedy = f" Write its layers as classes with get_config in {own} and train it again." if own else ""
        raise ModelError(f"{shown} cannot be loaded again: {reason}.{remedy}", code="model-not-loaded")
    return model, needs_code


def _loaded(archive: Path, custom_objects: Mapping[str, Any]) -> tuple[Any, str]:
    """Return a model, or None and why there is none, on one line."""
    import keras

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python and Keras say of a damaged file, the sentence says as well
            model = keras.saving.load_model(archive, custom_objects=dict(custom_objects), compile=False, safe_mode=True)
    except Exception as error:  # noqa: BLE001 - a file that strangers made, or the user's own layers, may raise anything
        told = reason_behind(error) or type(error).__name__
        return None, (told if len(told) <= _LONGEST_REASON else f"{told[:_LONGEST_REASON]}...").rstrip(".")
    return model, ""
