"""`compare --format json` has the documented shape, whatever was compared, and is strict JSON."""

from __future__ import annotations

import json

import pytest

from optbench.comparison import compare
from optbench.reporting.comparison_document import comparison_document
from optbench.reporting.shown_comparison import ShownComparison
from optbench.words.comparisons import located_sentences, problem_verdict

TOP = ["schema_version", "metric", "split", "alpha", "margin", "optimizers", "pairs", "warnings", "verdict"]
OPTIMIZER = [
    "optimizer", "learning_rate", "n", "n_diverged", "mean", "sd", "ci_low", "ci_high", "training_seconds", "runs",
]  # fmt: skip
PAIR = ["a", "b", "n", "difference", "ci_low", "ci_high", "p", "p_adjusted", "decision"]


def situations(runs):
    wine = runs("adam", [0.9] * 7) + runs("sgd", [0.8, 0.9, 0.7, 0.9, 0.8, 0.6, 0.9])
    return {
        "many seeds": wine,
        "one seed": runs("adam", [0.9]) + runs("sgd", [0.8]),
        "one optimizer": runs("adam", [0.9, 0.8]),
        "all diverged": runs("adam", [0.9, 0.8], diverged=True) + runs("sgd", [0.8, 0.7]),
        "two problems": wine + runs("adam", [0.95] * 2, dataset={"name": "iris"}),
        "confounded": runs("adam", [0.9] * 7) + runs("sgd", [0.8] * 7, training={"batch_size": 64}),
        "schedule": runs("adam", [0.9] * 2, arguments={"learning_rate": {"schedule": "cosine_decay"}}),
    }


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "roc_auc"])
@pytest.mark.parametrize(
    "name", ["many seeds", "one seed", "one optimizer", "all diverged", "two problems", "confounded", "schedule"]
)
def test_shape(runs, name, metric):
    """The documented keys come first, in their order; every value survives strict JSON."""
    document = comparison_document(compare(situations(runs)[name], metric=metric))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document)[: len(TOP)] == TOP
    assert (document["schema_version"], document["metric"], document["split"]) == (1, metric, "test")
    assert (document["alpha"], document["margin"]) == (0.05, 0.005)
    assert isinstance(document["verdict"], str)
    assert all(isinstance(sentence, str) for sentence in document["warnings"])
    assert document["optimizers"]
    for summary in document["optimizers"]:
        assert list(summary)[: len(OPTIMIZER)] == OPTIMIZER
        assert summary["n"] == len(summary["runs"]) >= summary["n_diverged"]
    for pair in document["pairs"]:
        assert list(pair)[: len(PAIR)] == PAIR
        assert pair["decision"] in {"a_better", "b_better", "equivalent", "undecided"}


def test_learning_rate_is_a_number_or_a_schedule_in_short(runs):
    """A schedule is one word; an optimizer's number stays a number."""
    schedule = {"schedule": "cosine_decay", "initial_learning_rate": 0.01, "decay_steps": 100}
    records = runs("adam", [0.9]) + runs("sgd", [0.8], arguments={"learning_rate": schedule})
    rates = {
        entry["optimizer"]: entry["learning_rate"] for entry in comparison_document(compare(records))["optimizers"]
    }
    assert rates == {"adam": 0.001, "sgd": "cosine_decay(0.01)"}


def test_several_problems_are_never_mixed(runs):
    """Each data set has its own groups, pairs, Holm correction and verdict; entries name their problem."""
    better, worse = [0.9 + 0.001 * seed for seed in range(8)], [0.8 + 0.001 * seed**1.5 for seed in range(8)]
    wine = runs("adam", better) + runs("sgd", worse)
    iris = runs("adam", worse, dataset={"name": "iris"}) + runs("sgd", better, dataset={"name": "iris"})
    document = comparison_document(compare(wine + iris))
    assert [(pair["problem"], pair["a"]) for pair in document["pairs"]] == [
        ("iris, mlp 64-32", "sgd"),
        ("wine, mlp 64-32", "adam"),
    ]
    assert {pair["n"] for pair in document["pairs"]} == {8}
    alone = comparison_document(compare(wine))
    assert document["pairs"][1] == alone["pairs"][0]
    assert [problem["verdict"] for problem in document["problems"]][1] == alone["verdict"]
    assert document["verdict"].startswith("[iris, mlp 64-32] sgd beats adam")
    assert "[wine, mlp 64-32] adam beats sgd" in document["verdict"]


def test_another_model_is_another_problem(runs):
    """An MLP of another size is not compared with the first one, and a warning says who ran where."""
    small = runs("sgd", [0.9] * 6, model={"name": "mlp", "hidden_units": [8]})
    comparison = compare(runs("adam", [0.95] * 6) + small)
    assert [problem.problem for problem in comparison.problems] == ["wine, mlp 64-32", "wine, mlp 8"]
    assert all(problem.pairs == () for problem in comparison.problems)
    assert located_sentences(comparison.all_differences) == [
        "adam ran on [wine, mlp 64-32] only: what ran on another data set or model is not compared with it.",
        "sgd ran on [wine, mlp 8] only: what ran on another data set or model is not compared with it.",
    ]
    assert len(located_sentences(comparison.mismatches)) == 2


def test_warnings_of_several_problems_say_which(runs):
    """Above several tables a sentence without its problem would be a riddle."""
    records = [
        *runs("adam", [0.9]),
        *runs("sgd", [0.9], diverged=True),
        *runs("adam", [0.9], dataset={"name": "iris"}),
        *runs("sgd", [0.9], dataset={"name": "iris"}),
    ]
    (warning,) = comparison_document(compare(records))["warnings"]
    assert warning.startswith("[wine, mlp 64-32] sgd diverged in 1 of 1 run")


def test_a_notebook_shows_means_and_verdict(runs):
    """Short, whatever was compared, and labels are text in HTML."""
    for records in situations(runs).values():
        found = ShownComparison.of(compare(records))
        for summary in found.problems[0].optimizers:
            assert summary.label in repr(found)
        assert problem_verdict(found.problems[0]) in repr(found)
        assert len(repr(found)) < 2500
    shown = ShownComparison.of(compare(runs("<b>", [0.9] * 2) + runs("sgd", [0.8] * 2)))._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<td><b>" not in shown
