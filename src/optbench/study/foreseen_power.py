"""What the confirmation seeds of a plan can decide, said before the first run: question by question, with its looks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.study.seed_table import detectable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.config import StudyConfig


def power_findings(config: StudyConfig) -> tuple[Finding, ...]:
    """Return what the confirmation seeds can decide, and what they cannot."""
    return (*untested_questions(config), *_decidable(config), *_looks(config), *_one_algorithm(config))


def untested_questions(config: StudyConfig) -> tuple[Finding, ...]:
    """Return a finding per question whose pairs will not be tested, because the plan has too few seeds for them."""
    from optbench.statistics import seeds_for_comparisons, smallest_p

    seeds = largest_number(config)
    needed = {family: seeds_for_comparisons(pairs, config.alpha) for family, pairs in config.families.items()}
    return tuple(
        Finding(
            "study-seeds-too-few",
            Severity.WARNING,
            {
                **_question(config, family, pairs),
                "seeds": seeds,
                "needed": needed[family],
                "smallest": float(smallest_p(seeds)),
                "design": _beside(config, needed[family]),
            },
        )
        for family, pairs in config.families.items()
        if needed[family] > seeds
    )


def seeds_needed(config: StudyConfig) -> int:
    """Return the fewest confirmation seeds with which every question can be decided at all."""
    from optbench.statistics import seeds_for_comparisons

    return max((seeds_for_comparisons(pairs, config.alpha) for pairs in config.families.values()), default=1)


def largest_number(config: StudyConfig) -> int:
    """Return how many confirmation seeds the plan may use."""
    return len(config.confirmation_seeds)


def _decidable(config: StudyConfig) -> Iterator[Finding]:
    """Yield for each question that can be decided what difference its seeds find."""
    from optbench.statistics import seeds_for_comparisons

    seeds = largest_number(config)
    for family, pairs in config.families.items():
        needed = seeds_for_comparisons(pairs, config.alpha)
        if needed > seeds:
            continue
        values = {**_question(config, family, pairs), "seeds": seeds, "needed": needed}
        effect = detectable(config, pairs, seeds)
        yield Finding("study-seeds-enough", Severity.NOTE, {**values, "effect": effect})


def _beside(config: StudyConfig, seeds: int) -> str:
    """Return the end of a line with so many seeds that leaves the plan what it is: two looks where it may end early."""
    looks_once = config.confirmation.at_most is None
    return ("" if looks_once else f", at_most: {seeds + math.ceil(seeds / 2)}") + config.confirmation.beside_seeds


def _question(config: StudyConfig, family: str, pairs: int) -> dict[str, Any]:
    return {"family": str(family), "alpha": config.alpha, "together": pairs if pairs > 1 else None, "pairs": pairs}


def _looks(config: StudyConfig) -> Iterator[Finding]:
    """Yield when a sequential plan looks, and what that can save."""
    looks = config.looks
    if not looks:
        return
    pairs = max(config.families.values(), default=1)
    first = next((n for n in looks if _can_stop(n, looks[-1], config.alpha, pairs)), None)
    runs = len(config.optimizers) + len(config.defaults)
    saved = 0 if first is None else (looks[-1] - first) * runs * len(config.problems)
    yield Finding("study-looks", Severity.NOTE, {"looks": list(looks), "first": first, "saved": saved})


def _can_stop(n: int, most: int, alpha: float, pairs: int) -> bool:
    """Return True if n seeds that agree in sign can decide one of so many pairs: alpha n / most is theirs by then."""
    from optbench.statistics import smallest_p

    return smallest_p(n) <= alpha / pairs * n / most


def _one_algorithm(config: StudyConfig) -> Iterator[Finding]:
    for labels in config.same_algorithm:
        yield Finding("comparison-same-algorithm", Severity.REMARK, {"labels": sorted(labels)})
