"""The page's part on a threshold and a temperature shows what was recorded, beside 0.5 and the model's own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from optbench.config import EvaluationConfig
from optbench.evaluation import evaluate
from optbench.records import Predictions
from optbench.reporting.answer_section import answer_rows, answer_section
from optbench.reporting.charts.class_charts import class_charts
from optbench.reporting.curve_figures import reliability_figure
from optbench.reporting.languages import Speech
from optbench.reporting.style import save_figure

COST = {"cost": {"false_positive": 1, "false_negative": 5}}


@pytest.fixture
def evaluated():
    """Evaluate a model that is too sure, with an `evaluation` section."""

    def make(**section):
        rng, parts = np.random.default_rng(0), {}
        for split in ("train", "validation", "test"):
            y = (rng.random(400) < 0.3).astype(np.int64)
            p = 1 / (1 + np.exp(-3 * rng.normal(2.0 * y - 1.0, 1.5)))
            parts[split] = Predictions(y, np.stack([1 - p, p], axis=1).astype(np.float32), np.arange(400))
        return evaluate(parts, class_names=("No", "Yes"), asked=EvaluationConfig.model_validate(section))

    return make


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("f1", "for the largest F1"),
        (COST, "a false positive costs 1 and a false negative 5"),
        ({"recall_at_precision": 0.6}, "at a precision of at least 60.0 %"),
    ],
)
def test_a_threshold_is_said_with_its_reason_and_stands_beside_a_half(evaluated, rule, why):
    """Test before validation, each at 0.5 and at the threshold, in the numbers of the record."""
    found = evaluated(threshold=rule).answer_rule
    section = answer_section(found, "en")
    (said,) = section.paragraphs
    assert said.startswith(
        f"The answer is Yes from a probability of {found.threshold:.4f} on, chosen on the validation"
    )
    assert why in said
    ((_, header, rows),) = section.tables
    assert header[1:] == ["test at 0.5", "test at the threshold", "validation at 0.5", "validation at the threshold"]
    values = {row[0]: row[1:] for row in rows}
    at_half, chosen = found.at_half["test"]["f1"], found.at_threshold["test"]["f1"]
    assert values["F1 of the positive class"][:2] == [f"{100 * at_half:.2f} %", f"{100 * chosen:.2f} %"]
    assert ("cost of a row (lower is better)" in values) == (rule is COST)


def test_a_temperature_is_shown_with_what_it_does(evaluated):
    """Its number, the log loss before and after, and the reliability of both on the test split."""
    found = evaluated(calibration="temperature")
    section = answer_section(found.answer_rule, "en")
    fitted = found.answer_rule.temperature
    assert fitted.value > 1
    assert f"divide the logits by {fitted.value:.3f}" in section.paragraphs[0]
    ((_, _, rows),) = section.tables
    assert rows[0][1] == f"{found.metrics['test']['log_loss']:.4f}"
    figures = {figure.id: figure for figure in class_charts(found, Speech(("en",)))}
    drawn = [line.name for line in figures["reliability"].views[0].lines]
    assert drawn == ["of the model", "calibrated"]
    axes = reliability_figure(found.reliability, "en").axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["of the model", "calibrated"]
    assert save_figure(reliability_figure(found.reliability))


def test_a_threshold_after_calibration_says_so(evaluated):
    """It is one of calibrated probabilities."""
    found = evaluated(threshold="f1", calibration="temperature").answer_rule
    assert "from a calibrated probability" in answer_section(found, "en").paragraphs[0]


def test_a_terminal_shows_the_recorded_numbers_and_nothing_without_a_threshold(evaluated):
    """From the JSON of a run folder."""
    document = evaluated(threshold=COST).answer_rule.to_json()
    rows = answer_rows(document["metrics"], "test", "en")
    assert rows[0] == ["on test", "at 0.5", "at the threshold"]
    assert [row[0] for row in rows[1:]] == list(document["metrics"]["at_threshold"]["test"])
    assert answer_rows(evaluated(calibration="temperature").answer_rule.to_json()["metrics"], "test", "en") == []
