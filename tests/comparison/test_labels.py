"""Labels are the names people gave, short, and no two alike."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from optbench.comparison.groups import sort_into_problems
from optbench.comparison.labels import distinct_labels, entrant_labels

VALUES = st.one_of(st.integers(), st.floats(allow_nan=False), st.text(max_size=300), st.lists(st.integers()))
SETTINGS = st.dictionaries(st.sampled_from([f"training.key_{n}" for n in range(5)]), VALUES, max_size=5)


@given(st.lists(st.tuples(st.sampled_from(["adam", "sgd"]), SETTINGS), max_size=6))
def test_labels_are_short_and_distinct(entrants):
    """Whatever the settings are; a table has 80 columns."""
    labels = distinct_labels([name for name, _ in entrants], [settings for _, settings in entrants])
    assert len(set(labels)) == len(entrants)
    assert all(len(label) <= 44 for label in labels)


def test_runs_go_by_the_names_of_their_experiments(run):
    """Two Adams that were given names are called by them."""
    records = [
        replace(one, config={**one.config, "name": name})
        for name, units in (("narrow", 0.5), ("wide", 0.9))
        for one in [run("adam", 0, 0.9, arguments={"beta_1": units, "beta_2": units, "epsilon": units})]
    ]
    (problem,) = sort_into_problems(records)
    assert [group.label for group in problem.groups] == ["narrow", "wide"]


def test_runs_go_by_what_a_study_calls_them(run):
    """A study's label comes before the name of the experiment."""
    records = [run("adam", 0, 0.9, arguments={"learning_rate": rate}) for rate in (0.1, 0.2)]
    suggested = dict(zip([one.folder for one in records], ["tuned", "default"], strict=True))
    (problem,) = sort_into_problems(records, suggested=suggested)
    assert {group.label: group.settings["optimizer.learning_rate"] for group in problem.groups} == {
        "tuned": 0.1,
        "default": 0.2,
    }


def test_one_setting_is_enough_if_it_tells_all_apart():
    """What follows from it need not be in a label; a name of another group is not borrowed."""
    settings = [{"training.epochs": 5, "digest.split": "a"}, {"training.epochs": 9, "digest.split": "b"}]
    assert distinct_labels(["adam", "adam"], settings) == ["adam epochs=5", "adam epochs=9"]
    assert entrant_labels(["adam", "adam", "sgd"], [*settings, {}], ["sgd", "b", "c"]) == [
        "adam epochs=5",
        "adam epochs=9",
        "sgd",
    ]
