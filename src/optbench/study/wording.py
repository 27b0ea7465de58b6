"""Sentences of a study that stand in its verdict and on its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.config import LEARNING_RATE, MODEL
from optbench.core.findings import Finding, Severity
from optbench.words import text
from optbench.words.comparisons import problem_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optbench.config import StudyConfig
    from optbench.study.conclusion import Conclusion
    from optbench.study.worth import WorthOfTuning


def name_words(name: str) -> str:
    """Name a hyperparameter as people do: `learning rate`, `weight decay`, `l2 of the model`."""
    of_model = name.startswith(MODEL)
    words = name.removeprefix(MODEL).replace("_", " ").replace(".", " ")
    return f"{words} of the model" if of_model else words


def setting_word(names: Iterable[str]) -> str:
    """Return the word for a point of a search: `learning rate` if that is all it is, else `setting`."""
    return "learning rate" if set(names) <= {LEARNING_RATE} else "setting"


def study_setting_word(config: StudyConfig) -> str:
    """Return the word for what the optimizers of a study try."""
    return setting_word(name for one in config.tuned for name in one.search)


def budget_sentence(config: StudyConfig, language: str | None = None) -> str:
    """Say what every tuned optimizer had been given before."""
    if not config.tuned:
        return text("study-nothing-tuned", language)
    tuning = config.tuning
    searches_rates = all(set(one.search) <= {LEARNING_RATE} for one in config.tuned)
    values = {
        "points": tuning.points,
        "searched": "learning-rates" if searches_rates else "settings",
        "n_runs": tuning.points * tuning.seeds,
        "metric": tuning.metric,
        "several": len(config.problems) > 1,
    }
    if len(config.tuned) > 1:
        return text("study-budget-of-each", language, **values)
    return text("study-budget-of-one", language, label=config.tuned[0].label, **values)


def headline(conclusion: Conclusion, language: str | None = None) -> str:
    """Return the verdict on a problem, then whose tuning failed: that turns an order round."""
    return " ".join([problem_verdict(conclusion.problem, language), *failed_tunings(conclusion, language)])


def failed_tunings(conclusion: Conclusion, language: str | None = None) -> Iterator[str]:
    """Yield a sentence for each optimizer that is worse, beyond doubt, than itself at Keras' defaults."""
    metric = conclusion.comparison.metric.name
    for worth in conclusion.worth_of_tuning:
        if worth.gain is not None and worth.outcome == "worse":
            values = {"label": worth.label, "default": worth.default, "loss": abs(worth.gain), "metric": metric}
            yield text("study-tuning-failed", language, **values)


def floor_sentence(conclusion: Conclusion, problems: Iterable[Conclusion]) -> str:
    """Say what a gap below the noise floor means, beside the first verdict of a study that names the floor, or ""."""
    first = next((one for one in problems if _names_floor(one.problem.verdict)), None)
    return text("study-noise-floor") if conclusion is first else ""


def _names_floor(verdict: Iterable[Finding]) -> bool:
    return any(finding.values.get("floor") is not None for finding in verdict)


def worth_sentence(conclusion: Conclusion, language: str | None = None) -> str:
    """Say what tuning was worth against Keras' defaults, or ""."""
    metric = conclusion.comparison.metric.name
    gains = [_gain(worth, metric).to_json() for worth in conclusion.worth_of_tuning if worth.gain is not None]
    if not gains:
        return ""
    told = text("study-worth", language, gains=gains)
    best = conclusion.comparison.problems[0].optimizers[0]
    if best.label not in conclusion.plan.config.aside or best.mean is None:
        return told
    # the best mean belongs to a row that the verdict does not rank
    return f"{told} {text('study-default-on-top', language, label=best.label, mean=best.mean, metric=metric)}"


def _gain(worth: WorthOfTuning, metric: str) -> Finding:
    gain = worth.gain or 0.0
    code = "study-gained" if gain >= 0 else "study-lost"
    outcome = worth.outcome.replace(" ", "_")
    return Finding(
        code, Severity.REMARK, {"label": worth.label, "gain": abs(gain), "metric": metric, "outcome": outcome}
    )
