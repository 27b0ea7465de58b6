"""The answer in plain words: what to take, how sure that is, what it costs. The whole verdict stands below it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from optbench.comparison import Obstacle, PairOutcome, sharing_best
from optbench.words import sentence, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison import OptimizerSummary, PairResult, ProblemComparison

_TESTED = frozenset(PairOutcome) - {PairOutcome.NOT_TESTED}
_ALIKE: Final = 1.05  # times that differ by less are not told apart


class SecondsCodes(NamedTuple):
    """Codes of what a choice costs in time: beside the fastest, where all are alike, and where it is the fastest."""

    slower: str
    alike: str
    fastest: str


_OF_ONE_RUN: Final = SecondsCodes("take-seconds", "take-seconds-alike", "take-seconds-fastest")


def plain_answer(problem: ProblemComparison, metric: Metric, language: str | None = None) -> tuple[str, str]:
    """Return a sentence on what to take, and those on how sure that is and what it costs.

    Where nothing was tested it is the verdict's own first sentence, which says why.
    """
    best = problem.optimizers[0]
    own = [pair for pair in problem.pairs if best.label in (pair.a, pair.b) and pair.outcome in _TESTED]
    if best.mean is not None and are_too_few(problem):
        return _too_early(problem, best, metric, language)
    if best.mean is None or not own:
        said = sentence(problem.verdict[0], language) if problem.verdict else ""
        return said, seconds_sentence(best, problem.optimizers, language)
    beaten = [_other(pair, best.label) for pair in own if pair.better == best.label]
    equal = [_other(pair, best.label) for pair in own if pair.outcome is PairOutcome.EQUIVALENT]
    open_ones = [_other(pair, best.label) for pair in own if pair.outcome is PairOutcome.UNDECIDED]
    values = {"label": best.label, "mean": best.mean, "metric": metric.name, "tied": _tied(problem) or None}
    if open_ones:
        told = text("front-open", language, **values, others=open_ones)
    elif equal:
        told = text("front-equal", language, **values, others=equal, margin=problem.margin)
    else:
        told = text("front-winner", language, **values, others=beaten)
    return told, " ".join(
        part
        for part in (
            _how_sure(problem, own, beaten, open_ones, language),
            seconds_sentence(best, problem.optimizers, language),
        )
        if part
    )


def _tied(problem: ProblemComparison) -> list[str]:
    """Return the labels of those that share the best mean with the first."""
    return [one.label for one in sharing_best(problem.optimizers)[1:]]


def are_too_few(problem: ProblemComparison) -> bool:
    """Return True if nothing but the number of seeds stands in the way of a test."""
    few = {Obstacle.ONE_SEED, Obstacle.TOO_FEW_SEEDS}
    return bool(problem.pairs) and all(pair.obstacle in few for pair in problem.pairs)


def _too_early(
    problem: ProblemComparison, best: OptimizerSummary, metric: Metric, language: str | None
) -> tuple[str, str]:
    first = [best.label, *_tied(problem)]
    told = text("front-early", language, first=first, n_first=len(first), mean=best.mean, metric=metric.name)
    needed = max(pair.seeds_needed for pair in problem.pairs)
    more = text("front-more-seeds", language, n_seeds=needed)
    return told, " ".join(part for part in (more, seconds_sentence(best, problem.optimizers, language)) if part)


def _how_sure(
    problem: ProblemComparison,
    own: Sequence[PairResult],
    beaten: list[str],
    open_ones: list[str],
    language: str | None,
) -> str:
    seeds = sorted({pair.n for pair in own})
    untested = [one.label for one in problem.optimizers if one.label not in _met(own)]
    reach = "" if problem.scope is None else text(f"take-scope-{problem.scope.value}", language)
    left_out = text("front-untested", language, others=untested) if untested else ""
    if not open_ones:
        told = text("front-sure", language, seeds=seeds, reach=reach) if reach else ""
    else:
        told = text("front-unsure", language, seeds=seeds, others=open_ones)
    others = text("front-beaten", language, others=beaten) if open_ones and beaten else ""
    return " ".join(part for part in (told, others, left_out) if part)


def _met(pairs: Iterable[PairResult]) -> set[str]:
    """Return the labels of some pairs."""
    return {label for pair in pairs for label in (pair.a, pair.b)}


def seconds_sentence(best: OptimizerSummary, optimizers: Iterable[OptimizerSummary], language: str | None) -> str:
    """Say how long a run trained, beside the fastest; "" without times."""
    times = {one.label: one.training_seconds for one in optimizers if one.training_seconds is not None}
    return seconds_told(best.label, times, _OF_ONE_RUN, language)


def seconds_told(label: str, times: Mapping[str, float], codes: SecondsCodes, language: str | None) -> str:
    """Say what one row takes, beside the fastest; "" without its time, or without another."""
    if label not in times or len(times) == 1:
        return ""
    fastest = min(times, key=lambda one: times[one])
    if max(times.values()) <= _ALIKE * times[fastest]:
        return text(codes.alike, language, seconds=times[label])
    values = {"label": label, "seconds": times[label], "fastest": fastest, "least": times[fastest]}
    return text(codes.fastest if fastest == label else codes.slower, language, **values)


def seconds_of_all(problems: Sequence[ProblemComparison]) -> dict[str, float]:
    """Return how long a run on every problem trained, of the optimizers whose time is known on all."""
    times: dict[str, list[float]] = {}
    for one in (one for problem in problems for one in problem.optimizers):
        if one.training_seconds is not None:
            times.setdefault(one.label, []).append(one.training_seconds)
    return {label: math.fsum(own) for label, own in times.items() if len(own) == len(problems)}


def _other(pair: PairResult, label: str) -> str:
    return pair.b if pair.a == label else pair.a
