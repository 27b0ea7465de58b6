"""Rounds of tuning: a race over seeds with one schedule for all, and points beyond a range that did not reach."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from fake_training import good_at

from optbench.config import SearchRange, TuningConfig
from optbench.errors import ConfigError
from optbench.study.rounds import freed_seeds, planned_runs
from optbench.study.sampling import further_settings, settings_of
from optbench.study.tuning import Setting, Tuning, best_setting

LOG = {"learning_rate": SearchRange(low=1e-4, high=1e-1)}


def tuned(end):
    table = pd.read_csv(end.plan.paths.results)
    return table[(table.stage == "tuning") & table.optimizer.isin(["sgd", "adam"])]


@pytest.mark.parametrize(
    ("race", "points", "seeds", "runs"),
    [("off", 7, 2, 14), ("cheap", 7, 2, 10), ("full", 7, 2, 14), ("cheap", 2, 3, 6), ("full", 7, 3, 21)],
)
def test_budgets_are_counted_in_runs(race, points, seeds, runs):
    """cheap saves, full spends what off does."""
    assert planned_runs(TuningConfig(race=race, points=points, seeds=seeds)) == runs


def test_a_full_race_gives_what_it_saved_to_the_best_two(study):
    """Seven settings with one seed, three with a second, two with two more; the choice is among the last two."""
    end = study(points=7, tuning_seeds="2, race: full", seeds=2)
    table = tuned(end)
    assert table.groupby("optimizer").size().to_dict() == {"sgd": 14, "adam": 14}
    document = json.loads(end.plan.paths.verdict_json.read_text())
    for one in document["tuning"]:
        seeds = sorted(setting["n_seeds"] for setting in one["curve"])
        assert seeds == [1, 1, 1, 1, 2, 4, 4]
        first = {setting["learning_rate"]: setting["scores"][0] for setting in one["curve"]}
        best_three = sorted(first, key=lambda rate: first[rate])[:3]
        assert {s["learning_rate"] for s in one["curve"] if s["n_seeds"] > 1} == set(best_three)
        finalists = {s["learning_rate"]: s["mean"] for s in one["curve"] if s["n_seeds"] == 4}
        assert one["chosen"]["learning_rate"] == min(finalists, key=lambda rate: finalists[rate])
        assert one["race"]
        assert len(one["stopped"]) == 5
    assert study(points=7, tuning_seeds="2, race: full", seeds=2).trained == 0


def test_ranges_are_widened_for_all_if_one_does_not_reach(study):
    """A best at an edge gives every tuned optimizer as many further settings; the same command trains nothing more."""
    end = study(points=2, tuning_seeds="1, widen: 2", seeds=2)  # two points: either is an edge
    assert tuned(end).groupby("optimizer").size().to_dict() == {"sgd": 4, "adam": 4}
    for one in end.findings.problems[0].tunings:
        low, high = one.ranges["learning_rate"]
        outside = [rate for rate in one.tried("learning_rate") if not low <= rate <= high]
        assert len(outside) == 2
    page = end.plan.paths.verdict_text.read_text()
    why = "since a best one lay at an edge of those tried"
    assert page.count(f"the best of 4 learning rates (2 of them from the reserve, {why}; 4 tuning runs)") == 1
    assert study(points=2, tuning_seeds="1, widen: 2", seeds=2).trained == 0


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(("best", "widened"), [((0, 1), True), ((1, 3), True), ((1, 2), False)])
def test_the_outermost_halton_point_widens_the_ranges_of_all(study, best, widened):
    """Nothing was tried between it and the range's end; inside the range it is not called the last one tried."""
    asked = {"points": 4, "sampler": "halton", "tuning_seeds": "1, widen: 1", "metric": "val_accuracy", "seeds": 2}
    rates = study.first_rates(**asked)
    end = study(executor=good_at([own[place] for own, place in zip(rates, best, strict=True)]), **asked)
    for one, own, place in zip(end.findings.problems[0].tunings, rates, best, strict=True):
        further = set(one.tried("learning_rate")) - set(own)
        assert len(further) == widened
        around = (own[place - 1] if place else 0.0, own[place + 1] if place < 3 else math.inf)
        assert all(around[0] < rate < around[1] and rate != own[place] for rate in further)
    page = end.plan.paths.verdict_text.read_text()
    assert "est tried" not in page
    assert study(**asked).trained == 0


def test_further_settings_lie_beyond_the_edge_or_around_the_inner_best():
    """Beyond in the steps of the grid, on a logarithmic scale; inside in the wider gap beside the best."""
    tried = settings_of(LOG, sampler="grid", points=4)
    rates = [dict(values)["learning_rate"] for values in tried]
    assert rates == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])
    beyond = further_settings(LOG, tried, tried[-1], ("learning_rate",), 2)
    assert [dict(values)["learning_rate"] for values in beyond] == pytest.approx([1.0, 10.0], rel=1e-5)
    below = further_settings(LOG, tried, tried[0], ("learning_rate",), 1)
    assert dict(below[0])["learning_rate"] == pytest.approx(1e-5, rel=1e-5)
    inside = further_settings(LOG, tried, tried[1], (), 3)
    found = [dict(values)["learning_rate"] for values in inside]
    assert found == pytest.approx([10**-3.5, 10**-2.5, 10**-3.25], rel=1e-4)


def test_a_search_that_cannot_go_on_stops():
    """A linear range ends at 0: momentum below it makes no sense."""
    search = {"momentum": SearchRange(low=0.1, high=0.9, scale="linear")}
    tried = settings_of(search, sampler="grid", points=2)
    assert further_settings(search, tried, tried[0], ("momentum",), 3) == []


def test_the_last_point_of_a_halton_sequence_is_no_edge():
    """Its points end before the range does: nothing says that a better one lies outside."""
    settings = tuple(
        Setting(values, ("r",), (0,), (1.0 - place,))
        for place, values in enumerate(settings_of(LOG, sampler="halton", points=4))
    )
    ends = {"learning_rate": (1e-4, 1e-1)}
    assert Tuning("iris", "adam", "val_loss", settings, 3, ends).edges == {}
    grid = tuple(
        Setting(values, ("r",), (0,), (1.0 - place,))
        for place, values in enumerate(settings_of(LOG, sampler="grid", points=4))
    )
    assert Tuning("iris", "adam", "val_loss", grid, 3, ends).edges == {"learning_rate": "largest"}


def test_who_was_stopped_is_not_chosen():
    """A lucky first seed does not beat settings that were repeated."""
    lucky = Setting((("learning_rate", 1e-3),), ("a",), (0,), (0.1,))
    repeated = Setting((("learning_rate", 1e-2),), ("b", "c"), (0, 1), (0.3, 0.2))
    assert best_setting((lucky, repeated), "val_loss") == 1
    assert freed_seeds(TuningConfig(points=7, seeds=2, race="full")) == (2, 3)


def test_a_race_over_one_seed_is_refused(study):
    """There is nothing to repeat."""
    with pytest.raises(ConfigError, match="a race over seeds needs at least 2"):
        study(tuning_seeds="1, race: cheap")
