"""Thresholds against brute force over scikit-learn's metrics, and what a record of both rules answers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit
from sklearn import metrics as oracle

from optbench.config import EvaluationConfig, ThresholdRule
from optbench.errors import StorageError
from optbench.evaluation import evaluate
from optbench.evaluation.answer_rule import AnswerRule
from optbench.evaluation.thresholds import choose_threshold
from optbench.records import Predictions

COSTS = [(1.0, 1.0), (1.0, 5.0), (3.0, 0.5), (1000.0, 1.0), (1.0, 1000.0)]


def rare(rows=400, *, seed=0, ties=False, share=0.15):
    """Whether a row is of a rare class, and a score that knows something of it."""
    rng = np.random.default_rng(seed)
    is_positive = rng.random(rows) < share
    score = 1 / (1 + np.exp(-rng.normal(2.0 * is_positive - 2.0, 1.2)))
    return is_positive, (np.round(score, 1) if ties else score).astype(np.float32)


def every_answer(score):
    """Answers at every threshold there is: no row, then all down to each score."""
    return [score >= level for level in (np.inf, *np.unique(score))]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_has_a_larger_f1(seed, ties):
    """The best of all, as scikit-learn computes it."""
    is_positive, score = rare(seed=seed, ties=ties)
    best = max(oracle.f1_score(is_positive, answer, zero_division=0) for answer in every_answer(score))
    threshold = choose_threshold("f1", is_positive, score)
    assert oracle.f1_score(is_positive, score >= threshold) == best
    assert threshold not in score  # the last bits of no score decide


@pytest.mark.parametrize("costs", COSTS)
def test_no_threshold_costs_less(costs):
    """Answering nothing, or everything, is a choice too where one kind of mistake is dear."""
    is_positive, score = rare(seed=3)
    rule = ThresholdRule.model_validate({"cost": dict(zip(("false_positive", "false_negative"), costs, strict=True))})

    def cost(answer):
        (_, wrong), (missed, _) = oracle.confusion_matrix(is_positive, answer, labels=[False, True])
        return costs[0] * wrong + costs[1] * missed

    assert cost(score >= choose_threshold(rule, is_positive, score)) == min(map(cost, every_answer(score)))


@pytest.mark.parametrize("wanted", [0.3, 0.5, 0.8, 1.0])
def test_recall_is_the_largest_at_that_precision(wanted):
    """Of the points of scikit-learn's curve."""
    is_positive, score = rare(seed=1)
    precision, recall, _ = oracle.precision_recall_curve(is_positive, score)
    threshold = choose_threshold(ThresholdRule(recall_at_precision=wanted), is_positive, score)
    answer = score >= threshold
    assert oracle.precision_score(is_positive, answer) >= wanted
    assert oracle.recall_score(is_positive, answer) == recall[precision >= wanted].max()


def test_a_precision_that_no_threshold_has_is_no_threshold():
    """The highest score is a mistake, and precision never gets to 1."""
    is_positive = np.array([False, True, False, True])
    score = np.array([0.9, 0.8, 0.3, 0.2], dtype=np.float32)
    assert choose_threshold(ThresholdRule(recall_at_precision=0.9), is_positive, score) is None
    assert choose_threshold(ThresholdRule(recall_at_precision=0.5), is_positive, score) == pytest.approx(0.1)


@pytest.mark.parametrize(("certain", "costs"), [(1.0, (5.0, 1.0)), (0.0, (1.0, 9.0))])
def test_scores_at_the_ends_can_be_answered_both_ways(certain, costs):
    """Where all scores are 1 a threshold above 1 answers nothing; where all are 0 one of 0 answers everything."""
    rule = ThresholdRule.model_validate({"cost": dict(zip(("false_positive", "false_negative"), costs, strict=True))})
    score = np.full(4, certain, dtype=np.float32)
    threshold = choose_threshold(rule, np.array([True, False, False, False]), score)
    assert (score.astype(float) >= threshold).all() == (certain == 0.0)


def asked(**values):
    return EvaluationConfig.model_validate(values)


def evaluated(found, evaluation, names=("no", "yes"), **options):
    return evaluate(found, class_names=names, asked=evaluation, **options)


