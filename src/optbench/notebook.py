"""For notebooks: finished runs and studies as tables, and the comparison of any part of such a table."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.regular_files import is_file
from optbench.core.worded import worded
from optbench.errors import MismatchError, NoRunsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from optbench.comparison import ProblemCurves
    from optbench.records import History, RunRecord
    from optbench.reporting.shown_comparison import ShownComparison
    from optbench.run_store import StudyPlace
    from optbench.study.paths import StudyPaths
    from optbench.study.study_result import StudyResult

_SPLITS: Final = ("test", "validation", "train")
_FAULTS_SHOWN: Final = 5
_RUN_COLUMNS: Final = ("run", "dataset", "model", "optimizer", "learning_rate", "seed")


def load_runs(path: str | Path = "runs") -> pd.DataFrame:
    """Return the finished runs under a folder, one row each, sorted by dataset, model, optimizer and seed.

    Parameters
    ----------
    path : a runs directory, or one run folder; what is unfinished or no run folder is left out. Or an archive that
        `optbench share` has written: every byte of it is verified, and it is unpacked into a temporary folder that
        lasts as long as this process

    Returns
    -------
    DataFrame with the columns `run, name, key, folder, study, stage, label, dataset, model, optimizer, learning_rate,
    seed, status, epochs_run, best_epoch` (`study`, `stage` and `label`, the study's word for the optimizer, are missing
    for runs of no study), then `test_accuracy` and the other metrics of each split, `training_seconds` and the other
    times in seconds (`peak_memory_mb` in MB), then the other optimizer arguments as `optimizer_momentum` and so on
    (missing where an optimizer has no such argument; a schedule as JSON text), then every other setting by its dotted
    key, such as `training.epochs` and `model.hidden_units`; lists and mappings as JSON text

    Raises
    ------
    NoRunsError
        If there is no finished run.
    ArchiveError, MismatchError
        If the file is no archive of optbench, or was changed on its way.
    """
    import pandas as pd

    from optbench.run_store import find_runs

    folder = _folder(Path(path))
    records, _ = find_runs([str(folder)], folder)
    if not records:
        raise NoRunsError(
            worded(
                "folder-holds-none-finished",
                "{folder} holds no finished run. Train some with 'optbench run CONFIG...'.",
                folder=folder,
            ),
            code="runs-none-finished",
        )
    order = ["dataset", "model", "optimizer", "seed", "run"]
    return pd.DataFrame(_columns(_rows(records))).sort_values(order, kind="stable", ignore_index=True)


def load_study(path: str | Path, name: str | None = None) -> StudyResult:
    """Return what a finished study came to.

    Parameters
    ----------
    path : folder of a study, or an archive that `optbench share` has written, as for `load_runs`
    name : of the study, where an archive holds several

    Raises
    ------
    NoRunsError
        If there is no finished study of that name, or several and no name was given.
    ArchiveError, MismatchError
        If the file is no archive of optbench, or anything is not as it was sealed.

    Examples
    --------
    >>> import optbench
    >>> study = optbench.load_study("runs/telco-optimizers-3f2a9c1e")  # doctest: +SKIP
    >>> study.pairs[["a", "b", "difference", "decision"]]  # doctest: +SKIP
    """
    from optbench.run_store import read_json
    from optbench.sharing.things import study_faults
    from optbench.study.study_result import StudyResult

    paths = _study(Path(path), name)
    faults = study_faults(paths)
    if faults:
        raise MismatchError(
            worded("folder-not-sealed", "{run} is not as it was sealed, or not finished.", run=paths.folder.name),
            code="records-files-changed",
            findings=faults[:_FAULTS_SHOWN],
        )
    document = read_json(paths.verdict_json)
    return StudyResult(paths.folder.resolve().name, paths.folder, document, load_runs(paths.folder))


def _study(path: Path, name: str | None) -> StudyPaths:
    from optbench.sharing.things import things_named

    folder = _folder(path)
    found = [one for one in things_named([str(folder)], folder).studies if name in (None, one.folder.name)]
    if len(found) != 1:
        names = ", ".join(one.folder.name for one in found) or "none"
        raise NoRunsError(
            f"{path} must hold one finished study{f' called {name}' if name else ''}. It holds: {names}. "
            + ("Say which with its name." if found else "Runs alone are read by optbench.load_runs."),
            code="runs-name-ambiguous",
        )
    return found[0]


def _folder(path: Path) -> Path:
    """Return the folder to look into: of an archive a temporary one, with what is in it, verified."""
    if not is_file(path):
        return path
    from optbench.core.temporary_folders import make_temporary_folder
    from optbench.sharing.take_in import unpack

    made = make_temporary_folder("archive")
    made.remove_with(sys.modules[__name__])  # tables name the folders in it, and so do parts of tables
    return unpack(path, made.path, durable=False).folder


def load_diagnostics(path: str | Path = "runs") -> pd.DataFrame:
    """Return the diagnostics of the finished runs under a folder, one row per run, epoch and layer.

    Parameters
    ----------
    path : a runs directory, one run folder or an archive; runs without `training.diagnostics` are left out

    Returns
    -------
    DataFrame with the columns `run, dataset, model, optimizer, learning_rate, seed`, then those of `diagnostics.csv`,
    and `gradient_variation`: the standard deviation of the gradient norm divided by its mean, within the epoch

    Raises
    ------
    NoRunsError
        If no finished run recorded any.
    """
    import pandas as pd

    from optbench.run_store import RunPaths

    runs = load_runs(path)
    parts = []
    for _, run in runs.iterrows():
        file = RunPaths(Path(run["folder"])).diagnostics
        if file.is_file():
            parts.append(pd.read_csv(file).assign(**{name: run[name] for name in _RUN_COLUMNS}))
    if not parts:
        raise NoRunsError(
            f"{path} holds no run with diagnostics. Train some with --set training.diagnostics=true.",
            code="runs-no-diagnostics",
        )
    table = pd.concat(parts, ignore_index=True)
    table["gradient_variation"] = table["gradient_norm_sd"] / table["gradient_norm"]
    return table[[*_RUN_COLUMNS, *(name for name in table if name not in _RUN_COLUMNS)]]


def compare(
    runs: pd.DataFrame | Sequence[RunRecord] | str | Path,
    *,
    metric: str | None = None,
    baseline: str | None = None,
    alpha: float = 0.05,
    margin: float | None = None,
    by: str | None = None,
) -> ShownComparison:
    """Compare runs on the test split.

    Parameters
    ----------
    runs : rows of `load_runs` (all of them or a selection), a runs directory, an archive, or run records
    metric, baseline, alpha, margin, by : as on the command line

    Returns
    -------
    Comparison; `.verdict` is the sentence, `.problems[0].optimizers` and `.pairs` the numbers

    Raises
    ------
    UsageError
        If `runs` is something else, or a table without the column `folder`, or the metric, the baseline
        or the setting is not known.

    Examples
    --------
    >>> import optbench
    >>> runs = optbench.load_runs("runs")  # doctest: +SKIP
    >>> optbench.compare(runs[runs.dataset == "wine"]).verdict  # doctest: +SKIP
    """
    from optbench.comparison import compare as compare_records
    from optbench.reporting.shown_comparison import ShownComparison
    from optbench.run_store import record_places
    from optbench.runner.compare import read_curves
    from optbench.runner.run_facts import study_labels
    from optbench.runner.stored_rows import evidence_of

    records = _records(runs)
    histories = _histories(records)
    comparison = compare_records(
        records,
        metric=metric,
        baseline=baseline,
        alpha=alpha,
        margin=margin,
        histories=histories,
        evidence=evidence_of(records),
        by=by,
        suggested=study_labels(record_places(records)),
    )
    by_run = {record.run: record for record in records}
    is_whole = by_run.keys() == histories.keys()  # records alone have no curves

    def curves() -> dict[str, ProblemCurves]:
        return {one.problem: read_curves(one, by_run, histories) for one in comparison.problems} if is_whole else {}

    return ShownComparison.of(comparison, curves)


def _histories(records: Sequence[RunRecord]) -> dict[str, History]:
    """Read the histories of the runs whose folders are there: they say where the order flips during training."""
    from optbench.run_store import RunPaths, read_history

    paths = {record.run: RunPaths(Path(record.folder)).history for record in records}
    return {run: read_history(path) for run, path in paths.items() if path.is_file()}


def _records(runs: pd.DataFrame | Sequence[RunRecord] | str | Path) -> list[RunRecord]:
    from optbench.run_store import find_runs, read_run

    if isinstance(runs, str | Path):
        folder = _folder(Path(runs))
        return find_runs([str(folder)], folder)[0]
    folders = _folders(runs)
    if folders is None:
        return _given_records(runs)
    return [read_run(Path(folder)) for folder in folders]


def _given_records(runs: Any) -> list[RunRecord]:
    """Return records as they were given, or say what is wanted: a row of a table is a Series, no table."""
    from optbench.records import RunRecord

    found = list(runs) if isinstance(runs, Iterable) else [runs]
    if not isinstance(runs, Iterable) or not all(isinstance(one, RunRecord) for one in found):
        raise UsageError(
            "compare needs rows of load_runs, a runs directory or a list of run records. "
            f"Received: {type(runs).__name__}. One row is written runs.loc[[0]], several runs[runs.dataset == 'wine'].",
            code="usage-runs-wrong",
        )
    return found


def _folders(runs: Any) -> list[str] | None:
    """Return the folders of a table of runs, or None if it is not a table."""
    if not hasattr(runs, "columns"):
        return None
    if "folder" not in runs.columns:
        raise UsageError(
            "compare needs the column 'folder' of load_runs to find the runs again. "
            f"Received: a table with {', '.join(map(str, runs.columns))}. Select rows, not columns.",
            code="usage-runs-wrong",
        )
    return [str(folder) for folder in runs["folder"]]


def _columns(rows: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns, NaN where a row has no such value; ten thousand rows at once would take 100 MB more."""
    columns: dict[str, list[Any]] = {}
    n = 0
    for n, row in enumerate(rows, 1):
        for name, value in row.items():
            column = columns.setdefault(name, [])
            column += [math.nan] * (n - 1 - len(column))
            column.append(value)
    return {name: column + [math.nan] * (n - len(column)) for name, column in columns.items()}


