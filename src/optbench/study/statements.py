"""What a study's verdict adds to that of the comparison, as findings: how it was tuned, and what that gained."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.metrics import tuning_metric
from optbench.comparison import Scope, narrowest, sharing_best
from optbench.config import Family
from optbench.core.findings import Finding, Severity
from optbench.study.gains import Outcome
from optbench.study.rounds import is_widened
from optbench.study.tuning import tries_learning_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optbench.comparison import Comparison
    from optbench.config import StudyConfig
    from optbench.study.gains import TuningGain
    from optbench.study.recommendation import Recommendation
    from optbench.study.tuning import Tuning
    from optbench.study.unseen_rows import UnseenRows


GAIN_CODES: Final = ("study-gained", "study-lost", "study-gained-nothing")
"""What one optimizer gained, a clause each."""

PROTOCOL_CODES: Final = ("study-nothing-tuned", "study-budget-of-each", "study-budget-of-one")
"""How the settings came about: of several problems one sentence for all."""

FOUND_IS_HIGH: Final = "verdict-found-is-high"


def protocol_statements(config: StudyConfig, tunings: Sequence[Tuning]) -> tuple[Finding, ...]:
    """Return what every tuned optimizer was given before it was compared, as it was tried and not only planned."""
    if not config.tuned:
        return (Finding("study-nothing-tuned", Severity.NOTE),)
    tuning, counts = config.tuning, {(len(one.settings), one.runs) for one in tunings}
    points, n_runs = max(counts)
    values = {
        "points": points,
        "up_to": len(counts) > 1,
        "widened": points - tuning.points if is_widened(tuning, tunings) else None,
        "searched": "learning-rates" if tries_learning_rates(config) else "settings",
        "n_runs": n_runs,
        "metric": tuning.metric,
        "several": len(config.problems) > 1,
    }
    if len(config.tuned) > 1:
        return (Finding("study-budget-of-each", Severity.NOTE, values),)
    return (Finding("study-budget-of-one", Severity.NOTE, {"label": config.tuned[0].label, **values}),)


def kept_design(config: StudyConfig) -> tuple[Finding, ...]:
    """Return what a study that an earlier version began goes on without, as far as its file asks for that."""
    asked = (name for name in config.design.lacks if name != "widens_at_outermost" or config.tuning.widens_inside)
    return tuple(Finding(f"design-kept-{name.replace('_', '-')}", Severity.NOTE) for name in asked)


def failed_tunings(gains: Sequence[TuningGain], metric: str) -> tuple[Finding, ...]:
    """Return one finding per optimizer that is worse, beyond doubt, than itself at Keras' defaults.

    Parameters
    ----------
    metric : of the verdict
    """
    return tuple(
        Finding(
            "study-tuning-failed",
            Severity.WARNING,
            {"label": one.label, "default": one.default, "loss": abs(one.gain), "metric": metric},
        )
        for one in gains
        if one.gain is not None and one.outcome is Outcome.WORSE
    )


def gain_statements(
    config: StudyConfig, comparison: Comparison, gains: Sequence[TuningGain], taken: Recommendation | None
) -> tuple[Finding, ...]:
    """Return what each optimizer gained by tuning, and whether a default that is not taken has the best mean of all."""
    metric = comparison.metric.name
    told = [one for one in gains if one.gain is not None]
    statements = [_gain(one, one.gain, metric) for one in told if one.gain is not None]
    if not statements:
        return ()
    others = (
        _too_large(comparison, gains),
        _narrower_scope(told, comparison),
        _disagreeing(config, gains, metric),
        _default_on_top(config, comparison, taken),
    )
    return (*statements, *(one for found in others for one in found))


def turned_statements(comparison: Comparison, unseen: UnseenRows | None) -> tuple[Finding, ...]:
    """Return that pairs of tuned rows, or of one and its default, are in another order on rows that tuning never saw.

    The first pair is named with its numbers, the others are counted; report.html has those of tuned rows.
    """
    if unseen is None:
        return ()
    on_all = {(pair.a, pair.b): pair for pair in comparison.problems[0].pairs if pair.family is not Family.DEFAULTS}
    turned = [
        (one, pair)
        for one in unseen.pairs
        if (pair := on_all.get((one.a, one.b))) is not None and (one.difference or 0.0) * (pair.difference or 0.0) < 0.0
    ]
    if not turned:
        return ()
    one, pair = min(turned, key=lambda found: found[1].family is Family.TUNED_VS_DEFAULT)
    values = {
        "share": 1.0 - unseen.share_seen,
        "a": one.a,
        "b": one.b,
        "here": one.difference,
        "on_all": pair.difference,
        "more": len(turned) - 1 or None,
        "metric": comparison.metric.name,
    }
    return (Finding("splits-unseen-turned", Severity.REMARK, values),)


def decision_statements(taken: Recommendation | None, metric: str) -> tuple[Finding, ...]:
    """Return what to take and why, then what it risks; () if no row has a score."""
    if taken is None:
        return ()
    rate = {"learning_rate": taken.learning_rate} if isinstance(taken.learning_rate, float) else {}
    values: dict[str, Any] = {"label": taken.label, "setting": dict(taken.values) or rate or None}
    if taken.instead_of is not None:
        values["instead_of"] = taken.instead_of
    if taken.saving is not None:
        values["saves"] = taken.saving.value
    if taken.tied:
        values["tied"] = list(taken.tied)
    choice = Finding(f"take-{taken.rule}-tied" if taken.tied else f"take-{taken.rule}", Severity.REMARK, values)
    if taken.rule == "only" and taken.against is None and taken.risk is None:
        return (choice,)
    if taken.risk is None:
        return (choice, Finding("take-risk-unknown", Severity.REMARK))
    if taken.against is None:
        return (choice, Finding("take-risk-none", Severity.REMARK, {"label": taken.label}))
    risk = {"risk": taken.risk, "against": taken.against, "metric": metric}
    return (choice, Finding("take-risk", Severity.REMARK, risk))


def _too_large(comparison: Comparison, gains: Sequence[TuningGain]) -> Iterator[Finding]:
    """Yield that what was found is too large on average, unless the verdict of the comparison says so already."""
    is_said = any(finding.code == FOUND_IS_HIGH for finding in comparison.problems[0].verdict)
    if not is_said and any(one.outcome in (Outcome.BETTER, Outcome.WORSE) for one in gains):
        yield Finding(FOUND_IS_HIGH, Severity.REMARK, {"early": None})


def _narrower_scope(gains: Sequence[TuningGain], comparison: Comparison) -> Iterator[Finding]:
    """Say so where what tuning gained reaches less far than the verdict on the optimizers."""
    only = comparison.problems[0]
    labels = {frozenset((one.label, one.default)) for one in gains}
    of_gains = narrowest(pair for pair in only.pairs if frozenset((pair.a, pair.b)) in labels)
    if only.scope is Scope.NEW_ROWS and of_gains is Scope.THESE_ROWS:
        yield Finding("splits-gains-scope", Severity.REMARK)


def _disagreeing(config: StudyConfig, gains: Sequence[TuningGain], metric: str) -> Iterator[Finding]:
    """Yield that tuning chose by one metric and is judged by another, where the two disagree about what it brought."""
    labels = [one.label for one in gains if one.is_contradicted]
    if labels and tuning_metric(config.tuning.metric).name != metric:
        values = {"labels": labels, "tuning_metric": config.tuning.metric, "metric": metric}
        yield Finding("study-metrics-disagree", Severity.REMARK, values)


def _gain(one: TuningGain, gain: float, metric: str) -> Finding:
    gained, lost, nothing = GAIN_CODES
    values = {"label": one.label, "gain": abs(gain), "metric": metric, "outcome": str(one.outcome)}
    code = nothing if math.isclose(gain, 0.0, abs_tol=1e-12) else gained if gain > 0.0 else lost
    return Finding(code, Severity.NOTE, values)


def _default_on_top(config: StudyConfig, comparison: Comparison, taken: Recommendation | None) -> Iterator[Finding]:
    best = sharing_best(comparison.problems[0].optimizers)
    are_defaults = all(one.label in config.aside and (taken is None or one.label != taken.label) for one in best)
    if best and are_defaults:
        values = {"label": best[0].label, "mean": best[0].mean, "metric": comparison.metric.name}
        yield Finding("study-default-on-top", Severity.REMARK, values)
