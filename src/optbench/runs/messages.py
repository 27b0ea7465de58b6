"""What passes between a command and the processes that do its tasks: arguments there, results and news back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from optbench.core.findings import Finding, Severity, as_json
from optbench.json_fields import JsonFields
from optbench.records import RunStatus
from optbench.run_store import ENDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.core.findings import Finding
    from optbench.executors.interface import PathUse


@dataclass(frozen=True, slots=True)
class TryOutArguments:
    """What to build without training it.

    Attributes
    ----------
    config : resolved YAML text
    data : folder of the staged data set
    base : folder that the user's paths are relative to
    time_an_epoch : train a few steps, too
    archive : where to save the model, as it would be saved when it is trained; None: nowhere
    """

    paths: ClassVar[Mapping[str, PathUse]] = {"data": "read", "archive": "make"}
    config: str
    data: str
    base: str
    time_an_epoch: bool = False
    archive: str | None = None

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
            archive=fields.maybe("archive", str),
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
    notes : what the user has to know of the model
    """

    parameters: int
    state_bytes: int
    seconds_per_epoch: float | None
    peak_memory_mb: float
    notes: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "notes": as_json(self.notes)}

    @classmethod
    def from_json(cls, document: object) -> TryOut:
        """Return the result that `to_json` wrote; StorageError if it is none."""
        fields = JsonFields(document, "what a try-out found")
        return cls(
            parameters=fields.take("parameters", int),
            state_bytes=fields.take("state_bytes", int),
            seconds_per_epoch=fields.maybe("seconds_per_epoch", float),
            peak_memory_mb=fields.take("peak_memory_mb", float),
            notes=fields.notes("notes"),
        )


@dataclass(frozen=True, slots=True)
class LoadArguments:
    """Which saved model to load again.

    Attributes
    ----------
    archive : the `.keras` file
    function, base : what built it, and the folder that its path is relative to
    """

    paths: ClassVar[Mapping[str, PathUse]] = {"archive": "read"}
    archive: str
    function: str
    base: str

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> LoadArguments:
        """Return the arguments that `to_json` wrote; StorageError if they are none."""
        fields = JsonFields(document, "arguments of loading a model")
        return cls(fields.take("archive", str), fields.take("function", str), fields.take("base", str))


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

    paths: ClassVar[Mapping[str, PathUse]] = {"folder": "train", "data": "read"}
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
    data : folder of the staged data set; None if there is none
    data_dir : where data sets with a name lie; None if nobody says
    """

    folder: str
    claim: str
    draw: bool = True
    language: str | None = None
    data: str | None = None
    data_dir: str | None = None

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
            data=fields.maybe("data", str),
            data_dir=fields.maybe("data_dir", str),
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


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """News of training: an epoch has ended.

    Attributes
    ----------
    epoch : 0 is the model before training
    epochs : at most so many
    values : the row of the history, by column; may be NaN or infinite
    """

    epoch: int
    epochs: int
    values: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; numbers as texts, since JSON has no NaN."""
        values = {name: repr(float(value)) for name, value in self.values.items()}
        return {"epoch": self.epoch, "epochs": self.epochs, "values": values}

    @classmethod
    def from_json(cls, document: object) -> EpochEnded:
        """Return the news that `to_json` wrote; StorageError if they are none."""
        fields = JsonFields(document, "the news of an epoch")
        values = JsonFields(fields.take("values", dict), "the values of an epoch")
        return cls(
            epoch=fields.take("epoch", int),
            epochs=fields.take("epochs", int),
            values={name: values.number(name) for name in values},
        )


@dataclass(frozen=True, slots=True)
class Said:
    """News of a run that everybody is to read: what happened to its checkpoints."""

    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"finding": self.finding.to_json()}

    @classmethod
    def from_json(cls, document: object) -> Said:
        """Return the news that `to_json` wrote; StorageError if they are none."""
        return cls(JsonFields(document, "the news of a run").finding("finding"))


@dataclass(frozen=True, slots=True)
class Detail:
    """News of a run that only those who asked for more want to read."""

    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"finding": self.finding.to_json()}

    @classmethod
    def from_json(cls, document: object) -> Detail:
        """Return the news that `to_json` wrote; StorageError if they are none."""
        return cls(JsonFields(document, "a detail of a run").finding("finding"))


News = EpochEnded | Said | Detail
_KINDS: Mapping[str, type[News]] = {"epoch": EpochEnded, "said": Said, "detail": Detail}


def event_of(news: News) -> dict[str, Any]:
    """Return news as an event of a task, which is JSON for every executor."""
    kind = next(kind for kind, known in _KINDS.items() if isinstance(news, known))
    return {"kind": kind, **news.to_json()}


def news_of(event: object) -> News:
    """Return the news that an event holds; StorageError if it holds none."""
    fields = JsonFields(event, "the event of a task")
    return _KINDS[fields.one_of("kind", tuple(_KINDS))].from_json(event)