def test_nothing_but_the_record_changes(predictions):
    """Metrics, curves and predictions stay those of the model, at 0.5; without the section there is no record."""
    found = predictions(2)
    plain = evaluated(found, asked())
    ruled = evaluated(found, asked(threshold="f1", calibration="temperature"))
    assert plain.answer_rule is None
    assert plain.metrics == ruled.metrics
    assert plain.reliability[0].share.tolist() == ruled.reliability[0].share.tolist()
    assert [curve.is_calibrated for curve in ruled.reliability] == [False, False, True, True]


def test_the_record_answers_new_rows_as_it_did_old_ones(predictions):
    """Read back from its JSON; the metrics in it are scikit-learn's of those answers."""
    found = predictions(2)
    rule = evaluated(
        found, asked(threshold={"cost": {"false_positive": 1, "false_negative": 4}}, calibration="temperature")
    )
    document = json.loads(json.dumps(rule.answer_rule.to_json(), allow_nan=False))
    again = AnswerRule.from_json(document, "evaluation.json")
    part = found["test"]
    answers = again.answers(again.probabilities(part.y_score))
    recorded = document["metrics"]["at_threshold"]["test"]
    assert recorded["f1"] == pytest.approx(oracle.f1_score(part.y_true, answers))
    assert recorded["matthews_correlation"] == pytest.approx(oracle.matthews_corrcoef(part.y_true, answers))
    wrong, missed = ((answers == 1) & (part.y_true == 0)).mean(), ((answers == 0) & (part.y_true == 1)).mean()
    assert recorded["cost"] == pytest.approx(wrong + 4 * missed)
    assert document["metrics"]["at_half"]["test"]["accuracy"] == rule.metrics["test"]["accuracy"]
    calibrated = document["metrics"]["calibrated"]["test"]
    assert calibrated["log_loss"] == pytest.approx(oracle.log_loss(part.y_true, again.probabilities(part.y_score)))
    assert document["calibration"]["log_loss_before"] == rule.metrics["validation"]["log_loss"]
    assert document["calibration"]["log_loss_after"] == document["metrics"]["calibrated"]["validation"]["log_loss"]
    assert document["metrics"]["model"]["test"]["log_loss"] == rule.metrics["test"]["log_loss"]
    with pytest.raises(StorageError, match=r"evaluation.json must have 'class_names'"):
        AnswerRule.from_json({}, "evaluation.json")


def test_the_positive_class_may_be_the_first(predictions):
    """The threshold is about the class the experiment names."""
    found = predictions(2)
    rule = evaluated(found, asked(threshold="f1"), positive_class=0).answer_rule
    part = found["validation"]
    answers = rule.answers(part.y_score)
    assert np.array_equal(answers == 0, part.y_score[:, 0] >= rule.threshold)
    assert rule.to_json()["positive_class"] == "no"


def test_more_classes_are_calibrated_and_have_no_threshold(predictions):
    """The most probable class stays the answer."""
    found = predictions(4)
    rule = evaluated(found, asked(calibration="temperature"), "abcd").answer_rule
    part = found["test"]
    assert np.array_equal(rule.answers(rule.probabilities(part.y_score)), part.y_score.argmax(axis=1))
    assert rule.to_json()["positive_class"] is None


def codes(evaluation):
    return {
        finding.code for finding in evaluation.warnings if "threshold" in finding.code or "temperature" in finding.code
    }


def test_what_cannot_be_chosen_is_said(predictions):
    """One class on validation, a precision out of reach, few rows, an easy split, a diverged run."""
    found = predictions(2)
    part = found["validation"]

    def with_validation(y_true, y_score):
        return {**found, "validation": Predictions(y_true, y_score, part.rows)}

    none = with_validation(np.zeros_like(part.y_true), part.y_score)
    assert codes(evaluated(none, asked(threshold="f1"))) == {"evaluation-threshold-without-class"}
    swapped = with_validation(part.y_true, part.y_score[:, ::-1])
    out_of_reach = evaluated(swapped, asked(threshold={"recall_at_precision": 0.99}))
    assert codes(out_of_reach) == {"evaluation-threshold-never-precise"}
    assert out_of_reach.answer_rule.threshold is None
    few = with_validation((np.arange(100) < 9).astype(np.int64), part.y_score)
    assert codes(evaluated(few, asked(threshold="f1"))) == {"evaluation-threshold-of-few-rows"}
    sure = with_validation(part.y_true, np.eye(2, dtype=np.float32)[part.y_true] * 0.4 + 0.3)
    assert codes(evaluated(sure, asked(calibration="temperature"))) == {"evaluation-temperature-not-fitted"}
    lost = with_validation(part.y_true, np.full_like(part.y_score, np.nan))
    rule = evaluated(lost, asked(threshold="f1", calibration="temperature")).answer_rule
    assert (rule.threshold, rule.temperature) == (None, None)


