"""The experiment file as one frozen value."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from optbench.catalog.tasks import DEFAULT_TASK, TaskName
from optbench.config.dataset_section import DatasetConfig
from optbench.config.evaluation_section import EvaluationConfig
from optbench.config.model_sections import ModelConfig
from optbench.config.names import NAME_PATTERN
from optbench.config.optimizer import OptimizerConfig
from optbench.config.training_sections import ReportConfig, TrainingConfig
from optbench.core.section import Section

SEED_LIMIT = 2**63
Seed = Annotated[int, Field(ge=0, lt=SEED_LIMIT)]


class ExperimentConfig(Section):
    """What one YAML file describes; resolved, it has one seed and no `auto` left."""

    name: str = Field(pattern=NAME_PATTERN, description="Name of the experiment; its run folders begin with it.")
    task: TaskName = Field(default=DEFAULT_TASK, description="What is predicted: a class, or a number (regression).")
    seed: Seed = Field(default=0, description="Replicate number: initial weights, batch order, dropout.")
    seeds: list[Seed] | None = Field(default=None, min_length=1, description="Several seeds: one run each.")
    dataset: DatasetConfig
    model: ModelConfig
    optimizer: OptimizerConfig
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    report: ReportConfig = ReportConfig()

    def to_plain(self) -> dict[str, Any]:
        """Return JSON-able values in the order of the file; `load_resolved` reads them back."""
        plain = self.model_dump(mode="json", exclude={"optimizer", "seeds"})
        found: dict[str, Any] = {}
        for key in type(self).model_fields:
            if key == "optimizer":
                found[key] = self.optimizer.to_plain()
            elif key in ("seed", "seeds"):
                # a file has one of the two
                found |= {"seeds": list(self.seeds)} if self.seeds is not None else {"seed": self.seed}
            else:
                found[key] = plain[key]
        return found
