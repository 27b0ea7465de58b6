"""The `training` and `report` sections of an experiment file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticKnownError

from optbench.catalog.engines import AUTO, OWN, engine_names
from optbench.catalog.metrics import monitors
from optbench.core.section import Section

# Any text here: which of the names there are is checked where the task is known (`task_rules`), since each has its own.
# The schema offers editors those of every task.
Monitor = Annotated[str, WithJsonSchema({"enum": list(monitors()), "type": "string"})]


def _a_name(value: Any) -> Any:
    """Say which names there are of what is no text at all."""
    if isinstance(value, str):
        return value
    *names, last = map(repr, engine_names())
    raise PydanticKnownError("literal_error", {"expected": f"{', '.join(names)} or {last}"})


# Any text here: which names there are is checked where an experiment is about to be executed (`validation`), since a
# run can be read where the package of its engine is not installed. The schema offers editors optbench's own.
EngineName = Annotated[str, BeforeValidator(_a_name), WithJsonSchema({"enum": [AUTO, *OWN], "type": "string"})]


class EarlyStopping(Section):
    """Stop when the monitored value has not improved for a while."""

    monitor: Monitor = Field(default="val_loss", description="Column of the history.")
    patience: int = Field(default=5, ge=1, le=1_000_000, description="Epochs without improvement before stopping.")
    restore_best: bool = Field(default=True, description="End with the weights of the best epoch.")
    min_delta: float = Field(default=0.0, ge=0, description="Smallest change that counts as improvement.")


class TrainingConfig(Section):
    """How the model is trained."""

    epochs: int = Field(default=10, ge=1, le=1_000_000, description="Passes over the training rows.")
    batch_size: int = Field(default=32, ge=1, le=10_000_000, description="Rows per step.")
    loss: str = Field(
        default="auto", min_length=1, description="auto, a Keras loss of the task, or python:file.py:function."
    )
    early_stopping: EarlyStopping | None = Field(default=None, description="null: train all epochs.")
    class_weight: Literal["balanced"] | dict[str, Annotated[float, Field(ge=0)]] | None = Field(
        default=None, description="null, balanced, or a weight per label."
    )
    standardize_target: bool | None = Field(
        default=None,
        description="Regression: train on the target minus its training mean, over its standard deviation; predictions "
        "and metrics are in the target's own unit either way. true if not given.",
    )
    augment: list[dict[str, dict[str, Any] | None]] = Field(
        default=[],
        max_length=100,
        description="Layers that change images at random, in training only: [{RandomFlip: {mode: horizontal}}].",
    )
    engine: EngineName = Field(default="auto", description="How an epoch is executed.")
    threads: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = Field(
        default="auto", description="CPU threads of one run; part of the result, since they change the last bits."
    )
    onednn: bool = Field(default=True, description="Let TensorFlow use oneDNN.")
    op_determinism: bool = Field(default=True, description="Only operations that give the same bits every time.")
    diagnostics: bool = Field(
        default=False, description="Record gradient norm, update ratio and weight norm per layer and epoch."
    )
    device: Literal["cpu", "gpu"] = Field(default="cpu", description="Where the model is trained.")
    devices: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Train one model on so many devices at once, each with its part of every batch (engine: fused).",
    )


class ReportConfig(Section):
    """What is drawn; never part of the result."""

    figures: bool = Field(default=True, description="Draw pictures and the page.")
    format: Literal["png", "svg", "pdf"] = Field(default="png", description="Format of the picture files.")
    examples: bool | None = Field(
        default=None,
        description="Show on the page what the hardest test rows hold. null: of data that comes with optbench or is "
        "public, and never of your own.",
    )
    tensorboard: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Folder, from the working directory on, for a board of TensorBoard with the epochs as they come.",
    )
