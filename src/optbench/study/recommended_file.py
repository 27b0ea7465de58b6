"""recommended.yaml: the experiment that a study ends with, complete, as `run` takes it from where it lies."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.private_text import names_of_the_user
from optbench.words import text

if TYPE_CHECKING:
    from optbench.config import ExperimentConfig
    from optbench.study.findings import ProblemFindings, StudyFindings
    from optbench.study.plan import StudyPlan
    from optbench.study.problems import PlannedProblem

_LONGEST_NAME = 100
_TRAINED: Final = ("task", "dataset", "model", "optimizer", "training", "evaluation")
_AUTO: Final = "auto"
_OF_A_SEED: Final = ("seed", "withhold_test")  # of the split
_OF_PYTHON: Final = "python:"


def recommended_files(plan: StudyPlan, study: StudyFindings, language: str | None = None) -> dict[Path, bytes]:
    """Return the file of each problem by its path; none for a problem on which no row has a score."""
    several = len(study.problems) > 1
    planned = {problem.name: problem for problem in plan.problems}
    return {
        plan.paths.recommended(one.name if several else ""): _file(plan, planned[one.name], one, study, language)
        for one in study.problems
        if one.recommended is not None
    }


def _file(
    plan: StudyPlan, problem: PlannedProblem, found: ProblemFindings, study: StudyFindings, language: str | None
) -> bytes:
    from optbench.config import dump_config, moved

    assert found.recommended is not None  # noqa: S101 - the caller has looked
    way = way_to(problem.base, plan.paths.folder)
    config = _experiment(plan, problem, found.recommended.label, tuple(found.recommended.values.items()))
    about = {"study": study.config.name, "plan": study.plan[:12]}
    taken = {"label": found.recommended.label, "rule": found.recommended.rule.value}
    told = [text("take-file", language, **about, **taken)]
    if way is None:
        told.append(text("take-file-moved", language))
    comment = "".join(f"# {line}\n" for line in told)
    return (comment + dump_config(config if way is None else moved(config, way))).encode()


def _experiment(
    plan: StudyPlan, problem: PlannedProblem, label: str, values: tuple[tuple[str, float], ...]
) -> ExperimentConfig:
    """Return the problem's experiment with a row at its setting, on the split that the experiment names."""
    row = next(one for one in plan.rows if one.label == label)
    config = row.experiment(problem.experiment, values)
    engine = plan.engines_used()[problem.name].get(label, config.training.engine)
    end = "-recommended"
    changes = {
        "name": plan.config.name[: _LONGEST_NAME - len(end)] + end,
        "seed": 0,
        "seeds": None,
        "training": config.training.model_copy(update={"engine": engine}),
    }
    return config.model_copy(update=changes)


def is_of(path: Path, found: ProblemFindings, folder: Path) -> bool:
    """Return True if a file asks for what the runs of the row to take were trained with.

    Parameters
    ----------
    path : of a recommended.yaml
    folder : of the study

    Notes
    -----
    The split is that of the experiment and not of a run, what is `auto` or null in the file is resolved in the run, and
    a path may start from elsewhere: of it the last part is compared.
    """
    from optbench.config import load_resolved
    from optbench.errors import OptbenchError
    from optbench.run_store import RunPaths

    assert found.recommended is not None  # noqa: S101 - the caller has looked
    rows = found.comparison.problems[0].optimizers
    run = next(row.runs[0] for row in rows if row.label == found.recommended.label)
    try:
        asked = load_resolved(path).model_dump(mode="json")
    except OptbenchError:
        return False
    trained = load_resolved(RunPaths(folder / run).config_resolved).model_dump(mode="json")
    return all(_is_part(asked[section], trained[section]) for section in _TRAINED)


def _is_part(asked: Any, trained: Any, key: str = "") -> bool:
    """Return True if all that is asked for is so in what was trained."""
    if asked is None or asked == _AUTO or key in _OF_A_SEED:
        return True
    if isinstance(asked, dict):
        return isinstance(trained, dict) and all(
            name in trained and _is_part(value, trained[name], name) for name, value in asked.items()
        )
    return bool(_without_way(asked) == _without_way(trained))


def _without_way(value: Any) -> Any:
    """Return a text without the folders that it may begin with."""
    return value.removeprefix(_OF_PYTHON).rpartition("/")[2] if isinstance(value, str) else value


def way_to(base: Path, folder: Path) -> str | None:
    """Return the way from the study's folder to where paths of the experiment start; None if it names the user."""
    way = os.path.relpath(os.path.realpath(base), os.path.realpath(folder))
    return None if set(names_of_the_user()) & set(Path(way).parts) else way
