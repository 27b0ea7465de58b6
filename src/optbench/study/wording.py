"""Sentences of a study that stand in its verdict and on its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optbench.comparison.wording import counted

if TYPE_CHECKING:
    from optbench.study.conclusion import Conclusion, WorthOfTuning

METRIC_WORDS: Final = {
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "val_balanced_accuracy": "balanced accuracy on the validation split",
    "val_f1_macro": "macro F1 on the validation split",
    "val_log_loss": "log loss on the validation split",
    "val_roc_auc": "ROC AUC on the validation split",
}


def budget_sentence(conclusion: Conclusion) -> str:
    """Say what every tuned optimizer had been given before, or ""."""
    config = conclusion.plan.config
    if not conclusion.tunings:
        return "Nothing was tuned."
    tuning = config.tuning
    runs = tuning.points * tuning.seeds
    who = "Each tuned optimizer ran" if len(conclusion.tunings) > 1 else f"{conclusion.tunings[0].label} ran"
    return (
        f"{who} at the best of {counted(tuning.points, 'learning rate')} ({counted(runs, 'tuning run')}), chosen by "
        f"{METRIC_WORDS[tuning.metric]} with other seeds and the test split withheld."
    )


def worth_sentence(conclusion: Conclusion) -> str:
    """Say what tuning was worth against Keras' defaults, or ""."""
    told = [_gain(conclusion, worth) for worth in conclusion.worth_of_tuning if worth.gain is not None]
    if not told:
        return ""
    return f"Against Keras' defaults, without tuning: {'; '.join(told)}.{_default_on_top(conclusion)}"


def _default_on_top(conclusion: Conclusion) -> str:
    """Say that the best mean belongs to a row that the verdict does not rank, if it does."""
    best = conclusion.comparison.problems[0].optimizers[0]
    if best.label not in conclusion.plan.config.aside or best.mean is None:
        return ""
    score = conclusion.comparison.metric.score_text(best.mean)
    return (
        f" The best mean of all, {score}, is that of {best.label}, which the plan compares with its "
        "tuned self only: its lead over the others is not tested."
    )


def _gain(conclusion: Conclusion, worth: WorthOfTuning) -> str:
    metric = conclusion.comparison.metric
    gain = worth.gain or 0.0
    return f"{worth.label} {'gained' if gain >= 0 else 'lost'} {metric.size(abs(gain))} ({worth.outcome})"
