"""The tables of a study's pages as texts: optimizers, pairs, tuning, problems together. No clock time is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.catalog.metrics import score_text
from optbench.config import LEARNING_RATE
from optbench.study.wording import name_words, study_setting_word

if TYPE_CHECKING:
    from optbench.comparison import OptimizerSummary, PairResult
    from optbench.study.conclusion import Conclusion, StudyConclusion
    from optbench.study.tuning import Tuning
    from optbench.study.worth import Shrinkage

NONE = "\N{EN DASH}"
TextTable = tuple[list[str], list[list[str]]]
"""Header and rows."""

_DECISIONS = {"equivalent": "equivalent", "undecided": "undecided"}


def optimizer_table(conclusion: Conclusion) -> TextTable:
    """Return one row per optimizer, best first."""
    metric = conclusion.comparison.metric
    level = f"{100 * (1 - conclusion.comparison.alpha):g} % interval"
    setting = study_setting_word(conclusion.plan.config) if conclusion.tunings else "learning rate"
    header = ["optimizer", setting, "how chosen", f"test {metric.title}", "sd", level, "runs", "diverged"]
    return header, [_optimizer_row(conclusion, one) for one in conclusion.problem.optimizers]


def _optimizer_row(conclusion: Conclusion, one: OptimizerSummary) -> list[str]:
    metric = conclusion.comparison.metric
    tuned = {tuning.label: tuning for tuning in conclusion.tunings}
    defaults = {row.label for row in conclusion.plan.config.defaults}
    how = "Keras' default" if one.label in defaults or one.label in conclusion.plan.config.aside else "given"
    setting = f"{one.learning_rate:.4g}" if isinstance(one.learning_rate, int | float) else one.learning_rate or NONE
    if one.label in tuned:
        how, setting = f"best of {len(tuned[one.label].settings)}", tuned[one.label].winner.text
    interval = NONE
    if one.ci_low is not None and one.ci_high is not None:
        interval = f"{metric.score_text(one.ci_low)} to {metric.score_text(one.ci_high)}"
    mean = NONE if one.mean is None else metric.score_text(one.mean)
    spread = NONE if one.sd is None else metric.number(one.sd)
    return [one.label, str(setting), how, mean, spread, interval, str(one.n), str(one.n_diverged)]


def pair_table(conclusion: Conclusion) -> TextTable:
    """Return one row per pair of the plan, with the noise floor beside each difference."""
    unit = " [points]" if conclusion.comparison.metric.in_points else ""
    header = ["first", "second", f"first minus second{unit}", "interval", "noise floor", "p (Holm)", "conclusion"]
    return header, [_pair_row(conclusion, pair) for pair in conclusion.problem.pairs]


def _pair_row(conclusion: Conclusion, pair: PairResult) -> list[str]:
    metric = conclusion.comparison.metric
    difference = NONE if pair.difference is None else metric.number(pair.difference)
    interval = NONE
    if pair.ci_low is not None and pair.ci_high is not None:
        interval = f"{metric.number(pair.ci_low)} to {metric.number(pair.ci_high)}"
    floor = NONE if pair.noise_floor is None else metric.number(pair.noise_floor)
    p = NONE if pair.p_adjusted is None else f"{pair.p_adjusted:.2g}"
    return [pair.a, pair.b, difference, interval, floor, p, _conclusion_words(pair)]


def _conclusion_words(pair: PairResult) -> str:
    if pair.obstacle is not None:
        return f"not tested ({pair.obstacle.value.replace('_', ' ')})"
    if pair.is_negligible:
        return "real but negligible"
    decision = pair.decision.value
    return _DECISIONS.get(decision, f"{pair.a if decision == 'a_better' else pair.b} is better")


def rule_table(conclusion: StudyConclusion) -> TextTable:
    """Return one row per optimizer: what it does, as Keras applies it; a star marks what is not Keras' default."""
    seen: dict[str, list[str]] = {}
    for one in conclusion.problems:
        for rule in one.problem.update_rules:
            seen.setdefault(rule.label, [rule.label, rule.rule, rule.arguments_text, rule.weight_decay])
    return ["optimizer", "update rule", "arguments", "weight decay"], list(seen.values())


def tuning_table(conclusion: Conclusion) -> TextTable:
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
    shrinkages = {shrinkage.label: shrinkage for shrinkage in conclusion.shrinkages}
    return header, [_tuning_row(tuning, shrinkages[tuning.label]) for tuning in conclusion.tunings]


def _tuning_row(tuning: Tuning, shrinkage: Shrinkage) -> list[str]:
    spans = []
    for name in tuning.names:
        tried = tuning.tried(name)
        word = "" if tuning.names == (LEARNING_RATE,) else f"{name_words(name)} "
        spans.append(f"{word}{tried[0]:g} to {tried[-1]:g}")
    edge = " (at the edge)" if tuning.edges else ""
    numbers = [
        NONE if v is None else score_text(tuning.metric, v)
        for v in (shrinkage.tuning, shrinkage.confirmation, shrinkage.value)
    ]
    counts = [str(len(tuning.settings)), str(tuning.runs), str(tuning.n_diverged)]
    return [tuning.label, ", ".join(spans), *counts, f"{tuning.winner.text}{edge}", *numbers]


def problem_table(conclusion: StudyConclusion) -> TextTable:
    """Return one row per problem, one column per optimizer: the mean test score."""
    if conclusion.across is None:
        return [], []
    labels = [row.label for row in conclusion.across.rows]
    rows = []
    for one in conclusion.problems:
        means = [one.problem.optimizer(label).mean for label in labels]
        rows.append([one.name, *(NONE if mean is None else conclusion.metric.score_text(mean) for mean in means)])
    return ["problem", *labels], rows
