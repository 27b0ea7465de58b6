"""What is known of each Keras optimizer, one entry each; what other rooms say of optimizers derives from here.

Arguments and their defaults are Keras' own and stand in a table written by a tool (`keras_api`). This file adds what
no signature tells: the update rule, where to search the learning rate, which arguments do nothing, which differ
between optimizers without being part of the rule. A class of a newer Keras that has no entry yet can be used all the
same: it gets the range of Adam and a rule that is said not to be described. Rules and remarks stand here as codes,
their texts in `words`.

The rules are those of the sources of Keras 3.15. They matter because one name means different things elsewhere: the
place of epsilon, the default rate and what weight decay acts on all move results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from optbench.catalog.keras_api import Argument, class_named, folded, optimizer_signatures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.catalog.keras_api import Signature

WEIGHT_DECAYS: Final = ("weight_decay", "adam_weight_decay")
"""Arguments that decay weights, of whichever optimizer has them; None and 0 are the same for both."""

BESIDE: Final[Signature] = {"exclude_from_weight_decay": Argument("texts"), "loss_scale": Argument("loss_scale")}
"""What every optimizer takes beside Keras' arguments: a method and a wrapper of Keras, as keys."""

LOSS_SCALE: Final[Signature] = {
    "initial_scale": Argument("number", default=32768.0, exclusive_minimum=0),
    "dynamic_growth_steps": Argument("integer", default=2000, minimum=1),
}
"""What `loss_scale` takes: the arguments of Keras' LossScaleOptimizer."""


@dataclass(frozen=True, slots=True)
class SharedArgument:
    """An argument that every optimizer takes: where it differs, it is not the update rule alone that differs.

    Attributes
    ----------
    needs : arguments of which one has to be set, or this one changes no number; none if it always counts
    """

    needs: tuple[str, ...] = ()


SHARED_ARGUMENTS: Final[Mapping[str, SharedArgument]] = MappingProxyType(
    {
        "weight_decay": SharedArgument(),
        "exclude_from_weight_decay": SharedArgument(needs=WEIGHT_DECAYS),
        "clipnorm": SharedArgument(),
        "clipvalue": SharedArgument(),
        "global_clipnorm": SharedArgument(),
        "use_ema": SharedArgument(),
        "ema_momentum": SharedArgument(needs=("use_ema",)),
        "ema_overwrite_frequency": SharedArgument(needs=("use_ema",)),
        "loss_scale_factor": SharedArgument(),
        "loss_scale": SharedArgument(),
        "gradient_accumulation_steps": SharedArgument(),
    }
)


# Log ranges of three decades each, so that the same points lie equally close for all optimizers. Each holds Keras'
# default or the value that the optimizer's authors advise, wherever those differ.
ADAPTIVE: Final = (1e-4, 1e-1)  # steps of about the rate per weight: Keras' 1e-3 lies one decade above the lower end
_GRADIENT: Final = (1e-3, 1.0)  # steps as large as the gradient, which shrinks: useful rates are larger

_UNDESCRIBED: Final = "rule-undescribed"


@dataclass(frozen=True, slots=True)
class OptimizerFacts:
    """What no signature tells of one optimizer.

    Attributes
    ----------
    rule : code of the text with what it does to a weight w with gradient g at step t, in symbols
    rule_if : the same by an argument that makes another rule of it; the last that is set counts
    remark : code of the text with what is easily overlooked; may be empty
    remark_if : an argument, and the remark if it is set
    search_range : where a study looks for the learning rate if its file does not say, on a log scale
    holds_decay : its weight decay is read in Keras' own `_apply_weight_decay` and nowhere else, so that a variable
        can stand for it (`optbench.training.engines.held_decay`); a test reads Keras' sources
    needs : like `SharedArgument.needs`, of its own arguments
    computes : the class whose steps it takes; "" for its own. Only defaults differ then
    variables : numbers that it keeps for each weight; None if that depends on the weight's shape, or is not known
    variables_if : further ones by an argument that asks for them
    """

    rule: str = _UNDESCRIBED
    rule_if: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    remark_if: tuple[str, str] = ("", "")
    search_range: tuple[float, float] = ADAPTIVE
    holds_decay: bool = False
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    computes: str = ""
    variables: int | None = None
    variables_if: Mapping[str, int] = field(default_factory=dict)

    def rule_with(self, arguments: Mapping[str, object]) -> str:
        """Return the code of the update rule as these arguments make it."""
        return next((rule for name, rule in reversed(list(self.rule_if.items())) if arguments.get(name)), self.rule)

    def remark_with(self, arguments: Mapping[str, object]) -> str:
        """Return the code of what is easily overlooked with these arguments, or ""."""
        name, remark = self.remark_if
        return remark if arguments.get(name) else self.remark


