"""The answer on several problems in plain words: what to take, how sure that is over data sets and on each problem."""

from __future__ import annotations

import math
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from optbench.comparison import PairOutcome
from optbench.reporting.plain_answer import SecondsCodes, are_too_few, seconds_of_all, seconds_told
from optbench.words import sentence, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.comparison import Across, Comparison, ProblemComparison

_SECONDS: Final = SecondsCodes("front-across-seconds", "front-across-seconds-alike", "front-across-seconds-fastest")


class _Standing(StrEnum):
    """How one optimizer stands against all others on a problem, as far as tests show it."""

    BEST = "best"
    LEVEL = "level"
    BEHIND = "behind"
    OPEN = "open"
    FEW = "few"


def answer_across(comparison: Comparison, language: str | None = None) -> tuple[str, str]:
    """Return a sentence on what to take on all problems, and those on how sure that is and what it costs."""
    across, problems = comparison.across, comparison.problems
    if across is None:
        code = "front-across-units" if comparison.metric.has_unit else "front-across-apart"
        return text(code, language, n_problems=len(problems)), ""
    if len(across.first) > 1:
        return _tied(across, problems, language)
    label = across.first[0].label
    standings = [_standing(label, problem) for problem in problems]
    code = _code(across, label, standings)
    values = {"n_problems": len(problems), "rank": across.first[0].mean_rank}
    told = text(code, language, **values, label=label, others=_ahead_of(across, label))
    sure = (
        _of_data_sets(across, label, language),
        _of_problems(standings, language),
        _more_seeds(problems, language),
        seconds_told(label, seconds_of_all(problems), _SECONDS, language),
    )
    return told, " ".join(part for part in sure if part)


def _tied(across: Across, problems: Sequence[ProblemComparison], language: str | None) -> tuple[str, str]:
    """Return the same of optimizers that share the best mean rank: what costs least decides."""
    labels, times = [row.label for row in across.first], seconds_of_all(problems)
    values = {"n_problems": len(problems), "rank": across.first[0].mean_rank}
    cheapest = min(labels, key=lambda label: times.get(label, math.inf))
    sure = (
        "" if across.untested is None else sentence(across.untested, language),
        _more_seeds(problems, language),
        seconds_told(cheapest, times, _SECONDS, language),
    )
    return text("front-across-tied", language, **values, first=labels), " ".join(part for part in sure if part)


def _code(across: Across, label: str, standings: Sequence[_Standing]) -> str:
    if _is_ahead_of_all(across, label):
        return "front-across-winner"
    if set(standings) == {_Standing.BEST}:
        return "front-across-each"
    is_early = across.tests is None and set(standings) == {_Standing.FEW}
    return "front-across-early" if is_early else "front-across-open"


def _is_ahead_of_all(across: Across, label: str) -> bool:
    labels = set() if across.tests is None else set(across.tests.labels)
    return label in labels and labels == {label, *_ahead_of(across, label)}


def _ahead_of(across: Across, label: str) -> list[str]:
    """Return the optimizers that tests over data sets show it to rank ahead of: pair by pair, else by Nemenyi's."""
    tests = across.tests
    if tests is None:
        return []
    if tests.pairs:
        return [pair.b for pair in tests.pairs if pair.a == label and pair.p_adjusted <= across.alpha]
    if tests.friedman is None or tests.friedman.p > across.alpha:
        return []
    alike = {other for group in tests.groups if label in group for other in group}
    return [other for other in tests.labels if alike and other not in alike]


def _standing(label: str, problem: ProblemComparison) -> _Standing:
    own = [pair for pair in problem.pairs if label in (pair.a, pair.b)]
    if are_too_few(problem):
        return _Standing.FEW
    if any(pair.better not in (None, label) for pair in own):
        return _Standing.BEHIND
    if len(own) < len(problem.optimizers) - 1:  # with a baseline not every pair is tested
        return _Standing.OPEN
    if all(pair.better == label for pair in own):
        return _Standing.BEST
    as_good = (PairOutcome.EQUIVALENT, PairOutcome.NEGLIGIBLE)
    return _Standing.LEVEL if all(pair.better == label or pair.outcome in as_good for pair in own) else _Standing.OPEN


def _of_data_sets(across: Across, label: str, language: str | None) -> str:
    """Say what tests that take data sets as the sample show, or why there are none."""
    tests, n_data_sets = across.tests, across.data_sets
    if tests is None:
        return "" if across.untested is None else sentence(across.untested, language)
    if label not in tests.labels:
        return ""
    if _is_ahead_of_all(across, label):
        return text("front-across-sure", language, n_data_sets=n_data_sets)
    ahead = _ahead_of(across, label)
    others = [other for other in tests.labels if other not in (label, *ahead)]
    values = {"n_data_sets": n_data_sets, "others": others}
    if not ahead:
        return text("front-across-alike", language, **values)
    told = text("front-across-ahead", language, n_data_sets=n_data_sets, others=ahead)
    return f"{told} {text('front-across-and-alike', language, **values)}"


def _of_problems(standings: Sequence[_Standing], language: str | None) -> str:
    counts, total = Counter(standings), len(standings)
    told = [
        text(f"front-across-on-{kind.value}", language, n=counts[kind], total=total)
        for kind in _Standing
        if kind in counts
    ]
    return text("front-across-problems", language, told="; ".join(told))


def _more_seeds(problems: Sequence[ProblemComparison], language: str | None) -> str:
    """Ask for the seeds that problems lack on which nothing else stands in the way of a test."""
    needed = [pair.seeds_needed for problem in problems if are_too_few(problem) for pair in problem.pairs]
    return text("front-more-seeds", language, n_seeds=max(needed)) if needed else ""
