"""What a study says beside its verdict, where it once misled: budgets, tuning by another metric, a default on top."""

from __future__ import annotations

import pytest
from invented_study import invented_study

from optbench.comparison import compare
from optbench.reporting.comparison_page import render_comparison_page
from optbench.study.markdown import verdict_markdown
from optbench.study.sentences import gains, leaders_sentence

STUDY = """\
name: trial
experiment: {{dataset: {{name: wine}}, model: {{name: mlp, hidden_units: [4]}}, training: {{epochs: 3}}}}
optimizers: [sgd, adam]
tuning: {{points: 3, seeds: 2, metric: {metric}}}
confirmation: {{seeds: 8}}
margin: 0.01
"""
LEVELS = {"sgd": 0.8, "adam": 0.9, "sgd-default": 0.7, "adam-default": 0.75}


def told(folder, *, metric="val_loss", levels=LEVELS, losses=None, accuracy=None):
    """Return the only problem of a study with these mean scores, and losses in validation."""
    losses = losses or {}

    def score(label, seed):
        return levels[label] + 0.004 * ((seed * (2 * len(label) + 1)) % 8 - 3.5)

    def loss(label, seed):
        return losses.get(label, 0.5) + 0.001 * (seed % 2)

    (problem,) = invented_study(
        folder, STUDY.format(metric=metric), score, tuning_score=loss, tuning_accuracy=accuracy
    ).problems
    return problem


def codes(problem):
    return {one.code for one in problem.gain_statements}


def test_budgets_are_compared_on_the_tuning_seeds_and_recommend_nothing(tmp_path):
    """Defaults run with the seeds that tuned rows had; who leads is told with the spread of one seed, and no "take"."""
    problem = told(tmp_path, losses={"adam-default": 0.3})
    found = problem.analyses.budgets
    assert found.defaults == pytest.approx({"adam-default": 0.3005, "sgd-default": 0.5005})
    assert {(one.first, one.last, one.label) for one in found.leaders()} == {(0, 3, "adam-default")}
    said = leaders_sentence(found, "en")
    assert "adam-default leads" in said
    assert "leads of that size are luck" in said
    assert "take" not in said.lower()


@pytest.mark.parametrize(
    ("losses", "contradicted"),
    [({"sgd": 0.9}, ["sgd"]), ({"sgd": 0.9, "adam": 0.9}, ["sgd", "adam"]), ({"sgd": 0.1, "adam": 0.1}, [])],
)
def test_it_is_said_where_tuning_gained_by_one_metric_and_lost_by_the_other(tmp_path, losses, contradicted):
    """Both gained accuracy; by validation loss some lost."""
    problem = told(tmp_path, losses=losses)
    found = [one.values["labels"] for one in problem.gain_statements if one.code == "study-metrics-disagree"]
    assert found == ([contradicted] if contradicted else [])


def test_a_default_with_the_best_mean_is_named_once(tmp_path):
    """It is not tested against tuned rows of others; where it is taken, that says it already."""
    on_top = told(tmp_path, levels={**LEVELS, "adam-default": 0.9005})
    assert on_top.recommended.label == "adam"
    assert "study-default-on-top" in codes(on_top)
    assert gains(on_top, "en").count("adam-default") == 1
    taken = told(tmp_path, levels={**LEVELS, "adam-default": 0.95})
    assert taken.recommended.label == "adam-default"
    assert "study-default-on-top" not in codes(taken)
    assert "study-default-on-top" not in codes(told(tmp_path))


@pytest.mark.parametrize(("place", "is_near"), [(0, True), (1, True), (2, False)])
def test_a_run_that_collapsed_in_tuning_near_the_chosen_setting_casts_doubt(tmp_path, place, is_near):
    """One of two seeds ends at a constant answer on validation rows, with a finite loss; the lowest rate is chosen."""
    clean = told(tmp_path)
    adam = next(one for one in clean.tunings if one.label == "adam")
    assert adam.chosen == 0
    assert not undone(clean)
    failed = ("adam", 1, adam.tried("learning_rate")[place])
    problem = told(
        tmp_path,
        accuracy=lambda label, seed, values: 0.4 if (label, seed, values.get("learning_rate")) == failed else 0.9,
    )
    assert not any(one.n_diverged for one in problem.tunings)
    assert undone(problem) == ({("adam", "sgd"), ("adam", "adam-default")} if is_near else set())


def undone(problem):
    """Return the decided pairs of which a rate is said that would undo them."""
    return {(pair.a, pair.b) for pair in problem.compared.pairs if pair.undo_rate is not None}


def test_a_caption_of_several_pairs_decides_nothing(runs_of):
    """A bar beside 0, or inside the margin, is no decision where p is corrected over pairs: the caption says so."""
    page = render_comparison_page(compare(runs_of(("adam", "sgd", "rmsprop"))), {})
    assert "decides only where there is a single pair" in page
    assert "shows that the two are equivalent" not in page


@pytest.fixture
def runs_of():
    """Make eight runs of each optimizer."""
    from finished_runs import make_run

    return lambda names: [make_run(name, seed, 0.8 + 0.001 * seed) for name in names for seed in range(8)]


def test_wording(tmp_path):
    """*Undecided* is not *equal*."""
    problem = told(tmp_path)
    assert problem.compared.pairs
    study = invented_study(tmp_path, STUDY.format(metric="val_loss"), lambda label, _seed: LEVELS[label])
    assert "*Undecided* is not *equal*" in verdict_markdown(study, "en")