def _rows(records: Sequence[RunRecord]) -> Iterator[dict[str, Any]]:
    from optbench.comparison import config_parts, once_each
    from optbench.run_store import record_places

    places = record_places(records)
    chosen = once_each((record.config for record in records), config_parts, _setting_cells)
    for record, (rate, settings) in zip(records, chosen, strict=True):
        yield _row(record, places.get(record.folder), rate, settings)


def _setting_cells(config: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the learning rate of an experiment, and its other settings as `load_runs` names them."""
    from optbench.comparison import chosen_settings

    optimizer = dict(_optimizer_arguments(config))
    rate = optimizer.pop("learning_rate", None)
    others = {key: _cell(value) for key, value in chosen_settings(config).items() if not key.startswith("optimizer.")}
    return rate, {**{f"optimizer_{name}": value for name, value in optimizer.items()}, **others}


def _row(record: RunRecord, place: StudyPlace | None, rate: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    from optbench.runner.run_facts import run_facts

    facts = run_facts(record.config, key=record.key, seed=record.seed, place=place, settings=settings)
    return {
        "run": record.run,
        "name": facts["name"],
        "key": facts["key"],
        "folder": record.folder,
        "study": facts["study"],
        "stage": facts["stage"],
        "label": facts["label"],
        "dataset": record.config.get("dataset", {}).get("name"),
        "model": record.config.get("model", {}).get("name"),
        "optimizer": record.config.get("optimizer", {}).get("name"),
        "learning_rate": rate,
        "seed": record.seed,
        "status": record.status.value,
        "epochs_run": record.metrics.get("epochs_run"),
        "best_epoch": record.metrics.get("best_epoch"),
        **{f"{split}_{name}": value for split in _SPLITS for name, value in (record.metrics.get(split) or {}).items()},
        **{name: value for name, value in record.timing.items() if name != "schema_version"},
        **settings,
    }


def _cell(value: Any) -> Any:
    """Return a value that fits into a cell: what is nested becomes JSON text."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def _optimizer_arguments(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield argument and value, one level."""
    optimizer = config.get("optimizer", {})
    arguments = {key: value for key, value in optimizer.items() if key not in ("name", "arguments")}
    for key, value in {**arguments, **(optimizer.get("arguments") or {})}.items():
        yield key, _cell(value)