def test_what_is_given_is_used_as_it_is():
    """Without validation rows, also beside a rule that is chosen; the record says that nothing was chosen."""
    is_positive, score = rare(seed=5)
    test = Predictions(is_positive.astype(np.int64), np.stack([1 - score, score], axis=1), np.arange(len(score)))
    given = {"threshold": {"value": 0.2}, "calibration": {"temperature": 2.0}}
    found = evaluate({"train": test, "test": test}, class_names=("a", "b"), asked=EvaluationConfig(**given))
    rule = found.answer_rule
    calibrated = 1 / (1 + np.exp(-logit(score.astype(np.float64)) / 2))
    expected = oracle.f1_score(is_positive, calibrated >= 0.2)
    assert rule.at_threshold["test"]["f1"] == pytest.approx(expected)
    document = rule.to_json()
    assert (document["chosen_on"], document["rule"], document["threshold"]) == (None, {"value": 0.2}, 0.2)
    again = AnswerRule.from_json(json.loads(json.dumps(document)), "it")
    assert np.array_equal(again.answers(again.probabilities(test.y_score)) == 1, calibrated >= 0.2)


@pytest.mark.parametrize("units", [1, 2])
def test_a_temperature_divides_the_logits_that_are_there(units):
    """Not what float32 tells of them; metrics at 0.5 stay the same, and so does a rule that is read again."""
    rng = np.random.default_rng(11)
    parts, of_scores = {}, {}
    for split in ("train", "validation", "test"):
        z = rng.normal(scale=30.0, size=500)
        y = (rng.random(500) < 1 / (1 + np.exp(-z / 8))).astype(np.int64)
        p = (1 / (1 + np.exp(-z))).astype(np.float32)
        logits = z if units == 1 else np.stack([-z / 2, z / 2])
        logits = logits.reshape(units, -1).T.astype(np.float32)
        of_scores[split] = Predictions(y, np.stack([1 - p, p], axis=1), np.arange(500))
        parts[split] = replace(of_scores[split], logits=logits)
    section = asked(threshold="f1", calibration="temperature")
    found = evaluated(parts, section, one_unit=units == 1)
    told = evaluated(of_scores, section, one_unit=units == 1)
    assert found.metrics == told.metrics
    rule = found.answer_rule
    assert rule.takes_logits
    assert not told.answer_rule.takes_logits
    assert rule.temperature.value == pytest.approx(8, rel=0.3)
    z = parts["test"].logits[:, -1].astype(float) - (0 if units == 1 else parts["test"].logits[:, 0])
    exact = 1 / (1 + np.exp(-z / rule.temperature.value))
    again = AnswerRule.from_json(json.loads(json.dumps(rule.to_json())), "it")
    assert again.of_logits(parts["test"].logits)[:, 1] == pytest.approx(exact, abs=1e-6)
    assert np.array_equal(again.applied_to(parts["test"]).y_score, again.of_logits(parts["test"].logits))
    recorded = rule.to_json()["metrics"]["calibrated"]["test"]["log_loss"]
    assert recorded == pytest.approx(oracle.log_loss(parts["test"].y_true, exact), rel=1e-4)
    given = evaluated(parts, asked(calibration={"temperature": 3.0}), one_unit=units == 1).answer_rule
    assert given.takes_logits
    assert given.applied_to(parts["test"]).y_score[:, 1] == pytest.approx(1 / (1 + np.exp(-z / 3)), abs=1e-6)


def test_a_temperature_that_was_not_fitted_leaves_the_probabilities(predictions):
    """Logits that are there for it are of no use then."""
    part = predictions(2)["test"]
    sure = replace(part, logits=np.where(part.y_true == 1, 9.0, -9.0).astype(np.float32)[:, None])
    rule = evaluated({"train": sure, "validation": sure, "test": sure}, asked(calibration="temperature")).answer_rule
    assert not rule.takes_logits
    assert rule.applied_to(sure) is sure
