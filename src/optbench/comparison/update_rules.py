"""What each optimizer really does in Keras: its update rule with the arguments as applied, and what surprises.

The rules are those of the sources of Keras 3.15. They matter because one name means different things elsewhere: the
place of epsilon, the default rate and what weight decay acts on all move results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison.wording import value_text
from optbench.config.keras_api import class_named, optimizer_signatures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.comparison.groups import Group


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """One row of the audit: what an optimizer does to a weight w with gradient g at step t.

    Attributes
    ----------
    label : the optimizer's label in the comparison
    rule : the update in symbols, as the arguments make it
    arguments : name, value in short, and True if it is the default of Keras; arguments that every optimizer has
        only where they are not
    weight_decay : how weights are decayed, in words; "none"
    remark : what is easily overlooked; may be empty
    """

    label: str
    rule: str
    arguments: tuple[tuple[str, str, bool], ...]
    weight_decay: str
    remark: str

    @property
    def arguments_text(self) -> str:
        """The arguments on one line; a star marks what is not the default of Keras."""
        return ", ".join(f"{name} {value}{'' if default else ' *'}" for name, value, default in self.arguments)

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "optimizer": self.label,
            "rule": self.rule,
            "arguments": {name: value for name, value, _ in self.arguments},
            "changed": [name for name, _, default in self.arguments if not default],
            "weight_decay": self.weight_decay,
            "remark": self.remark,
        }


@dataclass(frozen=True, slots=True)
class _Rule:
    """Formulas by the argument that switches them on (the last one that applies counts; "" always does).

    `instead` is the remark if an argument is set.
    """

    formulas: tuple[tuple[str, str], ...]
    remark: str = ""
    instead: tuple[str, str] = ("", "")


_MOMENTS: Final = "m ← β₁ m + (1 - β₁) g;  v ← β₂ v + (1 - β₂) g²"
_CORRECTED: Final = "lr √(1 - β₂ᵗ) / (1 - β₁ᵗ)"
_ADAM: Final = (
    ("", f"{_MOMENTS};  w ← w - {_CORRECTED} m / (√v + ε)"),
    ("amsgrad", f"{_MOMENTS};  s ← max(s, v);  w ← w - {_CORRECTED} m / (√s + ε)"),
)
_EPSILON_HAT: Final = "ε is added before the bias correction (1e-7); the paper and PyTorch add 1e-8 after it."
_SMALL_RATE: Final = "The default rate of Keras, 0.001, is far below that of the paper"
_RULES: Final[Mapping[str, _Rule]] = {
    "SGD": _Rule(
        (
            ("", "w ← w - lr g"),
            ("momentum", "m ← μ m - lr g;  w ← w + m"),
            ("nesterov", "m ← μ m - lr g;  w ← w + μ m - lr g"),
        ),
        "Momentum is 0 unless it is set.",
        (
            "momentum",
            "The rate is inside the velocity m: a schedule acts on new gradients only; PyTorch scales all of m.",
        ),
    ),
    "RMSprop": _Rule(
        (
            ("", "v ← rho v + (1 - rho) g²;  w ← w - lr g / √(v + ε)"),
            ("centered", "v ← rho v + (1 - rho) g²;  a ← rho a + (1 - rho) g;  w ← w - lr g / √(v - a² + ε)"),
            ("momentum", "v ← rho v + (1 - rho) g²;  m ← μ m + lr g / √(v + ε);  w ← w - m"),
        ),
        "ε stands inside the root and v starts at 0; PyTorch has rho 0.99 and ε outside.",
    ),
    "Adam": _Rule(_ADAM, _EPSILON_HAT),
    "AdamW": _Rule(_ADAM, f"Adam with weight decay switched on. {_EPSILON_HAT}"),
    "Adamax": _Rule(
        (("", "m ← β₁ m + (1 - β₁) g;  u ← max(β₂ u, |g|);  w ← w - lr m / ((1 - β₁ᵗ) (u + ε))"),),
    ),
    "Nadam": _Rule(
        (("", f"{_MOMENTS};  n = μ' m / (1 - Πμ') + (1 - μ) g / (1 - Πμ);  w ← w - lr n / (√(v / (1 - β₂ᵗ)) + ε)"),),
        "μ = β₁ (1 - 0.5 · 0.96ᵗ), μ' the same one step on: the momentum warms up at a fixed pace.",
    ),
    "Adagrad": _Rule(
        (("", "a ← a + g²;  w ← w - lr g / √(a + ε)"),),
        f"{_SMALL_RATE}'s users (0.01), and the effective rate only falls: its defaults lose by choice of default.",
    ),
    "Adadelta": _Rule(
        (("", "a ← rho a + (1 - rho) g²;  Δ = g √(d + ε) / √(a + ε);  d ← rho d + (1 - rho) Δ²;  w ← w - lr Δ"),),
        f"{_SMALL_RATE} (1.0): its defaults lose by choice of default.",
    ),
    "Lion": _Rule(
        (("", "w ← w - lr sign(β₁ m + (1 - β₁) g);  m ← β₂ m + (1 - β₂) g"),),
        "Every weight moves by lr, so it needs a smaller rate than Adam (a third to a tenth); the default is Adam's.",
    ),
    "Adafactor": _Rule(
        (("", "u = g / √v, cut to a root mean square of clip_threshold;  w ← w - max(ε₂, RMS(w)) min(lr, 1 / √t) u"),),
        "v is kept as row and column means. The rate is relative to the weights' size and capped at 1 / √t: it cannot "
        "be compared with other optimizers' rates.",
    ),
    "Lamb": _Rule(
        (("", "u = Adam's step for lr 1 (ε after the bias correction);  w ← w - lr (‖w‖ / ‖u‖) u, per variable"),),
        "The step is scaled to the norm of each variable, so its rate is relative.",
    ),
    "Muon": _Rule(
        (
            ("", "m ← μ m + g;  w ← w - lr s O(m), O the nearest orthogonal matrix by Newton-Schulz"),
            ("nesterov", "m ← μ m + g;  w ← w - lr s O(g + μ m), O the nearest orthogonal matrix by Newton-Schulz"),
        ),
        "s = rms_rate √(longer side). Variables that are no matrices, and excluded layers, get Adam's step with lr · "
        "adam_lr_ratio.",
    ),
    "Ftrl": _Rule(
        (("", "a ← a + g²;  z ← z + g - (a_new^-p - a_old^-p) w / lr;  w ← (clip(z, ±λ₁) - z) / (a^-p / lr + 2 λ₂)"),),
        "p is learning_rate_power. Follows the regularised leader: L1 regularisation is part of the rule.",
    ),
    "ScheduleFreeAdamW": _Rule(
        (("", "z ← z - lr g / (√(v / (1 - β₂ᵗ)) + ε);  x ← (1 - 1/t) x + z / t;  w ← (1 - β₁) z + β₁ x"),),
        "Averages instead of a schedule: give it a constant rate.",
    ),
}
_OWN: Final = "your own function decides"
_SHARED: Final = (
    "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum", "ema_overwrite_frequency",
    "loss_scale_factor", "gradient_accumulation_steps", "exclude_from_weight_decay", "loss_scale",
)  # fmt: skip
_HIDDEN: Final = ("function", "name", "arguments")


def update_rules(groups: Sequence[Group]) -> tuple[UpdateRule, ...]:
    """Return one row per group, in the order given: the rule with arguments as Keras applies them."""
    return tuple(_row(group.label, group.optimizer, _own_arguments(group.settings)) for group in groups)


def _own_arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    prefix = "optimizer."
    return {key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)}


def _row(label: str, optimizer: str, given: Mapping[str, Any]) -> UpdateRule:
    signatures = optimizer_signatures()
    known = class_named(signatures, optimizer)
    defaults = {name: told.default for name, told in signatures[known].items()} if known else {}
    values = {**defaults, **{name: value for name, value in given.items() if name not in _HIDDEN}}
    shown = [name for name in values if name not in _SHARED or values[name] != defaults.get(name)]
    rule = _RULES.get(known or "", _Rule((("", _OWN),)))
    return UpdateRule(
        label=label,
        rule=next(formula for switch, formula in reversed(rule.formulas) if not switch or values.get(switch)),
        arguments=tuple((name, value_text(values[name]), values[name] == defaults.get(name)) for name in shown),
        weight_decay=_weight_decay(values.get("weight_decay"), values.get("exclude_from_weight_decay")),
        remark=rule.instead[1] if values.get(rule.instead[0]) else rule.remark,
    )


def _weight_decay(value: Any, excluded: Any) -> str:
    if not value:
        return "none"
    where = f"except {', '.join(excluded)}" if excluded else "biases and normalisation included"
    return f"w ← w - lr {value_text(value)} w before each step, {where}; not in the loss"
