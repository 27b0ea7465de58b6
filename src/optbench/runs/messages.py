"""What passes between a command and the processes that do its tasks: arguments there, results and news back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from optbench.core.findings import Finding, Severity
from optbench.json_fields import JsonFields
from optbench.records import RunStatus
from optbench.run_store import ENDS


@dataclass(frozen=True, slots=True)
class TryOutArguments:
    """What to build without training it.

    Attributes
    ----------
    config : resolved YAML text
    data : folder of the staged data set
    base : folder that the user's paths are relative to
    time_an_epoch : train a few steps, too
    """

    config: str
    data: str
    base: str
    time_an_epoch: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> TryOutArguments:
        """Return the arguments that `to_json` wrote; StorageError if they are none."""
        fields = JsonFields(document, "arguments of a try-out")
        return cls(
            config=fields.take("config", str),
            data=fields.take("data", str),
            base=fields.take("base", str),
            time_an_epoch=fields.take("time_an_epoch", bool),
        )


@dataclass(frozen=True, slots=True)
class TryOut:
    """What building a model told.

    Attributes
    ----------
    parameters : number of trainable weights
    state_bytes : bytes of all variables of model and optimizer
    seconds_per_epoch : None if it was not measured
    peak_memory_mb : of the process, MiB
    """

    parameters: int
    state_bytes: int
    seconds_per_epoch: float | None
    peak_memory_mb: float

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> TryOut:
        """Return the result that `to_json` wrote; StorageError if it is none."""
        fields = JsonFields(document, "what a try-out found")
        return cls(
            parameters=fields.take("parameters", int),
            state_bytes=fields.take("state_bytes", int),
            seconds_per_epoch=fields.maybe("seconds_per_epoch", float),
            peak_memory_mb=fields.take("peak_memory_mb", float),
        )


@dataclass(frozen=True, slots=True)
class TrainArguments:
    """Which run to train.

    Attributes
    ----------
    folder : of the staged run
    claim : name of the caller's claim on it
    data : folder of the staged data set, or None to load it from the config
    runs_in_flight : so many runs may share the machine
    """

    folder: str
    claim: str
    data: str | None = None
    runs_in_flight: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> TrainArguments:
        """Return the arguments that `to_json` wrote; StorageError if they are none."""
        fields = JsonFields(document, "arguments of training")
        return cls(
            folder=fields.take("folder", str),
            claim=fields.take("claim", str),
            data=fields.maybe("data", str),
            runs_in_flight=fields.take("runs_in_flight", int),
        )


@dataclass(frozen=True, slots=True)
class FinishArguments:
    """Which trained run to finish.

    Attributes
    ----------
    folder, claim : as for `TrainArguments`
    draw : whether it gets its pictures, if its config wants some
    language : of pictures and page; None is that of the machine setting
    """

    folder: str
    claim: str
    draw: bool = True
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> FinishArguments:
        """Return the arguments that `to_json` wrote; StorageError if they are none."""
        fields = JsonFields(document, "arguments of finishing")
        return cls(
            folder=fields.take("folder", str),
            claim=fields.take("claim", str),
            draw=fields.take("draw", bool),
            language=fields.maybe("language", str),
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """How a finished run ended.

    Attributes
    ----------
    reason : why it diverged, or None
    """

    status: RunStatus
    reason: Finding | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"finished": str(self.status), "reason": None if self.reason is None else self.reason.to_json()}

    @classmethod
    def from_json(cls, document: object) -> Finished:
        """Return the end that `to_json` wrote; StorageError if it is none."""
        fields = JsonFields(document, "the end of a run")
        return cls(RunStatus(fields.one_of("finished", ENDS)), fields.maybe_finding("reason", Severity.WARNING))
