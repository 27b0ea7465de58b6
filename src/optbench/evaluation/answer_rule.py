"""How probabilities become answers where an experiment asks for more than the most probable class, and its record.

The record holds all that is needed to answer new rows in the same way: the temperature, then the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.catalog.classification_metrics import are_probabilities, log_loss
from optbench.catalog.metrics import measured
from optbench.catalog.tasks import CLASSIFICATION
from optbench.config import TEMPERATURE, ThresholdRule
from optbench.evaluation.common_pitfalls import warning
from optbench.evaluation.split_metrics import is_scored, predicted_labels, sample_of
from optbench.evaluation.temperature import (
    Temperature,
    fit_temperature,
    known_logits,
    logits_of,
    logits_per_class,
    with_temperature,
)
from optbench.evaluation.thresholds import best_precision, choose_threshold, mean_cost
from optbench.json_fields import JsonFields
from optbench.records import SPLITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optbench.config import EvaluationConfig
    from optbench.core.findings import Finding
    from optbench.records import Predictions, SplitName

_CHOSEN_ON: Final = "validation"
_FEWEST_POSITIVES: Final = 30
COST: Final = "cost"
"""Mean cost of a row, beside the metrics, where a rule says what wrong answers cost."""

Numbers = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """What was chosen on the validation rows, and what it does.

    Attributes
    ----------
    class_names, positive_class : label texts by class number; the number that a threshold is about, None if there are
        more than two
    rule : `evaluation.threshold`; None if none was asked for
    threshold : positive is the answer where its probability, calibrated if there is a temperature, is at least that;
        None if none was asked for or could be chosen
    temperature : None if none was asked for or could be fitted
    is_chosen : whether validation rows had a part in it; not where threshold and temperature were given
    at_half, at_threshold : per split, what is computed from answers: of the most probable class, and by the threshold
    model, calibrated : per split, what is computed from the probabilities, before and after
    warnings : what a reader has to know of the choice
    """

    class_names: tuple[str, ...]
    positive_class: int | None
    rule: str | ThresholdRule | None = None
    threshold: float | None = None
    temperature: Temperature | None = None
    is_chosen: bool = True
    at_half: Mapping[SplitName, Numbers] = field(default_factory=dict)
    at_threshold: Mapping[SplitName, Numbers] = field(default_factory=dict)
    model: Mapping[SplitName, Numbers] = field(default_factory=dict)
    calibrated: Mapping[SplitName, Numbers] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()

    @property
    def takes_logits(self) -> bool:
        """Whether new rows need what the model gives before its last activation, not its probabilities."""
        return self.temperature is not None and self.temperature.from_logits

    def probabilities(self, y_score: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the model's probabilities, (n, classes), calibrated by what they tell if there is a temperature."""
        fitted = self.temperature
        if fitted is None:
            return y_score
        return with_temperature(logits_of(y_score, one_unit=fitted.one_unit), fitted.value)

    def of_logits(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return calibrated probabilities, (n, classes), of what the model gives before its activation, (n, units)."""
        if self.temperature is None:
            raise ValueError("logits are calibrated by a temperature")
        return with_temperature(logits_per_class(logits), self.temperature.value)

    def applied_to(self, found: Predictions) -> Predictions:
        """Return predictions with the probabilities that are answered by: calibrated if there is a temperature."""
        if self.temperature is None:
            return found
        y_score = self.probabilities(found.y_score) if found.logits is None else self.of_logits(found.logits)
        return replace(found, y_score=y_score)

    def for_outputs(self, units: int) -> AnswerRule:
        """Return the rule for a model of so many output units, whatever the record says of it."""
        fitted = self.temperature
        return self if fitted is None else replace(self, temperature=replace(fitted, one_unit=units == 1))

    def answers(self, probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return a class number per row of what `probabilities` returns, (n,)."""
        if self.threshold is None or self.positive_class is None:
            return predicted_labels(probabilities)
        is_positive = probabilities[:, self.positive_class].astype(np.float64) >= self.threshold
        labels: NDArray[np.int64] = np.where(is_positive, self.positive_class, 1 - self.positive_class)
        return labels

    def to_json(self) -> dict[str, Any]:
        """Return the content of `evaluation.json`."""
        fitted, rule = self.temperature, self.rule
        return {
            "schema_version": 1,
            "class_names": list(self.class_names),
            "positive_class": None if self.positive_class is None else self.class_names[self.positive_class],
            "chosen_on": _CHOSEN_ON if self.is_chosen else None,
            "rule": rule.model_dump(exclude_none=True) if isinstance(rule, ThresholdRule) else rule,
            "threshold": self.threshold,
            "calibration": None if fitted is None else {"method": TEMPERATURE, **fitted.to_json()},
            "metrics": {
                "at_half": _plain(self.at_half),
                "at_threshold": _plain(self.at_threshold),
                "model": _plain(self.model),
                "calibrated": _plain(self.calibrated),
            },
        }

    @classmethod
    def from_json(cls, document: object, what: object) -> AnswerRule:
        """Return what is needed to answer new rows, from the content of `evaluation.json`; its metrics are left out.

        Parameters
        ----------
        what : names the document in errors

        Raises
        ------
        StorageError
            If it is none.
        """
        fields = JsonFields(document, what)
        names, positive = fields.texts("class_names"), fields.maybe("positive_class", str)
        fitted = fields.maybe("calibration", dict)
        return cls(
            class_names=names,
            positive_class=None if positive is None else names.index(fields.one_of("positive_class", names)),
            threshold=fields.maybe("threshold", float),
            temperature=None if fitted is None else Temperature.from_json(fitted, what),
        )


def choose_answer_rule(
    predictions: Mapping[SplitName, Predictions],
    evaluation: EvaluationConfig,
    *,
    class_names: Sequence[str],
    positive_class: int,
    one_unit: bool = False,
) -> AnswerRule:
    """Choose what an experiment asks for on its validation rows, and compute what it does on every split.

    Parameters
    ----------
    predictions : per split that exists; nothing is chosen without finite scores on validation rows, as of a run that
        diverged
    one_unit : whether the scores are 1 - p and p of one sigmoid unit p

    Notes
    -----
    A temperature divides the logits that come with the predictions; where none do, those that the scores tell of.
    """
    names = tuple(class_names)
    positive = positive_class if len(names) == 2 else None  # noqa: PLR2004 - two classes
    given = evaluation.given_temperature
    answer_rule = AnswerRule(
        names,
        positive,
        evaluation.threshold,
        evaluation.given_threshold,
        None if given is None else Temperature(given, one_unit=one_unit, from_logits=_have_logits(predictions)),
        is_chosen=bool(evaluation.to_be_chosen),
    )
    if answer_rule.is_chosen:
        found = predictions.get(_CHOSEN_ON)
        if found is None or not is_scored(found) or not are_probabilities(found.y_score):
            return answer_rule
        answer_rule = _chosen(answer_rule, found, evaluation, one_unit=one_unit)
    return _measured(answer_rule, predictions)


def _chosen(answer_rule: AnswerRule, found: Predictions, evaluation: EvaluationConfig, *, one_unit: bool) -> AnswerRule:
    """Return the rule with what is still open chosen on validation rows."""
    wanted, warnings = evaluation.to_be_chosen, []
    fitted, threshold, positive = answer_rule.temperature, answer_rule.threshold, answer_rule.positive_class
    if "calibration" in wanted:
        fitted = _fitted(found, one_unit=one_unit)
        if fitted is None:
            warnings.append(warning("evaluation-temperature-not-fitted", n_rows=len(found.y_true)))
    score = replace(answer_rule, temperature=fitted).applied_to(found).y_score
    if "threshold" in wanted and evaluation.threshold is not None and positive is not None:
        is_positive, name = found.y_true == positive, answer_rule.class_names[positive]
        warnings += _threshold_warnings(is_positive, score[:, positive], evaluation.threshold, name)
        if is_positive.any() and not is_positive.all():
            threshold = choose_threshold(evaluation.threshold, is_positive, score[:, positive])
    return replace(answer_rule, threshold=threshold, temperature=fitted, warnings=tuple(warnings))


def _measured(answer_rule: AnswerRule, predictions: Mapping[SplitName, Predictions]) -> AnswerRule:
    scored = {split: predictions[split] for split in SPLITS if split in predictions and is_scored(predictions[split])}
    calibrated = {split: answer_rule.applied_to(found) for split, found in scored.items()}
    if answer_rule.rule is not None:
        at_half = {s: _of_answers(answer_rule, found, predicted_labels(found.y_score)) for s, found in scored.items()}
        answer_rule = replace(answer_rule, at_half=at_half)
    if answer_rule.threshold is not None:
        answered = {s: _of_answers(answer_rule, f, answer_rule.answers(f.y_score)) for s, f in calibrated.items()}
        answer_rule = replace(answer_rule, at_threshold=answered)
    if answer_rule.temperature is not None:
        before, after = ({s: _of_scores(answer_rule, f) for s, f in parts.items()} for parts in (scored, calibrated))
        answer_rule = replace(answer_rule, model=before, calibrated=after)
    return answer_rule


def _of_answers(answer_rule: AnswerRule, found: Predictions, y_pred: NDArray[np.int64]) -> Numbers:
    """Return every metric that is computed from answers, and their cost if there is one."""
    positive = answer_rule.positive_class or 0
    values: dict[str, float | None] = dict(_metrics("labels", found, y_pred, positive))
    if isinstance(answer_rule.rule, ThresholdRule) and answer_rule.rule.cost is not None:
        values[COST] = mean_cost(answer_rule.rule, found.y_true == positive, y_pred == positive)
    return values


def _of_scores(answer_rule: AnswerRule, found: Predictions) -> Numbers:
    positive = answer_rule.positive_class if answer_rule.positive_class is not None else 0
    return _metrics("scores", found, predicted_labels(found.y_score), positive)


def _metrics(computed_from: str, found: Predictions, y_pred: NDArray[np.int64], positive: int) -> Numbers:
    sample = sample_of(found, found.y_score, y_pred, positive)
    return {
        metric.name: metric.compute(sample)
        for metric in measured(CLASSIFICATION)
        if metric.computed_from == computed_from and metric.compute is not None
    }


def _fitted(found: Predictions, *, one_unit: bool) -> Temperature | None:
    logits = known_logits(found, one_unit=one_unit)
    value = fit_temperature(found.y_true, logits)
    if value is None:
        return None
    before, after = (
        log_loss(sample_of(found, y_score, predicted_labels(y_score), 0)) or 0.0
        for y_score in (found.y_score, with_temperature(logits, value))
    )
    return Temperature(value, len(found.y_true), before, after, one_unit, from_logits=found.logits is not None)


def _have_logits(predictions: Mapping[SplitName, Predictions]) -> bool:
    return all(found.logits is not None for found in predictions.values())


def _threshold_warnings(
    is_positive: NDArray[np.bool_], score: NDArray[np.float32], rule: str | ThresholdRule, name: str
) -> list[Finding]:
    n, rows = int(is_positive.sum()), len(is_positive)
    if n in (0, rows):
        return [warning("evaluation-threshold-without-class", positive=name, n=n, n_rows=rows)]
    wanted = rule.recall_at_precision if isinstance(rule, ThresholdRule) else None
    best = best_precision(is_positive, score)
    if wanted is not None and best < wanted:
        return [warning("evaluation-threshold-never-precise", positive=name, wanted=wanted, best=best)]
    if min(n, rows - n) < _FEWEST_POSITIVES:
        return [warning("evaluation-threshold-of-few-rows", positive=name, n=n, n_rows=rows)]
    return []


def _plain(values: Mapping[SplitName, Numbers]) -> dict[str, dict[str, float | None]]:
    return {split: dict(numbers) for split, numbers in values.items()}
