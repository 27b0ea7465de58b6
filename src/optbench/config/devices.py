"""What cannot be trained on several devices at once: said before anything runs, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.engines import AUTO, DEFAULT
from optbench.config.findings import Finding

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
    ways_out = f"Received: training.devices: {devices}."
    if training.engine not in (AUTO, DEFAULT):
        sentence = f"several devices are trained on by {DEFAULT} alone. {ways_out} Write {DEFAULT}, or devices: 1."
        yield Finding(("training", "engine"), sentence, code="config-keys-conflict")
    if training.diagnostics:
        sentence = f"diagnostics are measured on one device. {ways_out} Remove one of the two."
        yield Finding(("training", "diagnostics"), sentence, code="config-keys-conflict")
    if training.batch_size < devices:
        sentence = (
            f"a batch must have a row for each device. Received: {training.batch_size}, and training.devices: "
            f"{devices}. Use {devices} or more."
        )
        yield Finding(("training", "batch_size"), sentence, code="config-keys-conflict")
    arguments: Mapping[str, Any] = {} if optimizer is None or optimizer.name == "python" else optimizer.arguments
    for name in UNFIT_ARGUMENTS:
        if arguments.get(name) is not None:
            sentence = f"{name} works on one device alone. {ways_out} Remove one of the two."
            yield Finding(("optimizer", name), sentence, code="config-keys-conflict")
