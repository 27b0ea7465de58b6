"""A finished study as it leaves: its files, every verdict it ever came to, and its runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from optbench.core.private_text import names_of_the_host, names_of_the_user
from optbench.run_store import Why, read_study_manifest
from optbench.run_store.documents import encode_json
from optbench.run_store.study_manifest import study_manifest_bytes
from optbench.sharing.comments import without_places_in_comments
from optbench.sharing.folder_copy import FolderCopy, listed_bytes
from optbench.study.verdicts import kept_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optbench.config.stand_ins import StandIns
    from optbench.run_store.archive import Member
    from optbench.run_store.listed_files import ListedFile
    from optbench.sharing.run_copy import RunCopy
    from optbench.study.paths import StudyPaths

_YAML: Final = ".yaml"
_TEXTS: Final = (_YAML, ".json", ".md", ".html")


def documents_of(paths: StudyPaths) -> Iterator[Any]:
    """Yield what of a study may hold paths as somebody wrote them."""
    from optbench.config.yaml_document import parse_yaml
    from optbench.run_store import read_json

    for one in (paths, *kept_verdicts(paths)):
        for name in read_study_manifest(one.manifest).files:
            if name.endswith(_YAML):
                yield parse_yaml((one.folder / name).read_text(encoding="utf-8", errors="replace")).plain
    yield {"protocol": read_json(paths.record).get("protocol")}


@dataclass(frozen=True, slots=True)
class StudyCopy:
    """A study on its way out.

    Attributes
    ----------
    runs : its finished runs
    """

    paths: StudyPaths
    runs: Sequence[RunCopy]
    ways: StandIns

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.paths.folder.name

    def members(self) -> dict[str, Member]:
        """Return what leaves, by name in the folder."""
        found: dict[str, Member] = {}
        digests: dict[str, str] = {}
        for run in self.runs:
            members = run.members()
            found |= {f"{run.name}/{name}": member for name, member in members.items()}
            manifest = members[run.paths.manifest.name].source
            if isinstance(manifest, bytes):
                digests[run.name] = listed_bytes(manifest).sha256
        for verdict in kept_verdicts(self.paths):
            way = verdict.folder.relative_to(self.paths.folder).as_posix()
            found |= {f"{way}/{name}": member for name, member in self._of(verdict, digests).items()}
        return {**found, **self._of(self.paths, digests)}

    def _of(self, paths: StudyPaths, digests: Mapping[str, str]) -> dict[str, Member]:
        """Return the files of the study, or of a verdict, with the manifest of the runs as they leave."""
        manifest = read_study_manifest(paths.manifest)
        copy = FolderCopy(paths.folder, paths.manifest.name, manifest.files)
        names = [*names_of_the_user(), *names_of_the_host()]
        for name in manifest.files:
            if name.endswith(_TEXTS):
                copy.edit(name, self.ways.in_text, Why.PATH)
            if name.endswith(_YAML):
                copy.edit(name, lambda text: without_places_in_comments(text, names), Why.PATH)
        self._correct_outputs(copy, paths)
        is_whole = copy.is_whole and digests.keys().isdisjoint(manifest.runs)

        def manifest_of(files: Mapping[str, ListedFile]) -> bytes:
            runs = {name: digests.get(name, digest) for name, digest in manifest.runs.items()}
            return study_manifest_bytes(replace(manifest, files=files, runs=runs))

        return copy.members(manifest_of, is_whole=is_whole)

    @staticmethod
    def _correct_outputs(copy: FolderCopy, paths: StudyPaths) -> None:
        """Let the record of the study name the digests of its results as they leave."""
        now = {copy.listed[name].sha256: listed_bytes(data).sha256 for name, (data, _) in copy.changed.items()}
        record = paths.record.name
        if record not in copy.listed or not now:
            return
        document = json.loads(copy.text(record))
        outputs = {name: now.get(digest, digest) for name, digest in document.get("outputs", {}).items()}
        copy.edit(record, lambda _: encode_json({**document, "outputs": outputs}).decode(), Why.DIGEST)
