"""What is wrong with an experiment file, each finding with its place; all are reported at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from optbench.core.findings import Finding as Explanation
from optbench.core.findings import Severity
from optbench.core.worded import worded

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule.

    Attributes
    ----------
    path : keys and list positions from the root to the value, e.g. `("optimizer", "beta1")`
    sentence : rule, received value, remedy
    at : whether the caret belongs under the key or under the value
    means : for an unknown key, the path that was probably meant: that it is missing need not be said as well
    code : names the rule for programs (docs/error-codes.md)
    because : what explains the rule, shown below the findings
    """

    path: Path
    sentence: str
    at: Literal["key", "value"] = "value"
    means: Path = ()
    code: str = "config-invalid"
    because: Explanation | None = None

    @property
    def dotted(self) -> str:
        """The path as it is written for `--set`."""
        return dotted(self.path)


class Findings:
    """Gathers what is wrong with a part of a file while it is read.

    Attributes
    ----------
    findings : so far
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def say(self, path: Path, sentence: str, *, code: str, at_key: bool = False) -> None:
        """Add a finding; the caret belongs under the value, or under the key."""
        self.findings.append(Finding(path, sentence, at="key" if at_key else "value", code=code))


def left_out_finding(path: Path, name: str, reason: str, at: Literal["key", "value"] = "value") -> Finding:
    """Return the finding on a class of Keras that an experiment file cannot name; the catalogue of words says why."""
    because = Explanation("excluded-class", Severity.ERROR, {"name": name, "reason": reason})
    return Finding(
        path,
        worded("must-not-left-out", "{name} cannot be used here.", name=name),
        at,
        code="config-name-left-out",
        because=because,
    )


def dotted(path: Path) -> str:
    """Return `model.layers[0].Dense` for `("model", "layers", 0, "Dense")`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def shown(value: object) -> str:
    """Return a received value as the user wrote it, shortened."""
    text = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    limit = 60
    return text if len(text) <= limit else text[: limit - 3] + "..."
