"""What every listing says of a run to programs: name, key, seed, settings, study and stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from optbench.comparison import Comparison
    from optbench.records import RunRecord
    from optbench.run_store import StudyPlace


def run_facts(
    config: Mapping[str, Any],
    *,
    key: str | None,
    seed: int | None,
    place: StudyPlace | None,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return `name, key, seed, study, stage, label, settings` of a run as JSON values.

    Parameters
    ----------
    config : its resolved experiment; empty if it is not known
    place : what it is in a study; None outside: then study, stage and label are null
    settings : what `each_settings` gives for it; None computes them
    """
    if settings is None:
        (settings,) = each_settings([config])
    return {
        "name": config.get("name"),
        "key": key,
        "seed": seed,
        "study": None if place is None else place.study,
        "stage": None if place is None else place.stage,
        "label": None if place is None else place.label,
        "settings": settings or None,
    }


def each_settings(configs: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield what each resolved experiment chooses, {} for an empty one; of the same sections it is computed once."""
    from optbench.comparison import chosen_settings, config_parts, once_each

    return once_each(configs, config_parts, lambda config: chosen_settings(config) if config else {})


def compared_runs(
    comparison: Comparison, records: Sequence[RunRecord], places: Mapping[str, StudyPlace]
) -> list[dict[str, Any]]:
    """Return a row per compared run, in the order of the comparison: `label` is that of its group there.

    Parameters
    ----------
    places : folder of a run -> what it is in its study
    """
    by_run = {record.run: record for record in records}
    settings = dict(zip(by_run, each_settings(record.config for record in by_run.values()), strict=True))
    return [
        {
            "run": run,
            "folder": by_run[run].folder,
            **run_facts(
                by_run[run].config,
                key=by_run[run].key,
                seed=by_run[run].seed,
                place=places.get(by_run[run].folder),
                settings=settings[run],
            ),
            "label": summary.label,
            "problem": problem.problem,
        }
        for problem in comparison.problems
        for summary in problem.optimizers
        for run in summary.runs
    ]


def study_labels(places: Mapping[str, StudyPlace]) -> dict[str, str]:
    """Return folder of a run -> what its study calls its optimizer, where that is known."""
    return {folder: place.label for folder, place in places.items() if place.label}
