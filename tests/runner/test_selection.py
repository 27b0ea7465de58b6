"""Expressions of `ls --where` mean what they mean in pandas, execute nothing, and say what is wrong with them."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optbench.errors import UsageError
from optbench.runner.selection import select, without_values
from optbench.words import sentence

RUNS = [
    {"run": "a", "optimizer": "adam", "accuracy": 0.9, "seed": 0, "training.epochs": 10, "rmse": None},
    {"run": "b", "optimizer": "sgd", "accuracy": 0.7, "seed": 1, "training.epochs": 5, "optimizer.momentum": 0.9},
    {
        "run": "c",
        "optimizer": "adam",
        "accuracy": 0.8,
        "seed": 1,
        "training.epochs": 10,
        "model.hidden_units": [64, 32],
    },
    {"run": "d", "status": "unfinished"},
]


def chosen(where=None, sort=None):
    return "".join(select([(run["run"], run) for run in RUNS], where=where, sort=sort))


@pytest.mark.parametrize(
    "where, expected",
    [
        ("optimizer == 'adam' and accuracy > 0.8", "a"),
        ("optimizer == 'adam' or seed == 1", "abc"),
        ("not optimizer == 'adam'", "bd"),
        ("optimizer != 'adam'", "b"),
        ("optimizer in ['sgd', 'rmsprop']", "b"),
        ("optimizer not in ('sgd', 'rmsprop')", "ac"),
        ("0.7 < accuracy <= 0.9", "ac"),
        ("training.epochs == 10", "ac"),
        ("optimizer.momentum > -1", "b"),
        ("optimizer.momentum == null", "acd"),
        ("accuracy != None", "abc"),
        ("model.hidden_units == [64, 32]", "c"),
        ("status == 'unfinished'", "d"),
        (" accuracy\n> 0.8 ", "a"),
    ],
)
def test_what_an_expression_takes(where, expected):
    """A comparison with what a run does not have is false; null asks for that."""
    assert chosen(where) == expected


@pytest.mark.parametrize(
    "sort, expected",
    [("accuracy", "acbd"), ("-accuracy", "bcad"), ("optimizer", "acbd"), ("seed", "abcd"), ("-seed", "bcad")],
)
def test_order(sort, expected):
    """Metrics the best first, everything else rising, equal ones as they were, runs without it last."""
    assert chosen(sort=sort) == expected


def test_an_error_is_better_if_it_is_smaller():
    """So the best one is the first here, too."""
    runs = [("x", {"rmse": 2.0}), ("y", {"rmse": 1.0})]
    assert select(runs, where=None, sort="rmse") == ["y", "x"]


@pytest.mark.parametrize(
    "where, says",
    [
        ("accuray > 0.8", "Did you mean 'accuracy'"),
        ("optimizer = 'adam'", "equal is =="),
        ("optimizer == adam", "texts stand in quotes"),
        ("accuracy > 'high'", "cannot be compared"),
        ("__import__('os').system('true')", "neither a comparison nor a name nor a value"),
        ("accuracy.__class__ == 1", "no run has 'accuracy.__class__'"),
        ("(lambda: 1)() == 1", "neither"),
        ("[x for x in accuracy] == 1", "neither"),
        ("accuracy + 1 > 1", "neither"),
        ("accuracy[0] > 1", "neither"),
        ("f'{accuracy}' == 1", "neither"),
        ("(accuracy := 1) == 1", "neither"),
        ("b'x' == run", "neither text nor a number"),
        ("", "--where"),
        ("1 ==", "--where"),
        ("'a'.b == 1", "only names have parts"),
        ("(" * 5000 + "1" + ")" * 5000, "--where"),
        ("not " * 4000 + "true", "--where"),
        ("accuracy > 0.8 " + " " * 20_000, "characters"),
        ("run == '\0'", "--where"),
    ],
)
def test_what_is_no_expression(where, says):
    """The rule, what was received, and how to write it."""
    with pytest.raises(UsageError) as found:
        chosen(where)
    assert says in str(found.value)


@pytest.mark.parametrize("where", ["1and 2 > 1", "run == 'a\\d'"])
@pytest.mark.filterwarnings("error")
def test_what_python_would_warn_of_is_no_matter(where):
    """A warning of a compiler is for people who write Python."""
    select([], where="1 > 0", sort=None)
    select([("a", {"run": "a"})], where=where, sort=None)


def test_an_unknown_key_to_sort_by():
    """With the nearest one that is known."""
    with pytest.raises(UsageError, match="Did you mean 'accuracy'"):
        chosen(sort="acuracy")


@pytest.mark.parametrize("where", ["rmsee < 1", "rms > 1"])
def test_what_is_null_in_every_run_is_not_suggested(where):
    """Who followed that would learn nothing."""
    with pytest.raises(UsageError) as found:
        chosen(where)
    assert "rmse" not in str(found.value).partition("Names are")[0].replace("rmsee", "")


@pytest.mark.parametrize(
    ("where", "sort", "named"),
    [
        ("rmse < 1", None, ["rmse"]),
        ("0 < rmse <= 1 or accuracy > 0.8", None, ["rmse"]),
        ("not rmse < 1", None, ["rmse"]),
        (None, "-rmse", ["rmse"]),
        ("rmse == null and accuracy > 0", None, []),
        ("null != rmse", None, []),
        ("optimizer.momentum > 1", "accuracy", []),
    ],
)
def test_what_no_run_has_a_value_for_is_told(where, sort, named):
    """With the names that have one; a question for null is answered, and who has a value somewhere is asked for it."""
    found = without_values(RUNS, where=where, sort=sort)
    told = [one.to_json()["values"] for one in found]
    assert [one["name"] for one in told] == named
    for one in told:
        assert {"accuracy", "optimizer", "seed"} <= set(one["others"])
        assert "rmse" not in one["others"]
    assert all("accuracy" in sentence(one, language) for one in found for language in ("en", "es"))


def test_names_beside_one_are_those_of_its_split():
    """Of the test split alone, as they are typed; where there are none, none are told."""
    runs = [{"run": "a", "test.loss": None, "test.accuracy": 0.9, "train.accuracy": 0.9, "model.x": None}]
    told = without_values(runs, where="test.loss < 1 and model.x == 1", sort=None)
    assert [one.to_json()["values"] for one in told] == [
        {"name": "model.x", "others": None},
        {"name": "test.loss", "others": ["test.accuracy"]},
    ]
    assert sentence(told[0], "en") == "No run has a value for 'model.x'."


ATOMS = [
    *(
        f"{name} {op} {value}"
        for (name, values), op in itertools.product(
            [("number", ("1", "2.5")), ("other", ("0", "1"))], ("==", "!=", "<", "<=", ">", ">=")
        )
        for value in values
    ),
    "word == 'x'",
    "word != 'y'",
    "word in ['x', 'z']",
    "number < other",
    "0 < number <= 2",
]
EXPRESSIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(
            lambda three: f"({three[0]}) {three[1]} ({three[2]})"
        ),
        part.map(lambda one: f"not ({one})"),
    ),
    max_leaves=5,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"number": st.sampled_from([0.0, 1.0, 2.5]), "other": st.integers(0, 2), "word": st.sampled_from("xyz")}
    ),
    min_size=1,
    max_size=6,
)


@given(EXPRESSIONS, ROWS)
def test_it_means_what_pandas_means(expression, rows):
    """Where nothing is missing."""
    expected = pd.DataFrame(rows).query(expression, engine="python").index.tolist()
    assert select(list(enumerate(rows)), where=expression, sort=None) == expected
