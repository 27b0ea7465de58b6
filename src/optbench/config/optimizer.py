"""The `optimizer` section: Keras' own names, checked against Keras' own signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from optbench.catalog.keras_api import class_named, folded, optimizer_signatures, optimizers_left_out
from optbench.catalog.optimizers import WEIGHT_DECAYS, optimizer_keys
from optbench.config.arguments import check_arguments, with_defaults
from optbench.config.findings import Finding, left_out_finding, shown
from optbench.config.pydantic_findings import missing_name, unfit_arguments, validate_section
from optbench.config.schedule_epochs import for_other_epochs, in_steps, with_epochs_keys
from optbench.core.section import FunctionReference, Section
from optbench.core.worded import joined, worded
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.catalog.keras_api import Signature

PATH = ("optimizer",)
# Keras refuses more than one of these
_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")


class OptimizerConfig(Section):
    """An optimizer and its arguments.

    Attributes
    ----------
    name : class name in lower case, or `python`
    arguments : constructor arguments; complete once resolved
    function : `file.py:function` if the name is `python`
    """

    name: str
    arguments: dict[str, Any] = Field(default={})
    function: FunctionReference | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return the section as it is written in a file."""
        if self.name == "python":
            return {"name": self.name, "function": self.function, "arguments": self.arguments}
        return {"name": self.name, **self.arguments}

    @property
    def exclude_from_weight_decay(self) -> list[str]:
        """Patterns of variables that are not decayed; a user's own function sees to that itself."""
        return [] if self.name == "python" else self.arguments.get("exclude_from_weight_decay") or []

    def resolved(self) -> OptimizerConfig:
        """Return the same optimizer with every default of Keras written out."""
        if self.name == "python":
            return self
        signature = optimizer_keys(class_named(optimizer_signatures(), self.name) or "")
        return OptimizerConfig(name=self.name, arguments=with_defaults(self.arguments, signature))

    def in_steps(self, *, steps_per_epoch: int, epochs: int) -> OptimizerConfig:
        """Return the same optimizer with what is told in epochs as steps.

        Raises
        ------
        ConfigError
            If a warm-up leaves nothing to decay over.
        """
        if self.name == "python":
            return self
        arguments = in_steps(self.arguments, steps_per_epoch=steps_per_epoch, epochs=epochs)
        return OptimizerConfig(name=self.name, arguments=arguments)

    def for_other_epochs(self, *, before: int, now: int) -> OptimizerConfig:
        """Return the same resolved optimizer for epochs of `now` steps instead of `before`; see `schedule_epochs`.

        What a user's own function makes stays as it is.
        """
        if self.name == "python":
            return self
        return OptimizerConfig(name=self.name, arguments=for_other_epochs(self.arguments, before=before, now=now))


def optimizer_names() -> tuple[str, ...]:
    """Return every optimizer an experiment file can name, in lower case."""
    return (*(name.lower() for name in optimizer_signatures()), "python")


def optimizer_defaults() -> dict[str, dict[str, Any]]:
    """Return every argument and its default for every optimizer, by the name an experiment file uses."""
    return {name.lower(): with_defaults({}, optimizer_keys(name)) for name in optimizer_signatures()}


def check_optimizer(section: Mapping[str, Any]) -> tuple[OptimizerConfig | None, list[Finding]]:
    """Check the section as written; returns the config, or None and what is wrong."""
    known = optimizer_signatures()
    name = section.get("name")
    if "name" not in section:
        return None, [missing_name(section, PATH, ", ".join(optimizer_names()))]
    if not isinstance(name, str):
        return None, [
            Finding(
                (*PATH, "name"),
                worded("must-text-received", "must be a text. Received: {received}.", received=shown(name)),
                code="config-value-wrong",
            )
        ]
    given = {key: value for key, value in section.items() if key != "name"}
    if name == "python":
        return _python_optimizer(section)
    class_name = class_named(known, name)
    if class_name is None:
        return None, [_unknown(name)]
    signature = with_epochs_keys(optimizer_keys(class_name))
    owner = worded("key-owner-optimizer", "optimizer {name}", name=class_name.lower())
    findings = check_arguments(given, signature, path=PATH, owner=owner, elsewhere=known)
    findings += _without_effect(given, signature)
    clipping = [key for key in _CLIPPING if given.get(key) is not None]
    if len(clipping) > 1:
        sentence = worded(
            "key-one-clipping",
            "only one kind of gradient clipping can be set. Received: {keys}. Remove one.",
            keys=joined(*clipping, between=worded("must-and", " and ")),
        )
        findings.append(Finding((*PATH, clipping[1]), sentence, at="key", code="config-keys-conflict"))
    if findings:
        return None, findings
    return OptimizerConfig(name=class_name.lower(), arguments=given), []


def _python_optimizer(section: Mapping[str, Any]) -> tuple[OptimizerConfig | None, list[Finding]]:
    config, findings = validate_section(OptimizerConfig, section, PATH)
    if config is not None:
        findings = unfit_arguments(config.arguments, (*PATH, "arguments"))
    if config is not None and config.function is None:
        findings = [
            Finding(
                (*PATH, "function"),
                worded("key-missing-function", "missing; add 'function: my_problem.py:make'."),
                at="key",
                code="config-key-missing",
            )
        ]
    return (None if findings else config), findings


def _without_effect(given: Mapping[str, Any], signature: Signature) -> list[Finding]:
    """Return what would be silently ignored: no decay to exclude from, one scaling of the loss over another."""
    findings = []
    decays = [key for key in WEIGHT_DECAYS if key in signature]
    if given.get("exclude_from_weight_decay") and not any(given.get(key, signature[key].default) for key in decays):
        sentence = worded(
            "key-no-decay", "there is no weight decay to exclude from. Add 'weight_decay: ...', or remove this key."
        )
        findings.append(
            Finding((*PATH, "exclude_from_weight_decay"), sentence, at="key", code="config-key-without-effect")
        )
    if given.get("loss_scale") is not None and given.get("loss_scale_factor") is not None:
        sentence = worded(
            "key-both-scales",
            "stands beside loss_scale, which scales the loss itself, by a factor that adapts. Remove one.",
        )
        findings.append(Finding((*PATH, "loss_scale_factor"), sentence, at="key", code="config-keys-conflict"))
    return findings


def _unknown(name: str) -> Finding:
    left_out = {folded(key): reason for key, reason in optimizers_left_out().items()}
    if folded(name) in left_out:
        return left_out_finding((*PATH, "name"), name, left_out[folded(name)])
    hint = did_you_mean(name.partition("(")[0].rpartition(".")[2], optimizer_names())
    sentence = worded(
        "must-optimizer",
        "must be a Keras optimizer. Received: {received}.{hint} Known: {known}.",
        received=shown(name),
        hint=hint,
        known=", ".join(optimizer_names()),
    )
    return Finding((*PATH, "name"), sentence, code="config-name-unknown")
