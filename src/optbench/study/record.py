"""study.json: the plan, what was chosen, every opening of the test split, and the digests of the results."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optbench.core.worded import worded
from optbench.study.plan import protocol, question
from optbench.study.verdicts import earlier_verdicts, reopen_study

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from optbench.config import StudyConfig
    from optbench.study.plan import AskedPlan, StudyPlan
    from optbench.study.tuning import Tuning


def read_record(plan: StudyPlan) -> dict[str, Any]:
    """Return the content of study.json, or {} if there is none yet.

    Raises
    ------
    StorageError
        If it is damaged, or of another study.
    """
    from optbench.errors import StorageError
    from optbench.run_store import read_json

    path = plan.paths.record
    if not os.path.lexists(path):
        return {}
    record = read_json(path)
    if record.get("key") != plan.key:
        raise StorageError(
            worded(
                "folder-other-study",
                "{folder} holds another study (key {key}...). Move that folder away, rename the study, or "
                "choose another --runs-dir.",
                folder=plan.paths.folder,
                key=str(record.get("key"))[:12],
            ),
            code="storage-folder-taken",
        )
    return record


def make_study_folder(folder: Path) -> None:
    """Create a study's folder; one that is there is taken.

    Raises
    ------
    StorageError
        If it cannot be created, or is a link, through which the study's files would replace those of something else.
    """
    from optbench.run_store import make_folder

    make_folder(folder, parents=True)


def write_plan(plan: StudyPlan, record: Mapping[str, Any]) -> dict[str, Any]:
    """Write the plan into study.json before anything runs; openings of the test split are kept, for ever."""
    same = record.get("plan") == plan.digest
    return _write(
        plan,
        {
            "schema_version": 1,
            "study": plan.config.name,
            "key": plan.key,
            "plan": plan.digest,
            "data": {problem.name: problem.open_data.data_digest for problem in plan.problems},
            "split": {problem.name: problem.opened for problem in plan.problems},
            "versions": dict(plan.versions),
            "protocol": protocol(plan.config),
            "design": plan.config.design.to_json(),
            "engines": plan.engines_used(),
            "looks": list(plan.config.looks),
            "chosen": record.get("chosen") if same else None,
            "openings": list(record.get("openings", [])),
            "outputs": record.get("outputs", {}) if same else {},
            **({"ended_at": record["ended_at"]} if same and "ended_at" in record else {}),
        },
        before=record,
    )


def open_test_split(
    plan: StudyPlan, record: Mapping[str, Any], tunings: Sequence[Tuning], *, today: date
) -> dict[str, Any]:
    """Record, before any confirmation run, that the test splits are opened now, by which plan.

    A plan opens each once, however often its runs are interrupted. An entry counts the openings of the same split that
    other studies in the same runs directory had recorded by then, and names the verdicts that had been drawn by then on
    any of the plan's confirmation runs.
    """
    openings = list(record["openings"])
    chosen: dict[str, dict[str, Any]] = {problem.name: {} for problem in plan.problems}
    for tuning in tunings:
        chosen[tuning.problem][tuning.label] = dict(tuning.winner.values)
    if all(opening["plan"] != plan.digest for opening in openings):
        values = {
            (problem, label): tuple(own.items()) for problem, rows in chosen.items() for label, own in rows.items()
        }
        earlier = earlier_verdicts(plan, plan.confirmation_runs(values))
        openings += [
            {
                "problem": problem.name,
                "plan": plan.digest,
                "data": problem.open_data.data_digest,
                "split": problem.opened,
                **({"splits": list(problem.opened_splits)} if problem.resplits else {}),
                "date": today.isoformat(),
                "by_other_studies_before": _openings_elsewhere(plan, set(problem.opened_splits)),
                **({"earlier_verdicts": earlier} if earlier else {}),
                "question": question(plan.config),
                "confirmation": plan.config.confirmation.model_dump(),
            }
            for problem in plan.problems
        ]
    return _write(plan, {**record, "chosen": chosen, "openings": openings}, before=record)


@dataclass(frozen=True, slots=True)
class FirstPlan:
    """The plan that another one extends by confirmation seeds that it had not reserved.

    Attributes
    ----------
    plan : its digest
    confirmation : what it said of its confirmation runs
    """

    plan: str
    confirmation: Mapping[str, Any]

    def config_of(self, config: StudyConfig) -> StudyConfig:
        """Return the study as this plan has it."""
        return replace(config, confirmation=config.confirmation.model_copy(update=dict(self.confirmation)))


def first_plan(plan: AskedPlan, record: Mapping[str, Any]) -> FirstPlan | None:
    """Return the plan that was the first to open the test split with this question, if it reserved fewer seeds.

    Parameters
    ----------
    record : content of study.json, this plan's opening in it
    """
    openings = record.get("openings", [])
    own: Mapping[str, Any] = next((opening for opening in openings if opening["plan"] == plan.digest), {})
    asked = own.get("question") or question(plan.config)
    same = (opening for opening in openings if opening.get("question") == asked)
    first = next((opening for opening in same if isinstance(opening.get("confirmation"), dict)), None)
    if first is None or first["plan"] == plan.digest:
        return None
    found = FirstPlan(first["plan"], first["confirmation"])
    reserved = len(found.config_of(plan.config).confirmation_seeds)
    return found if reserved <= len(plan.config.confirmation_seeds) else None


def close_record(
    plan: StudyPlan, record: Mapping[str, Any], outputs: Mapping[str, str], *, ended_at: int | None = None
) -> dict[str, Any]:
    """Write the digests of the results: the study is done.

    Parameters
    ----------
    ended_at : number of seeds at the look that ended a plan with looks
    """
    end = {} if ended_at is None else {"ended_at": ended_at}
    return _write(plan, {**record, "outputs": dict(outputs), **end}, before=record)


def _openings_elsewhere(plan: StudyPlan, splits: set[str]) -> int:
    """Return how often other studies in the same runs directory have opened one of some splits or several."""
    found = 0
    for path in sorted(plan.paths.folder.parent.glob(f"*/{plan.paths.record.name}")):
        if path != plan.paths.record:
            found += sum(not splits.isdisjoint(opened) for opened in _splits_opened(path))
    return found


def _splits_opened(path: Path) -> list[set[str]]:
    """Return the digests of the splits of each opening of a study; [] if its record cannot be read."""
    from optbench.errors import StorageError
    from optbench.run_store import read_json

    try:
        openings = read_json(path).get("openings", [])
    except StorageError:
        return []
    known = [opening for opening in openings if isinstance(opening, dict)] if isinstance(openings, list) else []
    return [_digests([opening.get("split"), *_listed(opening.get("splits"))]) for opening in known]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _digests(values: Iterable[Any]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def _write(plan: StudyPlan, document: dict[str, Any], *, before: Mapping[str, Any]) -> dict[str, Any]:
    from optbench.run_store import write_json

    if document != before:
        reopen_study(plan.paths)
        write_json(plan.paths.record, document)
    return document
