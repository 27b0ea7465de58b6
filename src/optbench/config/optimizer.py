"""The `optimizer` section: Keras' own names, checked against Keras' own signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from optbench.config.arguments import check_arguments, with_defaults
from optbench.config.findings import Finding, shown
from optbench.config.keras_api import class_named, folded, optimizer_signatures, optimizers_left_out
from optbench.config.pydantic_findings import missing_name, unfit_arguments, validate_section
from optbench.config.section import FunctionReference, Section
from optbench.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def resolved(self) -> OptimizerConfig:
        """Return the same optimizer with every default of Keras written out."""
        if self.name == "python":
            return self
        signature = optimizer_signatures()[class_named(optimizer_signatures(), self.name) or ""]
        return OptimizerConfig(name=self.name, arguments=with_defaults(self.arguments, signature))


def optimizer_names() -> tuple[str, ...]:
    """Return every optimizer an experiment file can name, in lower case."""
    return (*(name.lower() for name in optimizer_signatures()), "python")


def optimizer_defaults() -> dict[str, dict[str, Any]]:
    """Return every argument and its default for every optimizer, by the name an experiment file uses."""
    return {name.lower(): with_defaults({}, signature) for name, signature in optimizer_signatures().items()}


def check_optimizer(section: Mapping[str, Any]) -> tuple[OptimizerConfig | None, list[Finding]]:
    """Check the section as written; returns the config, or None and what is wrong."""
    known = optimizer_signatures()
    name = section.get("name")
    if "name" not in section:
        return None, [missing_name(section, PATH, ", ".join(optimizer_names()))]
    if not isinstance(name, str):
        return None, [Finding((*PATH, "name"), f"must be a text. Received: {shown(name)}.")]
    given = {key: value for key, value in section.items() if key != "name"}
    if name == "python":
        return _python_optimizer(section)
    class_name = class_named(known, name)
    if class_name is None:
        return None, [Finding((*PATH, "name"), _unknown(name))]
    findings = check_arguments(
        given, known[class_name], path=PATH, owner=f"optimizer {class_name.lower()}", elsewhere=known
    )
    clipping = [key for key in _CLIPPING if given.get(key) is not None]
    if len(clipping) > 1:
        sentence = f"only one kind of gradient clipping can be set. Received: {' and '.join(clipping)}. Remove one."
        findings.append(Finding((*PATH, clipping[1]), sentence, at="key"))
    if findings:
        return None, findings
    return OptimizerConfig(name=class_name.lower(), arguments=given), []


def _python_optimizer(section: Mapping[str, Any]) -> tuple[OptimizerConfig | None, list[Finding]]:
    config, findings = validate_section(OptimizerConfig, section, PATH)
    if config is not None:
        findings = unfit_arguments(config.arguments, (*PATH, "arguments"))
    if config is not None and config.function is None:
        findings = [Finding((*PATH, "function"), "missing; add 'function: my_problem.py:make'.", at="key")]
    return (None if findings else config), findings


def _unknown(name: str) -> str:
    left_out = {folded(key): reason for key, reason in optimizers_left_out().items()}
    if folded(name) in left_out:
        return f"{name} cannot be used here: it {left_out[folded(name)]}."
    hint = did_you_mean(name.partition("(")[0].rpartition(".")[2], optimizer_names())
    return f"must be a Keras optimizer. Received: {shown(name)}.{hint} Known: {', '.join(optimizer_names())}."
