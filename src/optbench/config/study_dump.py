"""A study as a file that holds all of it: its experiments written out, every default filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.config.moved import moved
from optbench.config.split_design import SplitDesign
from optbench.config.study_problems import INLINE
from optbench.config.study_search import MODEL
from optbench.config.yaml_document import dump_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from optbench.config.study_search import StudyOptimizer
    from optbench.config.study_sections import StudyConfig, StudyProblem


def dump_study(config: StudyConfig, way_to: Callable[[Path], str | None]) -> str:
    """Return a study as YAML, which `load_study` reads back as the same study.

    Parameters
    ----------
    way_to : returns the way from the file's folder to one that paths of an experiment start from; None leaves them
    """
    several = len(config.problems) > 1
    problems = [_problem(problem, way_to(problem.base)) for problem in config.problems]
    named = [{"name": problem.name, **plain} for problem, plain in zip(config.problems, problems, strict=True)]
    plain: dict[str, Any] = {
        "name": config.name,
        **({"experiments": named} if several else {"experiment": problems[0]}),
        "optimizers": [_optimizer(one) for one in config.optimizers],
        "tuning": config.tuning.model_dump(),
        "confirmation": {**config.confirmation.model_dump(), "resplit": _resplit(config)},
        "splits": config.splits,
        "metric": config.metric,
        "margin": config.margin,
        "engine": config.engine,
        "alpha": config.alpha,
        "baseline": config.baseline,
    }
    return dump_yaml(plain)


def _problem(problem: StudyProblem, way: str | None) -> dict[str, Any]:
    experiment = problem.experiment if way is None else moved(problem.experiment, way)
    plain = experiment.to_plain()
    return {name: plain[name] for name in INLINE}


def _optimizer(one: StudyOptimizer) -> dict[str, Any]:
    ranges = {name: found.model_dump() for name, found in one.search.items()}
    of_model = {**one.fixed, **{name: found for name, found in ranges.items() if name.startswith(MODEL)}}
    own = {name: found for name, found in ranges.items() if not name.startswith(MODEL)}
    return {**one.config.to_plain(), "label": one.label, **own, **({"with": of_model} if of_model else {})}


def _resplit(config: StudyConfig) -> bool | None:
    """Return what every seed varies, as far as one word says it for all problems."""
    if config.splits:
        return config.confirmation.resplit
    designs = {problem.design for problem in config.problems}
    return (SplitDesign.RESPLIT in designs) if len(designs) == 1 else config.confirmation.resplit
