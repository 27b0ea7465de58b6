"""What of an optimizer a study searches, and the experiment that a point of the search stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from optbench.catalog.resolved_optimizers import resolved_optimizer, same_algorithm
from optbench.config.optimizer import OptimizerConfig
from optbench.core.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.config.experiment import ExperimentConfig

Values = tuple[tuple[str, float], ...]
"""A point of a search: the name of each hyperparameter and its value, in the order of the search; () for none."""

LEARNING_RATE = "learning_rate"
MODEL = "model."


class SearchRange(Section):
    """Values that are tried, evenly on a logarithmic scale unless the scale is linear."""

    low: float = Field(ge=0, le=1e6, description="Smallest value; above 0 on a logarithmic scale.")
    high: float = Field(gt=0, le=1e6, description="Largest value.")
    scale: Literal["log", "linear"] = Field(default="log", description="Where the values lie between low and high.")


@dataclass(frozen=True, slots=True)
class StudyOptimizer:
    """One optimizer of a study.

    Attributes
    ----------
    label : unique name of its row and of its runs
    config : its fixed arguments; without those that are searched
    search : name -> values to look through, the learning rate first; empty if nothing is tuned. A name is an argument
        of the optimizer, or `model.` and a key of the model section
    fixed : key of the model section with `model.` -> number that replaces the experiment's
    """

    label: str
    config: OptimizerConfig
    search: Mapping[str, SearchRange] = field(default_factory=lambda: MappingProxyType({}))
    fixed: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_default(self) -> bool:
        """True if every argument has the value that Keras gives it, on the model as the experiment has it."""
        if self.search or self.fixed or self.config.name == "python":
            return False
        return self.config.resolved() == OptimizerConfig(name=self.config.name).resolved()

    def computes_the_same(self, other: StudyOptimizer) -> bool:
        """Return True if both rows are one algorithm with the same settings to try, as Adam with AdamW's decay is."""
        if dict(self.search) != dict(other.search) or dict(self.fixed) != dict(other.fixed):
            return False
        point = tuple((name, found.high) for name, found in self.search.items())
        mine, its = (resolved_optimizer(one.at(point).to_plain()) for one in (self, other))
        return mine is not None and its is not None and same_algorithm(mine, its)

    @property
    def model_keys(self) -> tuple[str, ...]:
        """Keys of the model section, with `model.`, that this optimizer sets for itself."""
        return tuple(name for name in (*self.fixed, *self.search) if name.startswith(MODEL))

    def at(self, values: Values) -> OptimizerConfig:
        """Return the optimizer at a point of the search; () leaves its arguments as they are."""
        found = {name: value for name, value in values if not name.startswith(MODEL)}
        if not found:
            return self.config
        return self.config.model_copy(update={"arguments": {**self.config.arguments, **found}})

    def experiment(self, base: ExperimentConfig, values: Values) -> ExperimentConfig:
        """Return an experiment with this optimizer at a point of the search."""
        own = {**self.fixed, **{name: value for name, value in values if name.startswith(MODEL)}}
        model = base.model
        for name, value in own.items():
            model = with_value(model, name.removeprefix(MODEL).split("."), value)
        return base.model_copy(update={"model": model, "optimizer": self.at(values)})


def with_value(section: Any, path: Sequence[str], value: Any) -> Any:
    """Return a section, or a mapping in one, with one value replaced."""
    first, *rest = path
    if isinstance(section, dict):
        return {**section, first: with_value(section.get(first, {}), rest, value) if rest else value}
    inner = with_value(getattr(section, first), rest, value) if rest else value
    return section.model_copy(update={first: inner})