_DESCRIBED: Final = {
    "SGD": OptimizerFacts(
        rule="rule-sgd",
        rule_if={"momentum": "rule-sgd-momentum", "nesterov": "rule-sgd-nesterov"},
        remark="remark-sgd",
        remark_if=("momentum", "remark-sgd-momentum"),
        search_range=_GRADIENT,
        holds_decay=True,
        needs={"nesterov": ("momentum",)},
        variables=0,
        variables_if={"momentum": 1},
    ),
    "RMSprop": OptimizerFacts(
        rule="rule-rmsprop",
        rule_if={"centered": "rule-rmsprop-centered", "momentum": "rule-rmsprop-momentum"},
        remark="remark-rmsprop",
        holds_decay=True,
        variables=1,
        variables_if={"momentum": 1, "centered": 1},
    ),
    "Adam": OptimizerFacts(
        rule="rule-adam",
        rule_if={"amsgrad": "rule-adam-amsgrad"},
        remark="remark-adam",
        holds_decay=True,
        variables=2,
        variables_if={"amsgrad": 1},
    ),
    "AdamW": OptimizerFacts(
        rule="rule-adam",
        rule_if={"amsgrad": "rule-adam-amsgrad"},
        remark="remark-adamw",
        holds_decay=True,
        computes="Adam",
        variables=2,
        variables_if={"amsgrad": 1},
    ),
    "Adamax": OptimizerFacts(
        rule="rule-adamax",
        holds_decay=True,
        variables=2,
    ),
    "Nadam": OptimizerFacts(
        rule="rule-nadam",
        remark="remark-nadam",
        holds_decay=True,
        variables=2,
    ),
    "Adagrad": OptimizerFacts(
        rule="rule-adagrad",
        remark="remark-adagrad",
        search_range=_GRADIENT,  # its accumulator only grows, so that steps shrink; its authors use 0.01 and more
        holds_decay=True,
        variables=1,
    ),
    "Adadelta": OptimizerFacts(
        rule="rule-adadelta",
        remark="remark-adadelta",
        search_range=(1e-2, 10.0),  # a factor on steps that scale themselves: its authors use 1.0, Keras 0.001
        holds_decay=True,
        variables=2,
    ),
    "Lion": OptimizerFacts(
        rule="rule-lion",
        remark="remark-lion",
        search_range=(1e-5, 1e-2),  # every step is a full sign step: its authors advise a tenth to a third of Adam's
        holds_decay=True,
        variables=1,
    ),
    "Adafactor": OptimizerFacts(
        rule="rule-adafactor",
        remark="remark-adafactor",
        search_range=ADAPTIVE,  # scaled by each weight's size on top, which keeps useful rates near Adam's
        holds_decay=True,
    ),
    "Lamb": OptimizerFacts(
        rule="rule-lamb",
        remark="remark-lamb",
        search_range=ADAPTIVE,  # the trust ratio rescales each layer's step to the size of its weights
        holds_decay=True,
        variables=2,
    ),
    "Muon": OptimizerFacts(
        rule="rule-muon",
        rule_if={"nesterov": "rule-muon-nesterov"},
        remark="remark-muon",
        search_range=ADAPTIVE,  # Keras scales its matrix steps to the size of Adam's
    ),
    "Ftrl": OptimizerFacts(
        rule="rule-ftrl",
        remark="remark-ftrl",
        search_range=_GRADIENT,  # shrinks like Adagrad
        holds_decay=True,
        variables=2,
    ),
    "ScheduleFreeAdamW": OptimizerFacts(
        rule="rule-schedule_free",
        remark="remark-schedule_free",
        variables=2,
    ),
}
OPTIMIZERS: Final[Mapping[str, OptimizerFacts]] = MappingProxyType(_DESCRIBED)


def optimizer_class(name: str) -> str | None:
    """Return the class of Keras that `name` means, in any case, with or without underscores; None if there is none."""
    return class_named(optimizer_signatures(), name)


def optimizer_facts(name: str) -> OptimizerFacts:
    """Return what is known of an optimizer; of one without an entry, Adam's range and no rule."""
    described = {folded(key): facts for key, facts in OPTIMIZERS.items()}
    return described.get(folded(name), OptimizerFacts())


VARIABLES_OF_ALL: Final[Mapping[str, int]] = MappingProxyType({"use_ema": 1, "gradient_accumulation_steps": 1})
"""Numbers that any optimizer keeps for each weight with an argument that all take."""


def variables_per_weight(name: str, arguments: Mapping[str, object]) -> int | None:
    """Return how many numbers an optimizer keeps for each weight; None if that is not one number, or not known.

    Examples
    --------
    >>> variables_per_weight("adam", {"amsgrad": True})
    3
    """
    facts = optimizer_facts(name)
    if facts.variables is None:
        return None
    further = {**facts.variables_if, **VARIABLES_OF_ALL}
    return facts.variables + sum(number for argument, number in further.items() if arguments.get(argument))


def optimizer_keys(class_name: str) -> Signature:
    """Return what the section of an optimizer takes beside `name`: Keras' arguments, and the keys all share."""
    return {**optimizer_signatures()[class_name], **BESIDE}
