"""The `evaluation` section: how the probabilities of a trained model become answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from optbench.config.findings import Finding
from optbench.core.section import Section

if TYPE_CHECKING:
    from optbench.config.dataset_section import DatasetConfig

TEMPERATURE = "temperature"


class Costs(Section):
    """What a wrong answer costs, in any unit; a right one costs nothing."""

    false_positive: float = Field(gt=0, description="Of answering the positive class where it is not.")
    false_negative: float = Field(gt=0, description="Of missing the positive class.")


class ThresholdRule(Section):
    """What the threshold is chosen for, one of these."""

    cost: Costs | None = Field(default=None, description="The smallest cost of wrong answers.")
    recall_at_precision: float | None = Field(
        default=None, gt=0, le=1, description="The largest recall among the thresholds with at least that precision."
    )


class EvaluationConfig(Section):
    """What is chosen on the validation rows once the model is trained; metrics without it stay as they are, at 0.5."""

    threshold: Literal["f1"] | ThresholdRule | None = Field(
        default=None,
        description="Of the positive class of two, from which probability on it is the answer: f1, {cost: "
        "{false_positive: 1, false_negative: 5}} or {recall_at_precision: 0.9}. null: above 0.5.",
    )
    calibration: Literal["temperature"] | None = Field(
        default=None, description="Bring probabilities closer to what happens: temperature divides their logits."
    )

    @property
    def is_asked_for(self) -> bool:
        """True if anything is chosen."""
        return self.threshold is not None or self.calibration is not None


def evaluation_findings(evaluation: EvaluationConfig, dataset: DatasetConfig | None) -> list[Finding]:
    """Return what is wrong with the section beyond its single values."""
    findings = []
    rule = evaluation.threshold
    if isinstance(rule, ThresholdRule) and (rule.cost is None) == (rule.recall_at_precision is None):
        received = "both" if rule.cost is not None else "neither"
        sentence = f"must have cost or recall_at_precision. Received: {received}. Keep one."
        findings.append(Finding(("evaluation", "threshold"), sentence, code="config-keys-conflict"))
    if dataset is None:
        return findings
    # arrays of the user's own may bring validation rows, which only reading them shows
    if dataset.name not in ("npz", "python") and dataset.split.validation == 0 and dataset.split.column is None:
        asked = [key for key in ("threshold", "calibration") if getattr(evaluation, key) is not None]
        findings += [Finding(("evaluation", key), no_validation(key), code="config-validation-needed") for key in asked]
    return findings


def no_validation(key: str) -> str:
    """Return why a key of the section cannot be had without validation rows."""
    return (
        f"{key} is chosen on validation rows, and there are none. Set dataset.split.validation to a fraction such as "
        "0.1, or remove the line."
    )
