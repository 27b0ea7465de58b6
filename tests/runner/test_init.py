"""`optbench init`: what it writes loads, runs on what it was written for, and says what was inferred."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optbench.config import load_experiment
from optbench.errors import DataError
from optbench.runner.init import starter, starter_for_table


def write(folder, content):
    path = folder / "experiment.yaml"
    path.write_text(content, encoding="utf-8")
    return load_experiment(path).config


@pytest.fixture
def table(tmp_path):
    def make(text, name="my table.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


ROWS = "id;x;kind;Churn\n" + "\n".join(
    f"k{i};{i * 7 % 31 / 2};{'uvw'[i % 3]};{'No' if i % 4 else 'Yes'}" for i in range(60)
)


def test_starter_loads_and_holds_the_defaults(tmp_path):
    """The starter is a complete experiment whose values are the defaults, and tells what else there is."""
    config = write(tmp_path, starter())
    assert config.dataset.name == "breast_cancer"
    assert config.training == type(config.training)()
    for words in ("optbench validate", "early_stopping", "seeds: [0, 1, 2]", "csv, npz, python"):
        assert words in starter()


def test_table_starter_loads_with_what_was_inferred(table, tmp_path):
    """The file for a table names its path, target, separator and positive class, and says why."""
    text, sentences = starter_for_table(table(ROWS), "Churn")
    config = write(tmp_path, text)
    found = config.dataset
    assert (config.name, found.name, found.target, found.separator) == ("my-table", "csv", "Churn", ";")
    assert found.positive_class == "Yes"
    assert any("60 rows, 4 columns" in sentence for sentence in sentences)
    assert any(sentence.startswith("column 'x': number") for sentence in sentences)
    assert any(sentence.startswith("target 'Churn'") and "No 45, Yes 15" in sentence for sentence in sentences)


def test_target_is_suggested(table):
    """Without a target one is suggested, with the reason beside it."""
    text, _ = starter_for_table(table(ROWS), None)
    assert yaml.safe_load(text)["dataset"]["target"] == "Churn"
    assert "target: Churn   # " in text


def test_unknown_target_and_missing_file_are_refused(table, tmp_path):
    """A target that is no column, and a file that is no table, are refused."""
    with pytest.raises(DataError, match="Churn"):
        starter_for_table(table(ROWS), "Chrun")
    with pytest.raises(DataError):
        starter_for_table(tmp_path / "absent.csv", None)


def test_links_that_lead_nowhere_are_told_as_that(tmp_path):
    """A link to itself is there, and one to something that is gone too: their own names are no remedy."""
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "broken.csv").symlink_to("gone.csv")
    for name, told in (("loop", "links lead in a circle"), ("broken", "a link to something that is not there")):
        with pytest.raises(DataError, match=told) as refused:
            starter_for_table(tmp_path / f"{name}.csv", None)
        assert "Did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("007.csv", "007"),
        ("ü é.csv", "my-table"),
        ("-a b-.csv", "a-b"),
        ("true.csv", "true"),
        (f"{'x' * 120}.csv", "x" * 80),
    ],
)
def test_names_from_file_names(table, tmp_path, name, expected):
    """The experiment's name is what of the file's name a folder's name can hold."""
    text, _ = starter_for_table(table(ROWS, name), "Churn")
    assert write(tmp_path, text).name == expected


COLUMN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda word: word.strip() == word
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    columns=st.lists(COLUMN, min_size=2, max_size=3, unique=True),
    labels=st.lists(COLUMN, min_size=2, max_size=2, unique=True),
)
def test_any_column_name_gives_a_file_that_loads(table, tmp_path, columns, labels):
    """Whatever characters columns and labels hold, the file is one that loads, with the target as it is named."""
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[*(f"{i * k % 7}.5" for k in range(1, len(columns))), labels[i % 2]] for i in range(20)])
    try:
        text, _ = starter_for_table(table(buffer.getvalue(), "any.csv"), columns[-1])
    except DataError:
        return
    assert write(tmp_path, text).dataset.target == columns[-1]


def test_sentences_that_hardly_repeat_are_texts(table, tmp_path):
    """Beside other columns, said in a note; what is written is a valid experiment, whose model gets words."""
    rows = "".join(
        f"film number {i} was not as bad as they said,{i % 3},{'no' if i % 2 else 'yes'}\n" for i in range(60)
    )
    text, sentences = starter_for_table(table("review,stars,label\n" + rows, "reviews.csv"), "label")
    assert any(sentence.startswith("column 'review' holds running text") for sentence in sentences)
    dataset = write(tmp_path, text).dataset
    assert (dataset.features, dataset.drop) == ({"review": "text"}, [])


def test_sentences_that_repeat_may_be_running_text(table, tmp_path):
    """A few answers of a form are a category, and a comment says how they would be read as text."""
    answers = "".join(f"answer {i % 12} of those that were offered,{i % 7},{'ab'[i % 2]}\n" for i in range(90))
    text, _ = starter_for_table(table("answer,stars,label\n" + answers, "answers.csv"), "label")
    assert write(tmp_path, text).dataset.features == {}
    given = text.replace("  #   features:", "  features:")
    assert write(tmp_path, given).dataset.features == {"answer": "text"}


def test_a_column_that_names_customers_leads_to_a_split_by_group(table, tmp_path):
    """As a comment, since only the user knows; not for one that names each row, or a few kinds of rows."""
    rows = "".join(f"c{i % 30},{i % 3},k{i},{i * 7 % 31},{'ab'[i % 2]}\n" for i in range(120))
    text, _ = starter_for_table(table("customer id,user,orderID,x,y\n" + rows), "y")
    (hint,) = [line for line in text.splitlines() if "group:" in line]
    assert hint == "  # if rows of one customer id are alike, they belong on one side: split: {group: customer id}"
    assert write(tmp_path, text).dataset.split.group is None
