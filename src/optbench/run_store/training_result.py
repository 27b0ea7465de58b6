"""What training says of itself when it is done, for whoever finishes the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.core.findings import Severity
from optbench.json_fields import JsonFields
from optbench.records import RunStatus
from optbench.run_store.documents import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.core.findings import Finding

ENDS: Final = tuple(str(status) for status in RunStatus if status.is_finished)
"""What can become of a run that is brought to its end."""


@dataclass(frozen=True, slots=True)
class TrainingTimes:
    """What training has cost; content of `timing.json`.

    Attributes
    ----------
    training_cpu_seconds : of the process
    seconds_per_epoch : None if no epoch was trained
    peak_memory_mb : of the process, MiB
    runs_in_flight : so many runs may have shared the machine
    """

    training_seconds: float
    training_cpu_seconds: float
    seconds_per_epoch: float | None
    seconds_to_build: float
    peak_memory_mb: float
    runs_in_flight: int

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object, what: object) -> TrainingTimes:
        """Return the times that `to_json` wrote; for errors see `TrainingResult.from_json`."""
        fields = JsonFields(document, what)
        return cls(
            training_seconds=fields.take("training_seconds", float),
            training_cpu_seconds=fields.take("training_cpu_seconds", float),
            seconds_per_epoch=fields.maybe("seconds_per_epoch", float),
            seconds_to_build=fields.take("seconds_to_build", float),
            peak_memory_mb=fields.take("peak_memory_mb", float),
            runs_in_flight=fields.take("runs_in_flight", int),
        )


@dataclass(frozen=True, slots=True)
class LadderDigests:
    """The rungs that training climbs: one digest, and one for each trained epoch of the others."""

    initial_weights: str
    order: tuple[str, ...]
    weights: tuple[str, ...]
    optimizer: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "initial_weights": self.initial_weights,
            "order": list(self.order),
            "weights": list(self.weights),
            "optimizer": list(self.optimizer),
        }

    @classmethod
    def from_json(cls, document: object, what: object) -> LadderDigests:
        """Return the digests that `to_json` wrote; for errors see `TrainingResult.from_json`."""
        fields = JsonFields(document, what)
        epochs = (fields.texts(name) for name in ("order", "weights", "optimizer"))
        return cls(fields.take("initial_weights", str), *epochs)


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Content of `.state/training.json`.

    Attributes
    ----------
    reason : why the run diverged, or None
    best_epoch, epochs_run : epoch 0 is the model before training
    software : facts of the process that trained
    optimizer : record of the object that was built; None if the version that trained recorded none
    output_units : numbers that the model gives for a row; 0 if the version that trained recorded none
    """

    status: RunStatus
    reason: Finding | None
    best_epoch: int
    epochs_run: int
    digests: LadderDigests
    timing: TrainingTimes
    software: Mapping[str, Any]
    optimizer: Mapping[str, Any] | None = None
    output_units: int = 0
    notes: tuple[Finding, ...] = ()

    @property
    def diverged(self) -> bool:
        """True if training ended with a non-finite loss or non-finite weights."""
        return self.status is RunStatus.DIVERGED

    def to_json(self) -> dict[str, Any]:
        """Return the document of the file."""
        return {
            "schema_version": SCHEMA_VERSION,
            "status": str(self.status),
            "reason": None if self.reason is None else self.reason.to_json(),
            "best_epoch": self.best_epoch,
            "epochs_run": self.epochs_run,
            "digests": self.digests.to_json(),
            "notes": [note.to_json() for note in self.notes],
            "software": dict(self.software),
            "optimizer": None if self.optimizer is None else dict(self.optimizer),
            "output_units": self.output_units,
            "timing": self.timing.to_json(),
        }

    @classmethod
    def from_json(cls, document: object, what: object) -> TrainingResult:
        """Return the result that a document is.

        Parameters
        ----------
        what : names it in errors

        Raises
        ------
        StorageError
            If it is none.
        """
        fields = JsonFields(document, what)
        return cls(
            status=RunStatus(fields.one_of("status", ENDS)),
            reason=fields.maybe_finding("reason", Severity.WARNING),
            best_epoch=fields.take("best_epoch", int),
            epochs_run=fields.take("epochs_run", int),
            digests=LadderDigests.from_json(fields.take("digests", dict), f"digests of {what}"),
            timing=TrainingTimes.from_json(fields.take("timing", dict), f"timing of {what}"),
            software=fields.take("software", dict),
            optimizer=fields.maybe("optimizer", dict) if "optimizer" in fields else None,  # the first release had none
            output_units=fields.given("output_units", int, default=0),
            notes=fields.notes("notes"),
        )
