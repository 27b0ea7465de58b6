"""The `evaluation` section: how the probabilities of a trained model become answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from optbench.config.findings import Finding
from optbench.core.section import Section
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from optbench.config.dataset_section import DatasetConfig

TEMPERATURE = "temperature"


class Costs(Section):
    """What a wrong answer costs, in any unit; a right one costs nothing."""

    false_positive: float = Field(gt=0, description="Of answering the positive class where it is not.")
    false_negative: float = Field(gt=0, description="Of missing the positive class.")


class ThresholdRule(Section):
    """What the threshold is chosen for, or which it is; one of these."""

    cost: Costs | None = Field(default=None, description="The smallest cost of wrong answers.")
    recall_at_precision: float | None = Field(
        default=None, gt=0, le=1, description="The largest recall among the thresholds with at least that precision."
    )
    value: float | None = Field(
        default=None,
        ge=0,
        le=2,
        description="This threshold, chosen elsewhere; above 1: never. 'optbench refit' writes it.",
    )


class GivenTemperature(Section):
    """A calibration that was fitted elsewhere."""

    temperature: float = Field(gt=0, description="Divides the logits; 'optbench refit' writes it.")


class EvaluationConfig(Section):
    """What is chosen on the validation rows once the model is trained; metrics without it stay as they are, at 0.5."""

    threshold: Literal["f1"] | ThresholdRule | None = Field(
        default=None,
        description="Of the positive class of two, from which probability on it is the answer: f1, {cost: "
        "{false_positive: 1, false_negative: 5}}, {recall_at_precision: 0.9} or {value: 0.3}. null: above 0.5.",
    )
    calibration: Literal["temperature"] | GivenTemperature | None = Field(
        default=None,
        description="Bring probabilities closer to what happens: temperature divides their logits; {temperature: 1.5} "
        "by a number that is known.",
    )

    @property
    def is_asked_for(self) -> bool:
        """True if answers are others than the most probable class, or probabilities others than the model's."""
        return self.threshold is not None or self.calibration is not None

    @property
    def given_threshold(self) -> float | None:
        """The threshold, if it is known before training."""
        return self.threshold.value if isinstance(self.threshold, ThresholdRule) else None

    @property
    def given_temperature(self) -> float | None:
        """The temperature, if it is known before training."""
        return self.calibration.temperature if isinstance(self.calibration, GivenTemperature) else None

    @property
    def to_be_chosen(self) -> tuple[str, ...]:
        """The keys that need validation rows."""
        threshold = self.threshold is not None and self.given_threshold is None
        return ("threshold",) * threshold + ("calibration",) * (self.calibration == TEMPERATURE)


def evaluation_findings(evaluation: EvaluationConfig, dataset: DatasetConfig | None) -> list[Finding]:
    """Return what is wrong with the section beyond its single values."""
    findings = []
    rule = evaluation.threshold
    if isinstance(rule, ThresholdRule):
        kinds = [name for name in type(rule).model_fields if getattr(rule, name) is not None]
        if len(kinds) != 1:
            received = joined(*kinds, between=worded("must-and", " and ")) if kinds else worded("must-none", "none")
            sentence = worded(
                "key-one-threshold",
                "must have one of cost, recall_at_precision and value. Received: {received}. Keep one.",
                received=received,
            )
            findings.append(Finding(("evaluation", "threshold"), sentence, code="config-keys-conflict"))
    if dataset is None:
        return findings
    split = dataset.split
    # arrays of the user's own may bring validation rows, which only reading them shows
    has_none = dataset.name not in ("npz", "python") and split.validation == 0 and split.column is None
    if has_none or split.all_rows:
        findings += [
            Finding(("evaluation", key), no_validation(key), code="config-validation-needed")
            for key in evaluation.to_be_chosen
        ]
    return findings


def no_validation(key: str) -> str:
    """Return why a key of the section cannot be had without validation rows."""
    return worded(
        "key-needs-validation",
        "{key} is chosen on validation rows, and there are none. Set dataset.split.validation to a "
        "fraction such as 0.1, or remove the line.",
        key=key,
    )
