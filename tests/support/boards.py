"""What TensorBoard reads in a folder, by its own reader."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np


def read_board(folder):
    """Return TensorBoard's reader with all events of a folder loaded.

    It would import TensorFlow to open files, unless a module of this name says that there is none.
    """
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    found.Reload()
    return found


def rounded(values):
    """Return numbers as a board has them."""
    return [float(np.float32(value)) for value in values]


def numbers(found, name):
    """Return step -> number."""
    from tensorboard.util.tensor_util import make_ndarray

    return {event.step: make_ndarray(event.tensor_proto).item() for event in found.Tensors(name)}
