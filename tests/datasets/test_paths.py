"""Paths lead where a shell would take them, and are kept as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from optbench.datasets import load_dataset
from optbench.datasets.paths import located
from optbench.errors import DataError
from optbench.words import sentences


def test_home_and_variables_are_expanded(tmp_path):
    """A tilde, a variable with or without braces, and what has neither."""
    known = {"DATA": "/big/data", "NAME": "x"}
    assert located(tmp_path, "$DATA/t.csv", known) == Path("/big/data/t.csv")
    assert located(tmp_path, "${DATA}/${NAME}.csv", known) == Path("/big/data/x.csv")
    assert located(tmp_path, "a/$NAME.csv", known) == tmp_path / "a/x.csv"
    assert located(tmp_path, "~/t.csv") == Path.home() / "t.csv"
    assert located(tmp_path, "a~b.csv") == tmp_path / "a~b.csv"


@pytest.mark.parametrize("written", ["$", "${}", "a$", "$-", "cost in $.csv", "5$/x"])
def test_a_dollar_that_names_nothing_is_a_dollar(tmp_path, written):
    """As in a shell."""
    assert located(tmp_path, written, {}) == tmp_path / written


def test_what_exists_under_its_name_is_taken_as_it_is(tmp_path):
    """Who has a file with a dollar in its name keeps it."""
    (tmp_path / "$5.csv").write_text("x")
    assert located(tmp_path, "$5.csv", {}) == tmp_path / "$5.csv"


def test_what_is_not_set_is_told(tmp_path):
    """An unknown variable or user is no file that is missing."""
    with pytest.raises(DataError, match=r"names the variable DTA, which is not set. Did you mean 'DATA'\?"):
        located(tmp_path, "$DTA/t.csv", {"DATA": "/d"})
    with pytest.raises(DataError, match="begins with ~nobody-of-that-name, and there is no such user"):
        located(tmp_path, "~nobody-of-that-name/t.csv")


def test_the_record_keeps_the_path_as_written(config, table, tmp_path, monkeypatch):
    """Only a note says where it led."""
    (tmp_path / "t.csv").write_text(table())
    monkeypatch.setenv("MY_TABLES", str(tmp_path))
    section = config("csv", path="$MY_TABLES/t.csv")
    found = load_dataset(section, base=Path("/elsewhere"), data_dir=tmp_path)
    assert (section.path, found.facts["files"][0]["name"]) == ("$MY_TABLES/t.csv", "$MY_TABLES/t.csv")
    assert sentences(found.notes)[0] == f"the path '$MY_TABLES/t.csv' leads to {tmp_path}/t.csv"
