"""How a run compares with itself executed again: ladder, files byte for byte, and what could explain a difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.regular_files import is_file, read_regular
from optbench.runner.ladder import explanations, first_difference
from optbench.runner.older_metrics import OlderMetrics, compare_older_metrics
from optbench.runner.other_calibration import calibrated_by, calibrated_otherwise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optbench.core.findings import Finding
    from optbench.provenance import EnvironmentDifference
    from optbench.records import Dataset
    from optbench.run_store import RunPaths
    from optbench.runs.recorded import Recorded

# Of the identity files these are given, or are the ladder itself.
_CLIMBED_BEFORE = ("config", "config_resolved", "digests")
# Identity files that runs of earlier versions have none of; that one was removed, the manifest would have told.
_WRITTEN_LATER = ("preprocessing",)


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How a run compares with itself executed again.

    Attributes
    ----------
    rungs : how many rungs are equal, from the first on
    first_difference : name of the first rung or file that differs, "" if none does
    could_explain : facts of the environment that differ and could explain it
    score_difference, metric_difference : largest absolute difference of a prediction and of a metric;
        None if they cannot be compared
    older_metrics : how the `metrics` rung was compared, if metrics.json has an earlier schema than is written now
    not_compared : rungs and files that could not be, since the run was passed on without what they are of
    """

    run: str
    rungs: int
    first_difference: str
    could_explain: tuple[Finding, ...]
    score_difference: float | None
    metric_difference: float | None
    older_metrics: OlderMetrics | None = None
    not_compared: tuple[str, ...] = ()

    @property
    def is_identical(self) -> bool:
        """True if every rung and every identity file that is there is equal."""
        return not self.first_difference

    def to_json(self) -> dict[str, Any]:
        """Return the document that `reproduce --json` prints."""
        from optbench.words import DEFAULT, sentences

        return {
            "schema_version": 1,
            "run": self.run,
            "identical": self.is_identical,
            "rungs": self.rungs,
            "first_difference": self.first_difference or None,
            "could_explain": sentences(self.could_explain, DEFAULT),
            "findings": [finding.to_json() for finding in self.could_explain],
            "largest_difference": {"predictions": self.score_difference, "metrics": self.metric_difference},
            "older_metrics": None if self.older_metrics is None else self.older_metrics.to_json(),
            "not_compared": list(self.not_compared),
        }

    def text(self, language: str | None = None) -> str:
        """Return what the command prints."""
        from optbench.words import sentence, sentences, text

        older = [] if self.older_metrics is None else [f"  {sentence(self.older_metrics.finding, language)}"]
        if self.not_compared:
            older.append(f"  {text('reproduce-not-there', language, names=list(self.not_compared))}")
        if self.is_identical:
            return "\n".join([text("reproduce-identical", language, run=self.run, n_rungs=self.rungs), *older])
        first = {"n_rungs": self.rungs, "first": self.first_difference}
        lines = [text("reproduce-differs", language, run=self.run, **first)]
        causes = sentences(self.could_explain, language)
        lines += [f"  {text('reproduce-could-explain', language, cause=cause)}" for cause in causes]
        if not causes:
            lines.append(f"  {text('reproduce-unexplained', language)}")
        for code, value in (("predictions", self.score_difference), ("metrics", self.metric_difference)):
            lines.append(f"  {text(f'reproduce-largest-{code}', language, value=_number(value, language))}")
        lines += older
        return "\n".join(lines)


