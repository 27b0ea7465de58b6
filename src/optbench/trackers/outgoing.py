"""What leaves: runs, the groups they form and the verdict, as values; whichever tool they go to takes these.

No text among them holds an absolute path: it would tell strangers who somebody is and where they work.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.comparison import chosen_settings
from optbench.core.private_text import PLACEHOLDER, names_of_the_user, without_paths
from optbench.core.text import flattened
from optbench.records import SPLITS
from optbench.run_store import RunPaths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optbench.config.stand_ins import StandIns
    from optbench.records import History, RunRecord

Scalar = str | int | float | bool | None

_ABSOLUTE: Final = re.compile(r"~|/|\\\\|[A-Za-z]:[\\/]")
_TIMES: Final = ("training_seconds", "training_cpu_seconds", "seconds_per_epoch", "seconds_to_build", "peak_memory_mb")


@dataclass(frozen=True, slots=True)
class OutgoingRun:
    """A finished run, ready to leave.

    Attributes
    ----------
    record : the run as its folder tells it
    problem : title of the comparison that it goes with
    label : its group there; of a run of tuning what its study calls the optimizer
    study, stage : of a run of a study
    parameters : resolved settings by dotted name, seed and task included
    metrics : `test.accuracy` and the like; without those that are undefined
    times : seconds, and memory in MiB
    history : a row per epoch
    pictures : files of its folder
    """

    record: RunRecord
    problem: str
    label: str
    study: str | None
    stage: str | None
    parameters: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    times: Mapping[str, float]
    history: History
    pictures: tuple[Path, ...] = ()

    @property
    def paths(self) -> RunPaths:
        """Where its files lie."""
        return RunPaths(Path(self.record.folder))

    @property
    def facts(self) -> dict[str, Scalar]:
        """Who it is, by the names that tags and columns have."""
        config = self.record.config
        return {
            "run": self.record.run,
            "name": config.get("name"),
            "key": self.record.key,
            "problem": self.problem,
            "label": self.label,
            "study": self.study,
            "stage": self.stage,
            "seed": self.record.seed,
            "status": str(self.record.status),
            "dataset": (config.get("dataset") or {}).get("name"),
            "model": (config.get("model") or {}).get("name"),
            "optimizer": (config.get("optimizer") or {}).get("name"),
        }


@dataclass(frozen=True, slots=True)
class OutgoingComparison:
    """What the runs of one problem come to.

    Attributes
    ----------
    name : of the study or of the problem, and of both if a study has several
    problem : data set and model in a few words
    study : name of the study's folder, None outside
    metric, alpha, margin : what was compared, on the test split
    verdict, warnings : English sentences
    groups, pairs : rows of `compare --format json`
    document : all of that as `compare --format json` has it; of a study as its verdict.json
    runs : those of the groups, then others of the problem, each once
    draw : returns pictures as the bytes of PNG files, by their names
    files : further files by name, such as the page of a study
    """

    name: str
    problem: str
    study: str | None
    metric: str
    alpha: float
    margin: float | None
    verdict: str
    warnings: tuple[str, ...]
    groups: tuple[Mapping[str, Any], ...]
    pairs: tuple[Mapping[str, Any], ...]
    document: Mapping[str, Any]
    runs: tuple[OutgoingRun, ...]
    draw: Callable[[], Mapping[str, bytes]] = dict
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """sha256 hex of what is said and of the runs that it is said of: equal for the same comparison again."""
        said = [self.name, self.problem, self.metric, self.verdict, *sorted(run.record.key for run in self.runs)]
        numbers = [[group.get(name) for name in ("optimizer", "n", "mean", "sd")] for group in self.groups]
        return hashlib.sha256(json.dumps([said, numbers, self.alpha, self.margin]).encode()).hexdigest()

    def runs_of(self, group: Mapping[str, Any]) -> tuple[OutgoingRun, ...]:
        """Return the runs of a group, by rising seed."""
        named = {run.record.run: run for run in self.runs}
        return tuple(named[run] for run in group.get("runs", ()) if run in named)


def ways_in(records: Iterable[RunRecord]) -> StandIns:
    """Return what takes the place of the paths in the experiments of some runs that say where somebody works."""
    from optbench.config.stand_ins import marked_stand_ins

    return marked_stand_ins((dict(record.config) for record in records), names_of_the_user())


def comparison_of(
    name: str,
    study: str | None,
    document: Mapping[str, Any],
    runs: Sequence[OutgoingRun],
    draw: Callable[[], Mapping[str, bytes]] = dict,
    files: Mapping[str, bytes] | None = None,
    *,
    ways: StandIns,
) -> OutgoingComparison:
    """Return what a document of the shape of `compare --format json` says of one problem.

    Parameters
    ----------
    document : its `optimizers` and `pairs` are those of one problem
    files : HTML or Markdown, in UTF-8
    ways : what takes the place of the paths in the experiments of all runs
    """
    document = ways.in_value(document)
    return OutgoingComparison(
        name=ways.in_text(name),
        problem=runs[0].problem,
        study=study,
        metric=document["metric"],
        alpha=document["alpha"],
        margin=document["margin"],
        verdict=document["verdict"],
        warnings=tuple(document["warnings"]),
        groups=tuple(document["optimizers"]),
        pairs=tuple(document["pairs"]),
        document=document,
        runs=tuple(runs),
        draw=draw,
        files={file: _without_ways(data, ways.without_mark()) for file, data in (files or {}).items()},
    )


def _without_ways(data: bytes, ways: StandIns) -> bytes:
    return ways.in_text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def outgoing_run(
    record: RunRecord,
    problem: str,
    label: str,
    study: str | None,
    stage: str | None,
    history: History,
    *,
    ways: StandIns,
) -> OutgoingRun:
    """Return a finished run, ready to leave; `ways` as for `comparison_of`."""
    paths = RunPaths(Path(record.folder))
    record = replace(record, config=anonymous(ways.in_value(record.config)))
    return OutgoingRun(
        record=record,
        problem=ways.in_text(problem),
        label=label,
        study=study,
        stage=stage,
        parameters=parameters_of(record),
        metrics={
            f"{split}.{name}": float(value)
            for split in SPLITS
            for name, value in (record.metrics.get(split) or {}).items()
            if isinstance(value, int | float)
        },
        times={name: float(value) for name in _TIMES if isinstance(value := record.timing.get(name), int | float)},
        history=history,
        pictures=tuple(sorted(path for path in paths.folder.glob("*.png") if path.is_file() and not path.is_symlink())),
    )


def parameters_of(record: RunRecord) -> dict[str, Scalar]:
    """Return the settings of a run as flat values: what is nested becomes JSON text, lists too."""
    settings: dict[str, Any] = {"seed": record.seed, **chosen_settings(record.config)}
    flat = {name: _scalar(value) for name, value in flattened(settings, keep_empty=True)}
    return {"task": record.config.get("task"), **flat} if record.config.get("task") else flat


def _scalar(value: Any) -> Scalar:
    return value if isinstance(value, str | int | float | None) else json.dumps(value, sort_keys=True)


def anonymous(value: Any) -> Any:
    """Return JSON values in which absolute paths have lost their folders.

    Examples
    --------
    >>> anonymous({"path": "/home/ana/churn.csv", "target": "yes/no"})
    {'path': '<path>/churn.csv', 'target': 'yes/no'}
    """
    if isinstance(value, Mapping):
        return {str(name): anonymous(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [anonymous(inner) for inner in value]
    if isinstance(value, str) and _ABSOLUTE.match(value):
        return f"{PLACEHOLDER}/{value.replace(chr(92), '/').rpartition('/')[2]}"
    return value


def environment_of(run: OutgoingRun) -> dict[str, Any]:
    """Return what could explain a difference elsewhere; {} if it is not known.

    It has no paths, no names of people, and no cells of data that is not public.
    """
    from optbench.core.regular_files import is_file
    from optbench.provenance.cells import is_open, without_cells
    from optbench.run_store import read_json

    path = run.paths.environment
    if not is_file(path):
        return {}
    facts = read_json(path)
    if not is_open(str(run.facts["dataset"])):
        facts = without_cells(facts)
    found: dict[str, Any] = _impersonal(facts, names_of_the_user())
    return found


def _impersonal(value: Any, people: Sequence[str]) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _impersonal(inner, people) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_impersonal(inner, people) for inner in value]
    return without_paths(value, people) if isinstance(value, str) else value


def config_text(run: OutgoingRun) -> str:
    """Return the resolved experiment as YAML, without the folders of absolute paths."""
    from optbench.config.yaml_document import dump_yaml

    return dump_yaml(dict(run.record.config))


def run_files(run: OutgoingRun) -> list[Path]:
    """Return the files that leave beside pictures: the model, and small tables that name nobody's rows."""
    paths = run.paths
    wanted = (
        *(paths.model, paths.metrics, paths.history, paths.digests),
        *(paths.report_text, paths.confusion, paths.roc_curve, paths.precision_recall_curve),
    )
    return [path for path in wanted if path.is_file() and not path.is_symlink()]
