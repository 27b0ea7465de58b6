"""A finished run as its folder tells it: what executing its Python, training it again or using its model goes by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optbench.config import ExperimentConfig
    from optbench.run_store import Manifest, RunPaths, SharedRecord


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finished run as its folder tells it.

    Attributes
    ----------
    code : user's Python files by the name in the config -> the copy in the folder
    recorded_code : sha256 of the files that the run was trained with, by the same names
    base : folder of the experiment file where the run was made; None if it is not known
    shared : what was replaced or held back before the folder came here; None if it is as it was sealed
    """

    paths: RunPaths
    config: ExperimentConfig
    manifest: Manifest
    environment: Mapping[str, Any]
    digests: Mapping[str, Any]
    code: Mapping[str, Path]
    recorded_code: Mapping[str, str]
    base: Path | None
    shared: SharedRecord | None = None

    @property
    def has_other_paths(self) -> bool:
        """True if paths in the experiment were replaced: then neither its key nor its digest follows from it."""
        return self.shared is not None and self.paths.config_resolved.name in self.shared.replaced


def verified_run(folder: Path) -> tuple[RunPaths, Manifest]:
    """Return a finished run whose every byte is as its manifest says.

    Raises
    ------
    InvalidError
        If it is unfinished, or has changed since.
    """
    from optbench.run_store import RunPaths
    from optbench.run_store.manifest import check_manifest

    paths = RunPaths(folder)
    if not is_file(paths.manifest):
        raise InvalidError(
            worded(
                "folder-finishes",
                "{folder} holds no finished run. 'optbench run' with its config finishes it.",
                folder=folder,
            ),
            code="input-run-unfinished",
        )
    manifest, problems = check_manifest(paths, deep=True)
    if problems or manifest is None:
        raise InvalidError(
            worded(
                "folder-changed-not-used",
                "{folder} has changed since the run was finished, so what it holds is not the run's. Train it again.",
                folder=folder,
            ),
            code="input-run-changed",
            findings=problems,
        )
    return paths, manifest


def recorded_run(paths: RunPaths, manifest: Manifest) -> Recorded:
    """Read a run whose manifest has been verified.

    Raises
    ------
    OptbenchError
        If a document of it cannot be read.
    """
    from optbench.config import load_resolved
    from optbench.run_store import read_json, read_shared

    environment, config = read_json(paths.environment), load_resolved(paths.config_resolved)
    base, names = environment.get("base"), code_references(config)
    return Recorded(
        paths=paths,
        config=config,
        manifest=manifest,
        environment=environment,
        digests=read_json(paths.digests),
        code={name: _copy_of(paths, name) for name in names},
        recorded_code=_recorded_code(environment.get("code"), names),
        base=paths.folder / base if isinstance(base, str) else None,
        shared=read_shared(paths.folder),
    )


def _copy_of(paths: RunPaths, name: str) -> Path:
    """Return the copy of a user's file, also in a folder of an earlier version, which called it by its whole path."""
    copy, before = paths.code_copy(name), paths.old_code_copy(name)
    return before if is_file(before) and not is_file(copy) else copy


def _recorded_code(code: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the digests of the user's files by their names in the config, which the record may abridge."""
    from optbench.user_code import recorded_name

    in_config = {recorded_name(name): name for name in names}
    digests = code if isinstance(code, dict) else {}
    return {in_config.get(str(name), str(name)): str(digest) for name, digest in digests.items()}


def code_references(config: ExperimentConfig) -> dict[str, str]:
    """Return the references to the user's Python in an experiment, by the name of the file in them."""
    from optbench.user_code import PREFIX

    return {reference.removeprefix(PREFIX).rpartition(":")[0]: reference for reference in python_references(config)}


def python_references(config: ExperimentConfig) -> list[str]:
    """Return every reference to the user's Python; several may be to one file."""
    function = getattr(config.dataset, "function", None)
    return [*([str(function)] if function else []), *trained_references(config)]


def trained_references(config: ExperimentConfig) -> list[str]:
    """Return those that training executes: data that was staged needs no Python any more."""
    from optbench.user_code import PREFIX

    sections = (config.model, config.optimizer)
    references = [str(function) for section in sections if (function := getattr(section, "function", None))]
    if config.training.loss.startswith(PREFIX):
        references.append(config.training.loss)
    return references


def restore_code(code: Mapping[str, Path], folder: Path) -> Path:
    """Lay the copies of the user's files out under the names the config uses; returns the base to look them up from."""
    from optbench.user_code import read_source

    steps_up = max((name.split("/").count("..") for name in code), default=0)
    base = folder.joinpath(*(["base"] * (steps_up + 1)))
    base.mkdir(parents=True)
    for name, copy in code.items():
        if not Path(name).is_absolute():  # an absolute path in a config is looked up where it says
            target = base / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(read_source(copy))
    return base
