"""A name is found however its letters are composed, and data keeps the name that its file has."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from optbench.datasets import inspect_table

NAMES = ("größe", "b", "é", "klaße ü")
TEXT = "{}\n" + "".join(f"{row * 7 % 11},{row % 5},{row % 3},{'xy'[row % 2]}\n" for row in range(60))


def table(form):
    return TEXT.format(",".join(normalize(form, name) for name in NAMES))


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_names_are_compared_in_one_composition(load_csv, stored, typed):
    """Target, dropped columns and kinds are found, and the digest is that of the file's own names."""

    def named(name):
        return normalize(typed, name)

    found = load_csv(table(stored), target=named("klaße ü"), drop=[named("é")], features={named("größe"): "category"})
    same = load_csv(
        table(stored),
        target=normalize(stored, "klaße ü"),
        drop=[normalize(stored, "é")],
        features={normalize(stored, "größe"): "category"},
    )
    assert (found.data_digest, found.split_digest, found.facts) == (same.data_digest, same.split_digest, same.facts)


def test_two_files_may_compose_their_names_differently(load_csv, tmp_path):
    """The rows of the second are those of the columns that read alike."""
    (tmp_path / "test.csv").write_text(table("NFD"))
    found = load_csv(table("NFC"), target="klaße ü", split={"test_path": "test.csv"})
    assert len(found.test.y) == 60


def test_a_column_that_names_splits_is_found_too(load_csv):
    """Wherever a column is named."""
    words = [normalize("NFD", "Prüfung"), *(("test", "train", "val")[row % 3] for row in range(60))]
    text = "".join(f"{line},{word}\n" for line, word in zip(table("NFC").splitlines(), words, strict=True))
    assert load_csv(text, target="klaße ü", split={"column": normalize("NFC", "Prüfung")}).facts["split"]["rows"][
        "test"
    ]


def test_init_finds_a_target_in_either_composition(tmp_path):
    """What it writes down is what the file has."""
    path = tmp_path / "t.csv"
    path.write_text(table("NFD"))
    assert inspect_table(path, normalize("NFC", "klaße ü")).target == normalize("NFD", "klaße ü")
