"""Which engine `training.engine: auto` stands for: a rule of the experiment and the number of its steps.

`fused` has the bits of Keras' `fit` and is ready in half a second. `xla` computes close to it, several times faster on
small models, and has to compile for a second or more first. So `auto` takes `xla` only where that is earned back, on
layers it was measured and tested with. `bench/engines.py` repeats the measurements; docs/performance.md has them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optbench.config.losses import PYTHON_PREFIX
from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.layer_graph import LayerSpec
    from optbench.config.experiment import ExperimentConfig

# Gates: weight matrices of a unit. Other layers are fast enough with `fused`, or have no deterministic gradient in XLA.
_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
_OTHERS = ("Dense", "Dropout", "Flatten", "Activation", "BatchNormalization", "LayerNormalization")
# From here on compiling was earned back by a single run of every model measured.
DENSE_STEPS = 30_000
RECURRENT_STEPS = 2_000
# Multiplications a step; with more of them XLA's matrix products on the CPU are slower than oneDNN's.
LARGEST_WORK = 8_000_000


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine, and why it is that one."""

    engine: str
    reason: Finding


def auto_engine(
    config: ExperimentConfig,
    specs: Sequence[LayerSpec] | None,
    *,
    input_shape: tuple[int, ...],
    outputs: int,
    train_rows: int | None,
) -> EngineChoice:
    """Return `xla` for many steps of a small dense or recurrent model without Python of the user's, else `fused`.

    Parameters
    ----------
    specs : the model's layers; None if only the user's own function knows them
    outputs : units of the output layer
    train_rows : rows of the training split, None if unknown
    """
    training = config.training
    has_python = config.optimizer.name == "python" or training.loss.startswith(PYTHON_PREFIX)
    if training.devices > 1:
        return _fused("engine-fused-devices", devices=training.devices)
    if specs is None or has_python:
        return _fused("engine-fused-python")
    if train_rows is None:
        return _fused("engine-fused-rows-unknown")
    if training.device != "cpu":
        return _fused("engine-fused-device", device=training.device)
    names = {spec.class_name for spec in specs}
    others = sorted(names - {*_GATES, *_OTHERS})
    if others:
        return _fused("engine-fused-layers", layers=others)
    steps = training.epochs * -(-train_rows // training.batch_size)
    work = training.batch_size * _multiplications(specs, input_shape, outputs)
    return _for_size(steps, work, needed=RECURRENT_STEPS if names & set(_GATES) else DENSE_STEPS)


def _for_size(steps: int, work: int, *, needed: int) -> EngineChoice:
    if work > LARGEST_WORK:
        return _fused("engine-fused-work", work=work, largest=LARGEST_WORK)
    if steps < needed:
        return _fused("engine-fused-steps", steps=steps, needed=needed)
    return EngineChoice("xla", Finding("engine-xla-earned", Severity.NOTE, {"steps": steps, "needed": needed}))


def _fused(code: str, **values: object) -> EngineChoice:
    return EngineChoice("fused", Finding(code, Severity.NOTE, values))


def _multiplications(specs: Sequence[LayerSpec], input_shape: tuple[int, ...], outputs: int) -> int:
    """Return the multiplications of one example's forward pass; layers before the last recurrent one work per step."""
    shape = list(input_shape)
    total = 0
    for spec in specs:
        units = int(spec.arguments.get("units", 0))
        if spec.class_name == "Flatten":
            shape = [math.prod(shape)]
        elif spec.class_name == "Dense":
            total += math.prod(shape) * units
            shape[-1] = units
        elif spec.class_name in _GATES:
            total += shape[0] * _GATES[spec.class_name] * units * (shape[-1] + units)
            shape = [shape[0], units] if spec.arguments.get("return_sequences") else [units]
    return total + math.prod(shape) * outputs
