"""The tables of a study's pages as texts: optimizers, pairs, tuning, problems together. No clock time is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.metrics import score_text
from optbench.comparison import PairOutcome
from optbench.config import LEARNING_RATE
from optbench.study.tuning import tries_learning_rates
from optbench.words import text

if TYPE_CHECKING:
    from optbench.comparison import OptimizerSummary, PairResult
    from optbench.study.findings import ProblemFindings, StudyFindings
    from optbench.study.gains import Shrinkage
    from optbench.study.tuning import Tuning

NONE = "\N{EN DASH}"
TextTable = tuple[list[str], list[list[str]]]
"""Header and rows."""


def optimizer_table(problem: ProblemFindings) -> TextTable:
    """Return one row per optimizer, best first."""
    metric = problem.comparison.metric
    level = f"{100 * (1 - problem.comparison.alpha):g} % interval"
    tried = "learning rate" if tries_learning_rates(problem.config) else "setting"
    header = ["optimizer", tried, "how chosen", f"test {metric.title}", "sd", level, "runs", "diverged"]
    return header, [_optimizer_row(problem, one) for one in problem.compared.optimizers]


def _optimizer_row(problem: ProblemFindings, one: OptimizerSummary) -> list[str]:
    metric = problem.comparison.metric
    tuned = {tuning.label: tuning for tuning in problem.tunings}
    defaults = {row.label for row in problem.config.defaults}
    how = "Keras' default" if one.label in defaults or one.label in problem.config.aside else "given"
    rate = f"{one.learning_rate:.4g}" if isinstance(one.learning_rate, int | float) else one.learning_rate or NONE
    if one.label in tuned:
        how, rate = f"best of {len(tuned[one.label].settings)}", _point(tuned[one.label])
    interval = NONE
    if one.ci_low is not None and one.ci_high is not None:
        interval = f"{metric.score_text(one.ci_low)} to {metric.score_text(one.ci_high)}"
    mean = NONE if one.mean is None else metric.score_text(one.mean)
    spread = NONE if one.sd is None else metric.number(one.sd)
    return [one.label, str(rate), how, mean, spread, interval, str(one.n), str(one.n_diverged)]


def pair_table(problem: ProblemFindings) -> TextTable:
    """Return one row per pair of the plan, with the noise floor beside each difference."""
    unit = " [points]" if problem.comparison.metric.in_points else ""
    header = ["first", "second", f"first minus second{unit}", "interval", "noise floor", "p (Holm)", "conclusion"]
    return header, [_pair_row(problem, pair) for pair in problem.compared.pairs]


def _pair_row(problem: ProblemFindings, pair: PairResult) -> list[str]:
    metric = problem.comparison.metric
    difference = NONE if pair.difference is None else metric.number(pair.difference)
    interval = NONE
    if pair.ci_low is not None and pair.ci_high is not None:
        interval = f"{metric.number(pair.ci_low)} to {metric.number(pair.ci_high)}"
    floor = NONE if pair.noise_floor is None else metric.number(pair.noise_floor)
    p = NONE if pair.p_adjusted is None else f"{pair.p_adjusted:.2g}"
    return [pair.a, pair.b, difference, interval, floor, p, _outcome_words(pair)]


def _outcome_words(pair: PairResult) -> str:
    if pair.obstacle is not None:
        return text("study-pair-not-tested", obstacle=pair.obstacle.value)
    if pair.better is not None:
        return text("study-pair-different", optimizer=pair.better)
    return text("study-pair-negligible" if pair.outcome is PairOutcome.NEGLIGIBLE else f"outcome-{pair.outcome}")


def rule_table(study: StudyFindings) -> TextTable:
    """Return one row per optimizer: what it does, as Keras applies it; a star marks what is not Keras' default."""
    seen: dict[str, list[str]] = {}
    for one in study.problems:
        for rule in one.compared.update_rules:
            seen.setdefault(rule.label, [rule.label, rule.rule, rule.arguments_text, rule.weight_decay])
    return ["optimizer", "update rule", "arguments", "weight decay"], list(seen.values())


def tuning_table(problem: ProblemFindings) -> TextTable:
    """Return one row per tuned optimizer."""
    header = [
        "optimizer",
        "ranges",
        "tried",
        "runs",
        "diverged",
        "chosen",
        "in tuning",
        "on fresh seeds",
        "flattered by",
    ]
    shrinkages = {shrinkage.label: shrinkage for shrinkage in problem.shrinkages}
    return header, [_tuning_row(tuning, shrinkages[tuning.label]) for tuning in problem.tunings]


def _tuning_row(tuning: Tuning, shrinkage: Shrinkage) -> list[str]:
    spans = []
    for name in tuning.names:
        tried = tuning.tried(name)
        word = "" if tuning.names == (LEARNING_RATE,) else f"{text('study-hyperparameter', name=name)} "
        spans.append(f"{word}{tried[0]:g} to {tried[-1]:g}")
    edge = " (at the edge)" if tuning.edges else ""
    numbers = [
        NONE if v is None else score_text(tuning.metric, v)
        for v in (shrinkage.tuning, shrinkage.confirmation, shrinkage.value)
    ]
    counts = [str(len(tuning.settings)), str(tuning.runs), str(tuning.n_diverged)]
    return [tuning.label, ", ".join(spans), *counts, f"{_point(tuning)}{edge}", *numbers]


def problem_table(study: StudyFindings) -> TextTable:
    """Return one row per problem, one column per optimizer: the mean test score."""
    if study.across is None:
        return [], []
    labels = [row.label for row in study.across.rows]
    rows = []
    for one in study.problems:
        means = [one.compared.optimizer(label).mean for label in labels]
        rows.append([one.name, *(NONE if mean is None else study.metric.score_text(mean) for mean in means)])
    return ["problem", *labels], rows


def _point(tuning: Tuning) -> str:
    return text("study-chosen", values=dict(tuning.winner.values))
