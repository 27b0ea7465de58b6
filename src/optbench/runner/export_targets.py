"""Where runs and their comparison can be exported to: tables, and trackers. A further one is an entry here."""

from __future__ import annotations

import filecmp
import os
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from optbench.core.regular_files import is_folder
from optbench.core.temporary_folders import temporary_folder
from optbench.core.worded import worded
from optbench.errors import UsageError
from optbench.runner.needed_packages import packages_missing
from optbench.runner.out_path import alone_in, place, require_free

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.core.findings import Finding
    from optbench.trackers.outgoing import OutgoingComparison

    Write = Callable[[Sequence[OutgoingComparison], Path], "Counts"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many runs and comparisons an export added, and how many were there already."""

    new: int = 0
    known: int = 0
    comparisons: int = 0


@dataclass(frozen=True, slots=True)
class RunsExported:
    """What an export of runs came to.

    Attributes
    ----------
    to : name of the target
    where : folder or address, without its password
    counts : what was added
    notes : what was passed over
    """

    to: str
    where: str
    counts: Counts
    notes: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document that `export --json` prints."""
        return {
            "schema_version": 1,
            "to": self.to,
            "path": self.where,
            "runs_added": self.counts.new,
            "runs_known": self.counts.known,
            "comparisons_added": self.counts.comparisons,
            "findings": [note.to_json() for note in self.notes],
        }


class Target(Protocol):
    """What `--to` names."""

    @property
    def takes_uri(self) -> bool:
        """Whether `--uri` can say where."""

    def require(self, name: str) -> None:
        """Require the packages that it needs; MachineError without them."""

    def place_of(self, out: Path | None, uri: str | None) -> str:
        """Return where the runs go, as it can be shown; UsageError if they cannot go there."""

    def send(self, comparisons: Sequence[OutgoingComparison], out: Path | None, uri: str | None) -> Counts:
        """Bring runs there; what is there already is not added again."""


@dataclass(frozen=True, slots=True)
class Files:
    """A folder that is written whole or not at all; one that holds the same already is left alone.

    Attributes
    ----------
    writer : name of the function in `trackers.tables`, which writes into an empty folder
    default : name of the folder without `--out`
    """

    writer: str
    default: str
    takes_uri: bool = False

    def require(self, name: str) -> None:
        """Need nothing that optbench has not."""

    def place_of(self, out: Path | None, uri: str | None) -> str:
        """Return the folder."""
        del uri
        from optbench.run_store import require_outside

        require_outside(Path(out or self.default), option="--out")
        return str(out or self.default)

    def send(self, comparisons: Sequence[OutgoingComparison], out: Path | None, uri: str | None) -> Counts:
        """Write the tables."""
        del uri
        from optbench.trackers import tables

        folder = Path(out or self.default)
        n_runs = sum(len(one.runs) for one in comparisons)
        with temporary_folder("export") as made:
            inside = made / "export"
            inside.mkdir()
            getattr(tables, self.writer)(comparisons, inside)
            if is_folder(folder) and _holds_the_same(folder, inside):
                return Counts(known=n_runs)
            require_free(folder)
            place(inside, folder)
        return Counts(new=n_runs, comparisons=len(comparisons))


def _holds_the_same(folder: Path, made: Path) -> bool:
    names = sorted(os.listdir(made))  # noqa: PTH208 - names, not paths
    if sorted(os.listdir(folder)) != names:  # noqa: PTH208
        return False
    same, _, _ = filecmp.cmpfiles(folder, made, names, shallow=False)
    return sorted(same) == names


@dataclass(frozen=True, slots=True)
class Tracker:
    """A tool that shows runs, and its own way to keep them; what it has already is known by the key of the run.

    Attributes
    ----------
    module, function : of the room `trackers`: gets comparisons and folder or address
    needs : module -> package that has to be installed
    extra : of optbench, that installs them
    default : folder without `--out`
    takes_uri : a server or database can be named; the function gets its address then
    inside : names of what it writes into the folder, which must be no links
    """

    module: str
    default: str
    needs: Mapping[str, str] = field(default_factory=dict)
    extra: str = ""
    takes_uri: bool = False
    inside: tuple[str, ...] = ()

    def require(self, name: str) -> None:
        """Require the packages."""
        missing = [package for module, package in self.needs.items() if find_spec(module) is None]
        if missing:
            raise packages_missing(name, missing, self.extra)

    def place_of(self, out: Path | None, uri: str | None) -> str:
        """Return folder or address, which must be able to hold runs."""
        from optbench.run_store import require_no_link, require_outside

        if uri is not None:
            from optbench.trackers.addresses import files_of, require_address, shown_address

            for path in files_of(uri):  # before anything advises to create a folder there
                require_outside(path, option="--uri")
            require_address(uri)
            return shown_address(uri)
        folder = Path(out or self.default)
        require_outside(folder, option="--out")
        if self.takes_uri and "?" in str(folder.absolute()):  # in the address of its database, settings begin there
            raise UsageError(
                f"--out must name a folder by a path without '?'. Received: {folder.absolute()}. Choose another.",
                code="usage-uri-unfit",
            )
        if os.path.lexists(folder) and not is_folder(folder):
            raise UsageError(
                worded(
                    "typed-out-not-folder",
                    "--out must name a folder, or nothing yet. Received: {folder}, which is something else.",
                    folder=folder,
                ),
                code="usage-out-taken",
            )
        if not is_folder(folder):
            require_free(folder)
        for name in self.inside:
            require_outside(folder / name, option="--out")
            require_no_link(folder / name)
        return str(folder)

    def send(self, comparisons: Sequence[OutgoingComparison], out: Path | None, uri: str | None) -> Counts:
        """Bring runs there."""
        from importlib import import_module

        from optbench.trackers.addresses import folder_of

        sender = import_module(f"optbench.trackers.{self.module}").send
        folder = Path(out or self.default)
        # two at once would both find that a run is not there yet
        with alone_in(folder if uri is None else folder_of(uri)):
            counts: Counts = Counts(*sender(comparisons, folder if uri is None else uri))
        return counts


TARGETS: Final[Mapping[str, Target]] = {
    "csv": Files("write_csv", "optbench-csv"),
    "parquet": Files("write_parquet", "optbench-parquet"),
    "mlflow": Tracker(
        "mlflow_runs",
        "mlflow",
        {"mlflow": "mlflow-skinny", "sqlalchemy": "sqlalchemy", "alembic": "alembic"},
        "mlflow",
        takes_uri=True,
        inside=("mlflow.db", "artifacts"),
    ),
    "tensorboard": Tracker("tensorboard_runs", "tensorboard", {"tensorboard": "tensorboard"}, "tensorboard"),
    "wandb": Tracker("wandb_runs", "wandb", {"wandb": "wandb"}, "wandb", inside=("wandb",)),
}
"""Name -> where runs go and how."""


def send(
    to: str,
    collect: Callable[[], tuple[Sequence[OutgoingComparison], Sequence[Finding]]],
    *,
    out: Path | None,
    uri: str | None,
) -> RunsExported:
    """Bring runs to a target.

    Parameters
    ----------
    collect : returns what leaves, and notes on what was passed over; asked once everything else is known to fit

    Raises
    ------
    UsageError
        If the target takes no such place.
    MachineError
        If a package is missing, or what was named does not answer.
    """
    target = TARGETS[to]
    if uri is not None and (out is not None or not target.takes_uri):
        takers = " and ".join(name for name, one in TARGETS.items() if one.takes_uri)
        raise UsageError(
            worded(
                "typed-uri-instead",
                "--uri is for --to {takers} and stands instead of --out. Received both, or --to {to}.",
                takers=takers,
                to=to,
            ),
            code="usage-uri-unfit",
        )
    target.require(to)
    where = target.place_of(out, uri)
    comparisons, notes = collect()
    return RunsExported(to, where, target.send(comparisons, out, uri), tuple(notes))


def exported_runs_text(exported: RunsExported, language: str | None = None) -> str:
    """Return what the command says at its end."""
    from optbench.words import text

    counts = exported.counts
    values = {"to": exported.to, "path": exported.where, "n_new": counts.new, "n_known": counts.known}
    return text("export-runs-written" if counts.new else "export-runs-known", language, **values)
