"""What is known of each Keras optimizer, one entry each; what other rooms say of optimizers derives from here.

Arguments and their defaults are Keras' own and stand in a table written by a tool (`keras_api`). This file adds what
no signature tells: the update rule, where to search the learning rate, which arguments do nothing, which differ
between optimizers without being part of the rule. A class of a newer Keras that has no entry yet can be used all the
same: it gets the range of Adam and a rule that is said not to be described.

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

_UNDESCRIBED: Final = "not described: this program does not know the optimizer yet"


@dataclass(frozen=True, slots=True)
class OptimizerFacts:
    """What no signature tells of one optimizer.

    Attributes
    ----------
    rule : what it does to a weight w with gradient g at step t, in symbols
    rule_if : the rule by an argument that makes another one of it; the last that is set counts
    remark : what is easily overlooked; may be empty
    remark_if : an argument, and the remark if it is set
    search_range : where a study looks for the learning rate if its file does not say, on a log scale
    holds_decay : its weight decay is read in Keras' own `_apply_weight_decay` and nowhere else, so that a variable
        can stand for it (`optbench.training.engines.held_decay`); a test reads Keras' sources
    needs : like `SharedArgument.needs`, of its own arguments
    computes : the class whose steps it takes; "" for its own. Only defaults differ then
    """

    rule: str = _UNDESCRIBED
    rule_if: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    remark_if: tuple[str, str] = ("", "")
    search_range: tuple[float, float] = ADAPTIVE
    holds_decay: bool = False
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    computes: str = ""

    def rule_with(self, arguments: Mapping[str, object]) -> str:
        """Return the update rule as these arguments make it."""
        return next((rule for name, rule in reversed(list(self.rule_if.items())) if arguments.get(name)), self.rule)

    def remark_with(self, arguments: Mapping[str, object]) -> str:
        """Return what is easily overlooked with these arguments."""
        name, remark = self.remark_if
        return remark if arguments.get(name) else self.remark


_MOMENTS: Final = "m ← β₁ m + (1 - β₁) g;  v ← β₂ v + (1 - β₂) g²"
_CORRECTED: Final = "lr √(1 - β₂ᵗ) / (1 - β₁ᵗ)"
_ADAM: Final = f"{_MOMENTS};  w ← w - {_CORRECTED} m / (√v + ε)"
_AMSGRAD: Final = f"{_MOMENTS};  s ← max(s, v);  w ← w - {_CORRECTED} m / (√s + ε)"
_EPSILON_HAT: Final = "ε is added before the bias correction (1e-7); the paper and PyTorch add 1e-8 after it."
_SMALL_RATE: Final = "The default rate of Keras, 0.001, is far below that of the paper"

_DESCRIBED: Final = {
    "SGD": OptimizerFacts(
        rule="w ← w - lr g",
        rule_if={
            "momentum": "m ← μ m - lr g;  w ← w + m",
            "nesterov": "m ← μ m - lr g;  w ← w + μ m - lr g",
        },
        remark="Momentum is 0 unless it is set.",
        remark_if=(
            "momentum",
            "The rate is inside the velocity m: a schedule acts on new gradients only; PyTorch scales all of m.",
        ),
        search_range=_GRADIENT,
        holds_decay=True,
        needs={"nesterov": ("momentum",)},
    ),
    "RMSprop": OptimizerFacts(
        rule="v ← rho v + (1 - rho) g²;  w ← w - lr g / √(v + ε)",
        rule_if={
            "centered": "v ← rho v + (1 - rho) g²;  a ← rho a + (1 - rho) g;  w ← w - lr g / √(v - a² + ε)",
            "momentum": "v ← rho v + (1 - rho) g²;  m ← μ m + lr g / √(v + ε);  w ← w - m",
        },
        remark="ε stands inside the root and v starts at 0; PyTorch has rho 0.99 and ε outside.",
        holds_decay=True,
    ),
    "Adam": OptimizerFacts(rule=_ADAM, rule_if={"amsgrad": _AMSGRAD}, remark=_EPSILON_HAT, holds_decay=True),
    "AdamW": OptimizerFacts(
        rule=_ADAM,
        rule_if={"amsgrad": _AMSGRAD},
        remark=f"Adam with weight decay switched on. {_EPSILON_HAT}",
        holds_decay=True,
        computes="Adam",
    ),
    "Adamax": OptimizerFacts(
        rule="m ← β₁ m + (1 - β₁) g;  u ← max(β₂ u, |g|);  w ← w - lr m / ((1 - β₁ᵗ) (u + ε))",
        holds_decay=True,
    ),
    "Nadam": OptimizerFacts(
        rule=f"{_MOMENTS};  n = μ' m / (1 - Πμ') + (1 - μ) g / (1 - Πμ);  w ← w - lr n / (√(v / (1 - β₂ᵗ)) + ε)",
        remark="μ = β₁ (1 - 0.5 · 0.96ᵗ), μ' the same one step on: the momentum warms up at a fixed pace.",
        holds_decay=True,
    ),
    "Adagrad": OptimizerFacts(
        rule="a ← a + g²;  w ← w - lr g / √(a + ε)",
        remark=f"{_SMALL_RATE}'s users (0.01), and the effective rate only falls: its defaults lose by choice of "
        "default.",
        search_range=_GRADIENT,  # its accumulator only grows, so that steps shrink; its authors use 0.01 and more
        holds_decay=True,
    ),
    "Adadelta": OptimizerFacts(
        rule="a ← rho a + (1 - rho) g²;  Δ = g √(d + ε) / √(a + ε);  d ← rho d + (1 - rho) Δ²;  w ← w - lr Δ",
        remark=f"{_SMALL_RATE} (1.0): its defaults lose by choice of default.",
        search_range=(1e-2, 10.0),  # a factor on steps that scale themselves: its authors use 1.0, Keras 0.001
        holds_decay=True,
    ),
    "Lion": OptimizerFacts(
        rule="w ← w - lr sign(β₁ m + (1 - β₁) g);  m ← β₂ m + (1 - β₂) g",
        remark="Every weight moves by lr, so it needs a smaller rate than Adam (a third to a tenth); the default is "
        "Adam's.",
        search_range=(1e-5, 1e-2),  # every step is a full sign step: its authors advise a tenth to a third of Adam's
        holds_decay=True,
    ),
    "Adafactor": OptimizerFacts(
        rule="u = g / √v, cut to a root mean square of clip_threshold;  w ← w - max(ε₂, RMS(w)) min(lr, 1 / √t) u",
        remark="v is kept as row and column means. The rate is relative to the weights' size and capped at 1 / √t: it "
        "cannot be compared with other optimizers' rates.",
        search_range=ADAPTIVE,  # scaled by each weight's size on top, which keeps useful rates near Adam's
        holds_decay=True,
    ),
    "Lamb": OptimizerFacts(
        rule="u = Adam's step for lr 1 (ε after the bias correction);  w ← w - lr (‖w‖ / ‖u‖) u, per variable",
        remark="The step is scaled to the norm of each variable, so its rate is relative.",
        search_range=ADAPTIVE,  # the trust ratio rescales each layer's step to the size of its weights
        holds_decay=True,
    ),
    "Muon": OptimizerFacts(
        rule="m ← μ m + g;  w ← w - lr s O(m), O the nearest orthogonal matrix by Newton-Schulz",
        rule_if={"nesterov": "m ← μ m + g;  w ← w - lr s O(g + μ m), O the nearest orthogonal matrix by Newton-Schulz"},
        remark="s = rms_rate √(longer side). Variables that are no matrices, and excluded layers, get Adam's step "
        "with lr · adam_lr_ratio.",
        search_range=ADAPTIVE,  # Keras scales its matrix steps to the size of Adam's
    ),
    "Ftrl": OptimizerFacts(
        rule="a ← a + g²;  z ← z + g - (a_new^-p - a_old^-p) w / lr;  w ← (clip(z, ±λ₁) - z) / (a^-p / lr + 2 λ₂)",
        remark="p is learning_rate_power. Follows the regularised leader: L1 regularisation is part of the rule.",
        search_range=_GRADIENT,  # shrinks like Adagrad
        holds_decay=True,
    ),
    "ScheduleFreeAdamW": OptimizerFacts(
        rule="z ← z - lr g / (√(v / (1 - β₂ᵗ)) + ε);  x ← (1 - 1/t) x + z / t;  w ← (1 - β₁) z + β₁ x",
        remark="Averages instead of a schedule: give it a constant rate.",
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


def optimizer_keys(class_name: str) -> Signature:
    """Return what the section of an optimizer takes beside `name`: Keras' arguments, and the keys all share."""
    return {**optimizer_signatures()[class_name], **BESIDE}
