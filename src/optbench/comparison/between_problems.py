"""What several problems of one comparison have to do with each other: other data sets, or other models of one."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from optbench.comparison.across import across_problems
from optbench.comparison.differences import missing_optimizers
from optbench.comparison.labels import differing_keys
from optbench.comparison.settings import chosen_settings, data_identity
from optbench.comparison.severity import Difference, difference
from optbench.core.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison.across import Across
    from optbench.comparison.groups import Problem
    from optbench.comparison.question import Question
    from optbench.comparison.result import ProblemComparison


def across_data_sets(
    problems: Sequence[Problem],
    compared: Sequence[ProblemComparison],
    metric: Metric,
    question: Question,
    *,
    alpha: float,
    margin: float | None,
) -> Across | None:
    """Return what problems say together; None where they are models of one data set, which are no sample of problems.

    Parameters
    ----------
    problems, compared : the same ones, before and after their comparison
    """
    if not question.is_of_optimizers or _data_sets(problems) == 1:
        return None
    return across_problems(compared, metric, alpha=alpha, margin=margin)


def differences_between(problems: Sequence[Problem], question: Question) -> list[Difference]:
    """Return a confound per optimizer that did not run on every problem, and how models of one data set are compared.

    Where something else than optimizers is compared, each optimizer is a problem of its own, and none of it is news.
    """
    if not question.is_of_optimizers:
        return []
    present = {problem.title: [group.label for group in problem.groups] for problem in problems}
    found = list(missing_optimizers(present))
    names = [{group.optimizer for group in problem.groups} for problem in problems]
    if _data_sets(problems) == 1 and any(a & b for a, b in itertools.combinations(names, 2)):
        models = [chosen_settings(problem.groups[0].records[0].config) for problem in problems]
        keys = [key for key in differing_keys(models) if key.startswith("model.")]
        key = keys[0] if len(keys) == 1 else "model"
        found.append(
            difference("model", Severity.REMARK, "comparison-models-differ", n_models=len(problems), setting=key)
        )
    return found


def _data_sets(problems: Sequence[Problem]) -> int:
    return len({data_identity(group.records[0]) for problem in problems for group in problem.groups})
