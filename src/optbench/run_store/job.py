"""A job: what a staged run folder says of itself, so that any process can train and finish it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optbench.json_fields import JsonFields
from optbench.run_store.documents import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.core.findings import Finding


@dataclass(frozen=True, slots=True)
class Job:
    """Content of `.state/job.json`: what a worker needs beside the resolved config.

    Attributes
    ----------
    run : id of the run
    key : 64 hex digits
    base : folder that the user's paths are relative to
    data, split : digests that the data must have
    versions : packages that are part of the key
    reading : as it entered the key
    positive_class : number of the class, None where there is none
    notes : on the data
    """

    run: str
    key: str
    base: str
    data: str
    split: str
    versions: Mapping[str, str]
    class_names: tuple[str, ...]
    positive_class: int | None
    reading: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document of the file."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run,
            "key": self.key,
            "base": self.base,
            "data": self.data,
            "split": self.split,
            "versions": dict(self.versions),
            "reading": dict(self.reading),
            "class_names": list(self.class_names),
            "positive_class": self.positive_class,
            "notes": [note.to_json() for note in self.notes],
        }

    @classmethod
    def from_json(cls, document: object, what: object) -> Job:
        """Return the job that a document is.

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
            run=fields.take("run", str),
            key=fields.take("key", str),
            base=fields.take("base", str),
            data=fields.take("data", str),
            split=fields.take("split", str),
            versions=fields.take("versions", dict),
            class_names=fields.texts("class_names"),
            positive_class=fields.maybe("positive_class", int),
            reading=fields.given("reading", dict, {}),  # the first release had none
            notes=fields.notes("notes"),
        )