def changed_data(recorded: Recorded, dataset: Dataset) -> Reproduction | None:
    """Return the end of the climb if the data or its split is another one: training on it would prove nothing."""
    from optbench.provenance import EnvironmentDifference

    rungs = (("data", dataset.data_digest), ("split", dataset.split_digest))
    number, rung = next(
        ((i, name) for i, (name, digest) in enumerate(rungs) if recorded.digests[name] != digest), (0, "")
    )
    if not rung:
        return None
    before, now = (
        {name: value for what in ("files", "reading") for name, value in _leaves(f"data.{what}", facts.get(what))}
        for facts in (recorded.environment.get("data", {}), dataset.facts)
    )
    causes = [
        EnvironmentDifference(name, before.get(name), now.get(name)).finding
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    return Reproduction(recorded.manifest.run, number, rung, tuple(causes), None, None)


def foreseen_differences(recorded: Recorded) -> list[EnvironmentDifference]:
    """Return the facts of this machine and its software that keep the bits from being the same."""
    from optbench.provenance import collect_environment, environment_differences
    from optbench.runner.run import variables_of_workers

    known = {name: value for name, value in recorded.environment.items() if name not in ("software", "git", "code")}
    here = {name: value for name, value in collect_environment().items() if name not in ("git", "code")}
    here["variables"] = variables_of_workers(recorded.config.training)
    packages = recorded.manifest.versions
    return explanations("weights", environment_differences(known, _like(recorded, here)), packages=packages)


def _like(recorded: Recorded, environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return an environment with what an earlier version recorded in another way told in that way."""
    from optbench.provenance import key_package_digests_like

    before = recorded.environment.get("package_digests")
    return {**environment, "package_digests": key_package_digests_like(before if isinstance(before, dict) else {})}


def compare(recorded: Recorded, again: RunPaths) -> Reproduction:
    """Climb the ladder of both runs, then compare their identity files byte for byte."""
    from optbench.provenance import environment_differences
    from optbench.run_store import read_json

    digests, older = read_json(again.digests), older_metrics(recorded, again)
    is_same_but_older = older is not None and not older.different
    if is_same_but_older:  # the digests are of files that cannot be equal; what both hold is
        digests = {**digests, "metrics": recorded.digests["metrics"]}
    if recorded.has_other_paths:  # of the experiment with its own paths, which nobody has here
        digests = {**digests, "config": recorded.digests["config"]}
    rung, equal = first_difference(recorded.digests, digests)
    if not rung:
        ours, theirs = recorded.paths.identity_files, again.identity_files
        left_out = {*_CLIMBED_BEFORE, *(name for name in _WRITTEN_LATER if not ours[name].is_file())}
        if is_same_but_older:  # an older optbench wrote fewer files, too; the manifest knows what it wrote
            left_out |= {"metrics", *(name for name, path in ours.items() if not path.is_file())}
        rung = next((name for name in ours if name not in left_out and _differ(ours[name], theirs[name])), "")
    differences = environment_differences(recorded.environment, _like(recorded, read_json(again.environment)))
    found = [one.finding for one in explanations(rung, differences, packages=recorded.manifest.versions)]
    return Reproduction(
        run=recorded.manifest.run,
        rungs=equal,
        first_difference=rung,
        could_explain=(*found, *_other_calibration(recorded)) if rung else (),
        score_difference=score_difference(recorded.paths, again),
        metric_difference=metric_difference(recorded.paths, again),
        older_metrics=older,
        not_compared=_not_compared(recorded),
    )


def _other_calibration(recorded: Recorded) -> tuple[Finding, ...]:
    """Return that the run has calibrated otherwise than is done today, if so: no fact of its environment tells it."""
    from optbench.config import CALIBRATION_VERSION

    before = calibrated_by(recorded.manifest, data=recorded.digests["data"], code=recorded.recorded_code)
    return () if before == CALIBRATION_VERSION else (calibrated_otherwise(before),)


def _not_compared(recorded: Recorded) -> tuple[str, ...]:
    """Return what of a run that was passed on cannot be compared: what depends on its paths, and what was held back."""
    if recorded.shared is None:
        return ()
    identity = {path.name for path in recorded.paths.identity_files.values()}
    held_back = sorted(identity & recorded.shared.withheld.keys())
    return (*(("config", "key") if recorded.has_other_paths else ()), *held_back)


def older_metrics(recorded: Recorded, again: RunPaths) -> OlderMetrics | None:
    """Compare the metrics of a run whose metrics.json is of an earlier schema; None if it is of today's.

    None as well if its ladder tells of another metrics.json than the one in its folder: then that rung differs.
    """
    from optbench.run_store import file_sha256, read_json

    if recorded.digests["metrics"] != file_sha256(recorded.paths.metrics):
        return None
    return compare_older_metrics(read_json(recorded.paths.metrics), read_json(again.metrics))


def score_difference(first: RunPaths, second: RunPaths) -> float | None:
    """Return the largest absolute difference of a predicted probability over all splits; None if shapes differ."""
    import numpy as np

    from optbench.config import load_resolved
    from optbench.tasks import task_named

    task = task_named(load_resolved(first.config_resolved).task)
    ours, theirs = (task.answers(task.read_predictions(paths)) for paths in (first, second))
    pairs = [(ours[name], theirs[name]) for name in ours if name in theirs]
    if len(pairs) != len(ours) or any(one.shape != other.shape for one, other in pairs):
        return None
    # a withheld test split has no scores
    largest = max(float(np.abs(one.astype(np.float64) - other).max(initial=0.0)) for one, other in pairs)
    return largest if np.isfinite(largest) else None


def metric_difference(first: RunPaths, second: RunPaths) -> float | None:
    """Return the largest absolute difference of a metric over all splits; None if none can be compared."""
    from optbench.run_store import read_json

    ours, theirs = read_json(first.metrics), read_json(second.metrics)
    gaps = [
        abs(value - theirs[split][name])
        for split in ("train", "validation", "test")
        for name, value in (ours.get(split) or {}).items()
        if value is not None and (theirs.get(split) or {}).get(name) is not None
    ]
    return max(gaps, default=None)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every scalar of a nested document under a dotted name."""
    children: list[tuple[str, Any]] = []
    if isinstance(value, Mapping):
        children = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        children = [(str(position), item) for position, item in enumerate(value)]
    else:
        yield name, value
    for key, item in children:
        yield from _leaves(f"{name}.{key}", item)


def _differ(ours: Path, theirs: Path) -> bool:
    if not is_file(ours) or not is_file(theirs):
        return is_file(ours) != is_file(theirs)
    return read_regular(ours) != read_regular(theirs)


def _number(value: float | None, language: str | None) -> str:
    from optbench.words import text
    from optbench.words.tables import localised

    return text("reproduce-not-compared", language) if value is None else localised(f"{value:.3g}", language)
