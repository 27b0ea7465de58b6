"""The trained model as a `.keras` archive that plain Keras loads without optbench."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.errors import ModelError

if TYPE_CHECKING:
    import keras

    from optbench.config import ExperimentConfig


def model_archive(model: keras.Model, config: ExperimentConfig) -> bytes:
    """Return the bytes of `model.keras`; not the same on every call, since Keras stores a date in it.

    Raises
    ------
    ModelError
        If a user's layer cannot be serialised by Keras.

    Notes
    -----
    A user's own loss or optimizer stays out: plain Keras could not load the model without their code.
    """
    own = config.training.loss.startswith("python:") or config.optimizer.name == "python"
    compiled = model.compiled
    with tempfile.TemporaryDirectory(prefix="optbench-") as folder:
        path = Path(folder, "model.keras")
        try:
            if own:
                model.compiled = False
            model.save(path)
        except Exception as exception:
            raise ModelError(f"Keras cannot save the trained model: {exception}") from exception
        finally:
            model.compiled = compiled
        return path.read_bytes()
