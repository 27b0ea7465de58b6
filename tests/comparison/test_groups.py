"""Runs are sorted into problems and groups by what they are, not by how they are called or ordered."""

from __future__ import annotations

import pytest

from optbench.comparison.groups import sort_into_problems
from optbench.comparison.labels import distinct_labels
from optbench.comparison.settings import once_each


def labels(records):
    (problem,) = sort_into_problems(records)
    return [group.label for group in problem.groups]


def test_seeds_of_one_setting_are_one_group(runs):
    """Four seeds of one configuration are one optimizer with four seeds."""
    (problem,) = sort_into_problems(runs("adam", [0.9] * 4))
    (group,) = problem.groups
    assert (group.label, group.seeds) == ("adam", (0, 1, 2, 3))


def test_variants_are_told_apart_by_what_differs(runs):
    """The label adds what sets a variant apart, and nothing else."""
    records = runs("sgd", [0.9]) + runs("sgd", [0.9], arguments={"momentum": 0.9}) + runs("adam", [0.9])
    assert labels(records) == ["adam", "sgd momentum=0", "sgd momentum=0.9"]


def test_python_optimizers_are_named_by_their_function(run):
    """A user's own optimizer is called by its function; arguments tell variants apart."""
    own = {"name": "python", "function": "mine.py:make"}
    records = [run("python", 0, 0.9, arguments={**own, "arguments": {"rate": rate}}) for rate in (0.1, 0.2)]
    assert labels(records) == ["python:make rate=0.1", "python:make rate=0.2"]


@pytest.mark.parametrize("folder", ["/home/a/my.csv", "C:\\data\\my.csv", "my.csv"])
def test_a_file_is_the_same_problem_wherever_it_lies(run, folder):
    """Folders differ between machines; the digest speaks for the content."""
    table = {"name": "csv", "target": "Churn"}
    records = [
        run("adam", 0, 0.9, dataset={**table, "path": "/elsewhere/my.csv"}),
        run("sgd", 0, 0.9, dataset={**table, "path": folder}),
    ]
    (problem,) = sort_into_problems(records)
    assert problem.title == "csv my.csv, mlp 64-32"
    assert [group.label for group in problem.groups] == ["adam", "sgd"]


def test_models_of_one_name_get_distinct_titles(runs):
    """Two MLPs with and without dropout are two problems with two titles."""
    plain = {"name": "mlp", "hidden_units": [8], "dropout": 0.0}
    records = runs("adam", [0.9], model=plain) + runs("adam", [0.9], model={**plain, "dropout": 0.5})
    assert [problem.title for problem in sort_into_problems(records)] == [
        "wine, mlp 8 dropout=0",
        "wine, mlp 8 dropout=0.5",
    ]


def test_labels_stay_distinct_when_shortened_values_agree():
    """Values that look the same after shortening are numbered."""
    settings = [{"layers": "x" * 60 + end} for end in "ab"]
    assert distinct_labels(["own", "own"], settings) == [
        f"own layers={'x' * 13}... #1",
        f"own layers={'x' * 13}... #2",
    ]


def test_what_follows_from_equal_parts_is_computed_once():
    """Of parts that are one object, or equal texts; the items come back in their order."""
    shared, computed = {"units": 8}, []

    def compute(item):
        computed.append(item)
        return len(computed)

    items = [("a", shared), ("b", shared), ("a", shared), ("a", {"units": 8})]
    found = list(once_each(items, lambda item: ("".join(item[0]), item[1]), compute))
    assert found == [1, 2, 1, 3]
    assert len(computed) == 3
