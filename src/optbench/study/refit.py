"""What `optbench refit` trains again: a run, or the setting that a study recommends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import MismatchError, NoRunsError, UsageError, did_you_mean
from optbench.json_fields import JsonFields
from optbench.records import RunStatus
from optbench.runner.refit import Origin, origin_of_run, require_refittable
from optbench.runs.recorded import recorded_run, verified_run
from optbench.study.outputs import on_disk
from optbench.study.paths import StudyPaths, is_study_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPERIMENTS: Final = (".yaml", ".yml")
_RECOMMENDED: Final = re.compile(r"recommended(-(?P<problem>.+))?\.yaml")  # as StudyPaths.recommended has it


def origin_of(argument: str, runs_dir: Path, *, problem: str | None = None) -> Origin:
    """Return what is trained on all rows for a run, or for a study.

    Parameters
    ----------
    argument : folder, run id or key prefix of a run; folder or name of a study, or a recommended.yaml in its folder
    problem : of a study on several data sets, the name of one

    Raises
    ------
    NoRunsError
        If it is no finished run, or a study without a recommendation.
    UsageError
        If a problem has to be named, or there is none of that name, or it is the file of an experiment.
    InvalidError
        If a run is unfinished, has changed since, or diverged.
    MismatchError
        If the study's verdict has changed since.
    """
    study = study_folder(argument, runs_dir)
    if study is not None:
        return _origin_of_study(study, problem)
    file = next((path for path in _places(argument, runs_dir) if path.suffix in _EXPERIMENTS and is_file(path)), None)
    if file is not None:
        return _origin_of_file(file, problem)
    if problem is not None:
        raise UsageError(
            worded(
                "typed-problem-of-run",
                "--problem is for a study of several data sets. Received: {argument}, which is a run. Leave it out.",
                argument=argument,
            ),
            code="usage-problem-unknown",
        )
    return origin_of_run(argument, runs_dir)


def study_folder(argument: str, runs_dir: Path) -> Path | None:
    """Return the folder of a study by its path or its name; None if it is none."""
    return next((folder for folder in _places(argument, runs_dir) if is_study_folder(folder)), None)


def _places(argument: str, runs_dir: Path) -> tuple[Path, Path]:
    """Return where a path or a name may lead."""
    return Path(argument), runs_dir / argument


def _origin_of_file(file: Path, problem: str | None) -> Origin:
    """Return what a study says of its own recommended.yaml; no other file of an experiment tells what it came to."""
    folder = file.absolute().parent
    of_problem = _RECOMMENDED.fullmatch(file.name)
    if of_problem is None or not _is_as_written(file, StudyPaths(folder)):
        raise UsageError(
            worded(
                "typed-refit-file",
                "refit takes a finished run, a study, or the recommended.yaml in a study's folder, as the study wrote "
                "it. Received: {file}. An experiment is trained first: 'optbench run {file}'; then name its run.",
                file=file,
            ),
            code="usage-refit-of-file",
        )
    if problem not in (None, of_problem["problem"]):
        raise UsageError(
            worded(
                "typed-problem-of-file",
                "--problem is for a study of several data sets. Received: {file}, which is of one. Leave it out.",
                file=file,
            ),
            code="usage-problem-unknown",
        )
    return _origin_of_study(folder, of_problem["problem"])


def _is_as_written(file: Path, paths: StudyPaths) -> bool:
    """Return True if a file lies beside the runs of the study that wrote it, and nobody has changed it since."""
    from optbench.run_store import VERDICTS, read_json

    if not is_file(paths.record) or paths.folder.parent.name == VERDICTS:
        return False
    outputs = JsonFields(read_json(paths.record), paths.record).take("outputs", dict)
    return file.name in outputs and outputs[file.name] == on_disk(file)


def _origin_of_study(folder: Path, problem: str | None) -> Origin:
    from optbench.run_store import read_json

    paths = StudyPaths(folder)
    record = JsonFields(read_json(paths.record), paths.record)
    name, outputs = record.take("study", str), record.take("outputs", dict)
    if not is_file(paths.verdict_json):
        raise NoRunsError(
            worded(
                "folder-study-no-verdict",
                "{folder} has no verdict yet, so it recommends nothing. 'optbench study' with its file goes on.",
                folder=folder,
            ),
            code="runs-study-unfinished",
        )
    if outputs.get(paths.verdict_json.name) != on_disk(paths.verdict_json):
        raise MismatchError(
            worded(
                "folder-verdict-changed",
                "{verdict_json} has changed since. 'optbench study' with the study's file writes it again.",
                verdict_json=paths.verdict_json,
            ),
            code="records-files-changed",
        )
    document = _of_problem(read_json(paths.verdict_json), problem, paths.verdict_json)
    label = _recommended(document, paths)
    rows = [row for row in document.get("optimizers", ()) if isinstance(row, dict) and row.get("optimizer") == label]
    runs = JsonFields(rows[0] if rows else {}, paths.verdict_json).texts("runs")
    recorded = [recorded_run(*verified_run(folder / run)) for run in runs]
    ended = [one for one in recorded if one.manifest.status is not RunStatus.DIVERGED]
    for one in ended or recorded[:1]:
        require_refittable(one)
    return Origin(name, name if problem is None else f"{name}-{problem}", tuple(ended), label)


def _of_problem(document: Mapping[str, Any], problem: str | None, path: Path) -> Mapping[str, Any]:
    """Return the verdict on one problem."""
    found = [document] if "optimizers" in document else document.get("problems")
    by_name = {str(one.get("name")): one for one in found or () if isinstance(one, dict)}
    if problem is None and len(by_name) == 1:
        return next(iter(by_name.values()))
    if problem is None or problem not in by_name:
        received = "none" if problem is None else f"{problem!r}"
        hint = "" if problem is None else did_you_mean(problem, by_name)
        raise UsageError(
            worded(
                "typed-problem",
                "--problem must name one of the data sets of {study}. Received: {received}.{hint} Known: {known}.",
                study=path.parent,
                received=received,
                hint=hint,
                known=", ".join(by_name),
            ),
            code="usage-problem-unknown",
        )
    return by_name[problem]


def _recommended(document: Mapping[str, Any], paths: StudyPaths) -> str:
    """Return the label of the row that a verdict recommends."""
    recommended = document.get("recommended")
    label = recommended.get("optimizer") if isinstance(recommended, dict) else None
    if not isinstance(label, str):
        raise NoRunsError(
            worded(
                "folder-study-recommends-none",
                "{folder} recommends no optimizer. Name one of its runs, or repeat 'optbench study' with its "
                "file: versions before this one wrote no recommendation.",
                folder=paths.folder,
            ),
            code="runs-nothing-recommended",
        )
    return label
