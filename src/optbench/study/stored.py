"""A finished study as its folder tells it: plan and runs without its data, for what draws its verdict again."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.config import LEARNING_RATE, SplitDesign
from optbench.core.worded import worded
from optbench.errors import StorageError
from optbench.study.begun import read_begun
from optbench.study.earlier import require_sealed
from optbench.study.plan import StudyRun
from optbench.study.runs import StudyRuns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.config import StudyConfig, Values
    from optbench.records import Dataset, RunRecord
    from optbench.runner.plan import PlannedRun
    from optbench.study.paths import StudyPaths


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """What a study's folder holds.

    Attributes
    ----------
    config : as its file had it, with what each seed varies; paths in it start from the study's folder
    key, digest : of what cannot be extended, and of the plan that was concluded last
    record : content of study.json
    runs : all that results.csv lists
    """

    config: StudyConfig
    key: str
    digest: str
    record: Mapping[str, Any]
    runs: StudyRuns


def read_study(paths: StudyPaths) -> StoredStudy:
    """Read a finished study; its data and the user's Python are not needed.

    Raises
    ------
    StorageError
        If it is not finished, was finished by a version that wrote no study.resolved.yaml, or cannot be read.
    NoRunsError
        If a run of it is missing or damaged.
    """
    from optbench.config import load_study
    from optbench.core.regular_files import is_file
    from optbench.study.documents import read_record

    record = read_record(paths)
    require_sealed(paths)
    if not (is_file(paths.verdict_json) and is_file(paths.results) and is_file(paths.resolved)):
        raise StorageError(
            worded(
                "folder-study-unfinished",
                "{folder} holds no finished study with all of its files. 'optbench study' with its file goes on.",
                folder=paths.folder,
            ),
            code="storage-run-unfinished",
        )
    config = replace(_with_designs(load_study(paths.resolved).config, record), design=read_begun(paths).design)
    return StoredStudy(config, str(record.get("key")), str(record.get("plan")), record, _runs(paths, config))


def _with_designs(config: StudyConfig, record: Mapping[str, Any]) -> StudyConfig:
    """Return a study with what a seed varies on each problem, as its record says."""
    resplit = record.get("protocol", {}).get("confirmation", {}).get("resplit", False)
    names = [problem.name for problem in config.problems] if resplit is True else resplit or []
    designed = (
        replace(one, design=SplitDesign.RESPLIT if one.name in names else SplitDesign.ONE_SPLIT)
        for one in config.problems
    )
    return replace(config, problems=tuple(designed))


def _runs(paths: StudyPaths, config: StudyConfig) -> StudyRuns:
    from optbench.run_store import Histories, read_run
    from optbench.run_store.reading import read_bytes

    planned, records = [], {}
    data: dict[tuple[str, str, str], Dataset] = {}
    try:
        rows = list(csv.DictReader(io.StringIO(read_bytes(paths.results).decode())))
        for row in rows:
            record = read_run(paths.folder / row["run"])
            records[record.run] = record
            place = (row["stage"], row["problem"], row["split_seed"])
            if place not in data:
                data[place] = _outline(record)
            values = _values(row, config)
            stage: Any = row["stage"]
            planned.append(StudyRun(stage, row["problem"], row["optimizer"], values, _planned(record, data[place])))
    except (KeyError, ValueError, UnicodeError) as error:
        raise StorageError(
            f"{paths.results} is not a table of a study's runs ({error}).", code="storage-file-damaged"
        ) from error
    return StudyRuns(tuple(planned), records, Histories(records.values()))


def _values(row: Mapping[str, str], config: StudyConfig) -> Values:
    """Return the point of the search that a row of results.csv is at; () for a row that searches nothing."""
    search = next((one.search for one in (*config.optimizers, *config.defaults) if one.label == row["optimizer"]), {})
    written = dict(item.split("=", 1) for item in row["setting"].split())
    written[LEARNING_RATE] = row["learning_rate"]
    return tuple((name, float(written[name])) for name in search)


def _planned(record: RunRecord, dataset: Dataset) -> PlannedRun:
    from optbench.config import LoadedExperiment, load_resolved
    from optbench.run_store import RunPaths
    from optbench.runner.plan import PlannedRun as Planned

    paths = RunPaths(Path(record.folder))
    config = load_resolved(paths.config_resolved)
    loaded = LoadedExperiment(config, paths.config, "", paths.folder, {})
    return Planned(loaded, config, dataset, {}, record.versions, record.key, paths)


def _outline(record: RunRecord) -> Dataset:
    """Return what is known of a run's data: the numbers of its rows, digests, and the class that recall is of."""
    from optbench.catalog.tasks import task_of
    from optbench.records import Dataset as Data
    from optbench.run_store import RunPaths, read_json
    from optbench.runner.stored_rows import stored_predictions

    parts = {split: _part(predictions) for split, predictions in stored_predictions(record).items()}
    environment = read_json(RunPaths(Path(record.folder)).environment)
    nothing = _part(None)
    return Data(
        name=record.config["dataset"]["name"],
        train=parts.get("train", nothing),
        test=parts.get("test", nothing),
        validation=parts.get("validation"),
        class_names=tuple(environment.get("class_names") or ()),
        positive_class=environment.get("positive_class"),
        feature_names=(),
        data_digest=str(record.digests.get("data")),
        split_digest=str(record.digests.get("split")),
        task=task_of(record.config).name,
    )


def _part(predictions: Any) -> Any:
    from optbench.records import SplitData

    rows = np.zeros(0, np.int64) if predictions is None else predictions.rows
    return SplitData(x=np.zeros((len(rows), 0), np.float32), y=np.zeros(len(rows), np.int64), rows=rows)


def parts_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return what a verdict.json says of each problem, by its name; "" if there is one problem."""
    if "pairs" in document or not isinstance(document.get("problems"), list):
        return {"": document}
    return {str(one.get("name")): one for one in document["problems"] if isinstance(one, dict)}


def decisions_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield problem, both labels and decision of every pair of a verdict.json; the problem is "" if there is one."""
    for name, one in parts_of(document).items():
        for pair in one.get("pairs", []):
            yield name, str(pair.get("a")), str(pair.get("b")), str(pair.get("decision"))
