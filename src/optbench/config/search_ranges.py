"""Where a study looks for the learning rate of an optimizer if its file does not say: one log range for each.

Every range spans three decades, so that the same points lie equally close for all optimizers, and holds Keras' default
or the value that the optimizer's authors advise, wherever those differ.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADAPTIVE: Final = (1e-4, 1e-1)  # steps of about the rate per weight: Keras' 1e-3 lies one decade above the lower end
_GRADIENT: Final = (1e-3, 1.0)  # steps as large as the gradient, which shrinks: useful rates are larger

DEFAULT_RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "sgd": _GRADIENT,
        "rmsprop": _ADAPTIVE,
        "adam": _ADAPTIVE,
        "adamw": _ADAPTIVE,
        "adamax": _ADAPTIVE,
        "nadam": _ADAPTIVE,
        "schedulefreeadamw": _ADAPTIVE,
        "adafactor": _ADAPTIVE,  # scaled by each weight's size on top, which keeps useful rates near Adam's
        "lamb": _ADAPTIVE,  # the trust ratio rescales each layer's step to the size of its weights
        "muon": _ADAPTIVE,  # Keras scales its matrix steps to the size of Adam's
        "adagrad": _GRADIENT,  # its accumulator only grows, so that steps shrink; its authors use 0.01 and more
        "ftrl": _GRADIENT,  # shrinks like Adagrad
        "adadelta": (1e-2, 10.0),  # a factor on steps that scale themselves: its authors use 1.0, Keras 0.001
        "lion": (1e-5, 1e-2),  # every step is a full sign step: its authors advise a third to a tenth of Adam's rate
    }
)
