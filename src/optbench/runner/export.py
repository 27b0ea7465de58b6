"""`optbench export`: a run in a format that others read. A further format is an entry of `FORMATS`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.core.findings import Finding, Severity
from optbench.core.temporary_folders import temporary_folder
from optbench.core.worded import worded
from optbench.errors import NoRunsError, UsageError, did_you_mean
from optbench.runner.needed_packages import packages_missing
from optbench.runner.out_path import place, require_free

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.training.whole_models import WholeModel

    Trusts = Callable[[Sequence[Finding]], bool]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a user asks for.

    Attributes
    ----------
    argument : what is exported, as the format takes it
    to : name of the format
    out : None takes a name in the working directory
    trusts : asked before any Python of a run is executed, if that may not be what it was trained with
    """

    argument: str
    to: str
    runs_dir: Path
    out: Path | None = None
    trusts: Trusts = lambda _doubts: False


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    what : run id
    path : file or folder
    inputs : columns or arrays that it takes; () where that means nothing
    outputs : what it gives
    notes : what has to be known of it
    """

    what: str
    to: str
    path: Path
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document that `export --json` prints."""
        return {
            "schema_version": 1,
            "run": self.what,
            "to": self.to,
            "path": str(self.path),
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "findings": [note.to_json() for note in self.notes],
        }


class Format(Protocol):
    """A format that `--to` names."""

    def export(self, options: ExportOptions) -> Exported:
        """Write what the options ask for."""


@dataclass(frozen=True, slots=True)
class ModelFormat:
    """The model of one run, ready for use.

    Attributes
    ----------
    suffix : of the default name
    result : the file that is the export; "" for a folder
    writer : name of the function in `training.exports` that writes into a folder
    takes_raw : every run's raw columns or examples, in layers of Keras
    keeps_classes : what is written names the classes of its layers, which whoever loads it needs
    packages : what it needs beside Keras
    extra : of optbench, that installs them
    """

    suffix: str
    result: str
    writer: str
    takes_raw: bool = False
    keeps_classes: bool = False
    packages: tuple[str, ...] = ()
    extra: str = ""

    def export(self, options: ExportOptions) -> Exported:
        """Write the model of one run."""
        self._require_packages(options.to)
        folder = _folder_of(options.argument, options.runs_dir)
        out = Path(f"{folder.name}{self.suffix}") if options.out is None else options.out
        require_free(out)
        from optbench.runs.exportable import whole_model

        whole = whole_model(folder, raw=self.takes_raw, trusts=options.trusts)
        with temporary_folder("export") as made:
            inside = made / "export"
            inside.mkdir()
            inputs, outputs = self._write(whole, inside)
            place(inside / self.result if self.result else inside, out)
        return Exported(whole.run, options.to, out, inputs, outputs, self._notes(whole, out))

    def _write(self, whole: WholeModel, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        from optbench.training import exports

        writer: Callable[[WholeModel, Path], tuple[tuple[str, ...], tuple[str, ...]]] = getattr(exports, self.writer)
        return writer(whole, folder)

    def _notes(self, whole: WholeModel, out: Path) -> tuple[Finding, ...]:
        if not self.keeps_classes or whole.code is None:
            return ()
        return (Finding("export-needs-code", Severity.WARNING, {"path": out.name, "file": whole.code}),)

    def _require_packages(self, name: str) -> None:
        missing = [package for package in self.packages if find_spec(package) is None]
        if missing:
            raise packages_missing(name, missing, self.extra)


FORMATS: Final[Mapping[str, Format]] = {
    "keras": ModelFormat(".keras", "model.keras", "write_keras", takes_raw=True, keeps_classes=True),
    "savedmodel": ModelFormat("-savedmodel", "", "write_savedmodel", takes_raw=True),
    "onnx": ModelFormat(".onnx", "model.onnx", "write_onnx", packages=("onnx", "tf2onnx"), extra="onnx"),
    "litert": ModelFormat("-litert", "", "write_litert"),
}
"""Name -> what writes it."""


def export(options: ExportOptions) -> Exported:
    """Write a run in a format.

    Raises
    ------
    UsageError
        If there is no such format, or the path is taken.
    NoRunsError
        If the argument names no run.
    InvalidError
        If a package is missing, the run cannot be used, or the model has no form in the format.

    Side effects: writes the path, whole or not at all.
    """
    _require_format(options.to)
    return FORMATS[options.to].export(options)


def only_run(arguments: Sequence[str], to: str, uri: str | None = None) -> str:
    """Return the run whose model is asked for.

    Raises
    ------
    UsageError
        If there is no such format, several things are named, or an address is given, which no model goes to.
    """
    _require_format(to)
    if len(arguments) != 1 or uri is not None:
        raise UsageError(
            worded(
                "typed-export-run",
                "export --to {to} takes one run, and a path by --out. Received: {names}{uri}.",
                to=to,
                names=", ".join(arguments),
                uri="" if uri is None else worded("typed-and-uri", " and --uri"),
            ),
            code="usage-runs-wrong",
        )
    return arguments[0]


def _require_format(to: str) -> None:
    from optbench.runner.export_targets import TARGETS

    known = (*FORMATS, *TARGETS)
    if to not in FORMATS:
        raise UsageError(
            worded(
                "typed-to",
                "--to must be {known}. Received: {to!r}.{hint}",
                known=", ".join(known),
                to=to,
                hint=did_you_mean(to, known),
            ),
            code="usage-format-unknown",
        )


def _folder_of(run: str, runs_dir: Path) -> Path:
    from optbench.run_store import find_folders

    folders, _ = find_folders([run], runs_dir)
    if len(folders) != 1:
        raise NoRunsError(
            worded(
                "typed-export-one-run",
                "export takes one run. Received: {run!r}, which names {n}.",
                run=run,
                n=len(folders),
            ),
            code="runs-name-ambiguous",
        )
    return folders[0]


def exported_text(exported: Exported, language: str | None = None) -> str:
    """Return what the command says at its end."""
    from optbench.words import text

    values = {"run": exported.what, "to": exported.to, "path": str(exported.path)}
    taken = {"inputs": list(exported.inputs), "outputs": list(exported.outputs)}
    return text("export-written", language, **values, **taken)
