"""One finished run as it leaves: without what says where somebody works, and without cells of their own table."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.core.private_text import names_of_the_host, names_of_the_user, without_places
from optbench.core.temporary_folders import temporary_folder
from optbench.errors import OptbenchError
from optbench.provenance.cells import is_open, without_cells
from optbench.run_store import Manifest, RunPaths, Why
from optbench.run_store.documents import encode_json
from optbench.run_store.manifest import manifest_bytes
from optbench.sharing.comments import without_places_in_comments
from optbench.sharing.folder_copy import FolderCopy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from optbench.config import ExperimentConfig
    from optbench.config.stand_ins import StandIns
    from optbench.run_store.archive import Member
    from optbench.run_store.listed_files import ListedFile


def documents_of(paths: RunPaths, manifest: Manifest) -> Iterator[Any]:
    """Yield what of a run may hold paths as somebody wrote them: the experiment, and how its files are called."""
    from optbench.config.yaml_document import parse_yaml
    from optbench.run_store import read_json

    yield dict(manifest.config)
    yield parse_yaml(paths.config.read_text(encoding="utf-8", errors="replace")).plain
    environment = read_json(paths.environment)
    data = environment.get("data")
    if isinstance(data, dict):
        yield {"files": data.get("files"), "function": data.get("function")}


class RunCopy:
    """A run on its way out.

    Parameters
    ----------
    manifest : verified
    with_data : let everything leave that was recorded of its data
    """

    def __init__(self, paths: RunPaths, manifest: Manifest, ways: StandIns, *, with_data: bool) -> None:
        from optbench.config import load_resolved

        self.paths, self.manifest, self._ways = paths, manifest, ways
        self.config = load_resolved(paths.config_resolved)
        self.copy = FolderCopy(paths.folder, paths.manifest.name, manifest.files)
        self.copy.hold_back(paths.patch.name, Why.CODE)
        self._take_out_places()
        if not with_data and not is_open(self.config.dataset.name):
            self._take_out_cells()

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.paths.folder.name

    def members(self) -> dict[str, Member]:
        """Return what leaves, by name in the folder."""
        return self.copy.members(self._manifest_of)

    def _manifest_of(self, files: Mapping[str, ListedFile]) -> bytes:
        facts = replace(self.manifest, config=self._ways.in_value(self.manifest.config))
        return manifest_bytes(facts, {name: {"size": one.size, "sha256": one.sha256} for name, one in files.items()})

    def _take_out_places(self) -> None:
        paths, ways = self.paths, self._ways
        for path in (paths.config, paths.config_resolved, paths.environment, paths.report_html):
            self.copy.edit(path.name, ways.in_text, Why.PATH)
        names = [*names_of_the_user(), *names_of_the_host()]
        self.copy.edit(paths.config.name, lambda text: without_places_in_comments(text, names), Why.PATH)
        self.copy.edit(paths.log.name, lambda text: without_places(ways.in_text(text), names), Why.PATH)
        for before, stand_in in ways.by_path.items():
            now = self._name(paths.code_copy(stand_in))
            for name in {self._name(paths.code_copy(before)), self._name(paths.old_code_copy(before))} - {now}:
                if name in self.manifest.files:
                    self.copy.renamed[name] = now

    def _name(self, path: Path) -> str:
        return path.relative_to(self.paths.folder).as_posix()

    def _take_out_cells(self) -> None:
        from optbench.runs.recorded import python_references

        paths = self.paths
        self.copy.hold_back(paths.preprocessing.name, Why.CELLS)
        if python_references(self.config):
            self.copy.hold_back(paths.log.name, Why.CODE)
        environment = json.loads(self.copy.text(paths.environment.name))
        left = without_cells(environment)
        if left == environment and not self.config.report.examples:
            return
        self.copy.edit(
            paths.environment.name, lambda _: encode_json(left).decode("utf-8", "surrogateescape"), Why.CELLS
        )
        if paths.report_html.name in self.manifest.files:
            self._draw_again()

    def _draw_again(self) -> None:
        """Draw the page from what leaves; where that cannot be done, it stays."""
        page = self.paths.report_html.name
        try:
            drawn = self._drawn()
        except OptbenchError:
            drawn = None
        if drawn is None:
            self.copy.changed.pop(page, None)
            self.copy.hold_back(page, Why.CELLS)
        elif drawn != self.paths.report_html.read_bytes():
            self.copy.changed[page] = (drawn, Why.CELLS)

    def _drawn(self) -> bytes | None:
        from optbench.runner.report import stored_drawings

        with temporary_folder("share") as folder:
            there = RunPaths(folder / self.name)
            self._lay_out(there.folder)
            return stored_drawings(there, None, None).get(there.report_html)

    def _lay_out(self, folder: Path) -> None:
        """Write what a page is drawn from, as it leaves; nothing there says where data lies."""
        folder.mkdir()
        for name in self.manifest.files:
            if "/" in name or name in self.copy.withheld or name.endswith((".png", ".html", ".keras")):
                continue
            if name in self.copy.changed:
                (folder / name).write_bytes(self.copy.changed[name][0])
            else:
                shutil.copyfile(self.paths.folder / name, folder / name, follow_symlinks=False)
        path = RunPaths(folder).environment
        path.write_bytes(encode_json({**json.loads(path.read_bytes()), "base": None}))


def has_numbers_of_rows(config: ExperimentConfig) -> bool:
    """Return True if numbers of single rows leave beside predictions: true values of a target that nobody else has."""
    from optbench.catalog.tasks import TASKS

    return not TASKS[config.task].has_classes and not is_open(config.dataset.name)
