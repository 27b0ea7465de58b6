"""What cannot be trained on several devices at once: said before anything runs, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.engines import AUTO, DEFAULT
from optbench.config.findings import Finding
from optbench.core.worded import worded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.config.optimizer import OptimizerConfig
    from optbench.config.training_sections import TrainingConfig

UNFIT_ARGUMENTS: Final = ("loss_scale", "gradient_accumulation_steps", "ema_overwrite_frequency")
"""Arguments of optimizers by which Keras decides within a step whether to update: on several devices it cannot."""


def devices_findings(training: TrainingConfig, optimizer: OptimizerConfig | None) -> Iterator[Finding]:
    """Yield what of an experiment contradicts `training.devices`; nothing for one device.

    Parameters
    ----------
    optimizer : None if it is not valid for itself
    """
    devices = training.devices
    if devices == 1:
        return
    ways_out = worded("key-devices-received", "Received: training.devices: {devices}.", devices=devices)
    if training.engine not in (AUTO, DEFAULT):
        sentence = worded(
            "key-devices-engine",
            "several devices are trained on by {engine} alone. {ways_out} Write {engine}, or devices: 1.",
            engine=DEFAULT,
            ways_out=ways_out,
        )
        yield Finding(("training", "engine"), sentence, code="config-keys-conflict")
    if training.diagnostics:
        sentence = worded(
            "key-devices-diagnostics",
            "diagnostics are measured on one device. {ways_out} Remove one of the two.",
            ways_out=ways_out,
        )
        yield Finding(("training", "diagnostics"), sentence, code="config-keys-conflict")
    if training.batch_size < devices:
        sentence = worded(
            "key-devices-batch",
            "a batch must have a row for each device. Received: {batch_size}, and training.devices: "
            "{devices}. Use {devices} or more.",
            batch_size=training.batch_size,
            devices=devices,
        )
        yield Finding(("training", "batch_size"), sentence, code="config-keys-conflict")
    arguments: Mapping[str, Any] = {} if optimizer is None or optimizer.name == "python" else optimizer.arguments
    for name in UNFIT_ARGUMENTS:
        if arguments.get(name) is not None:
            sentence = worded(
                "key-devices-argument",
                "{name} works on one device alone. {ways_out} Remove one of the two.",
                name=name,
                ways_out=ways_out,
            )
            yield Finding(("optimizer", name), sentence, code="config-keys-conflict")
