"""Words in a target: a few that read like no value are proposed as missing, those of a class's size are asked about."""

from __future__ import annotations

import pytest

from optbench.config import load_experiment
from optbench.datasets import inspect_table, load_dataset
from optbench.errors import DataError
from optbench.runner.init import starter_for_table
from optbench.words import sentences

N = 60


@pytest.fixture
def table(tmp_path):
    """Write a table of a number and a target; return its path."""

    def write(targets, x=None):
        rows = [f"{n * 7 % 31 if x is None else x[n]},{targets[n]}\n" for n in range(N)]
        (tmp_path / "my.csv").write_text("x,target\n" + "".join(rows))
        return tmp_path / "my.csv"

    return write


def loads(path, written, *more):
    """Load what `init` wrote, with lines added to its `dataset:` section; the last line of a key counts."""
    keys = [line.split(":")[0] for line in more]
    kept = [line for line in written.splitlines() if line.strip().split(":")[0] not in keys]
    at = next(i for i, line in enumerate(kept) if line.startswith("  target:"))
    (path.parent / "my.yaml").write_text("\n".join([*kept[:at], *(f"  {line}" for line in more), *kept[at:]]))
    config = load_experiment(path.parent / "my.yaml").config
    return load_dataset(config.dataset, base=path.parent, data_dir=path.parent, task=config.task)


@pytest.mark.parametrize("word", ["..", "-", "unknown", "None", "N/A", "NaN"])
def test_a_word_of_a_class_s_size_is_asked_about(word, table):
    """Neither reading is written down; each line that is named gives its own classes."""
    for labels in (("ok", word), ("a", "b", word), ("a",) * 26 + ("b",) * 2 + (word,) * 2):
        path = table([labels[n % len(labels)] for n in range(N)])
        written, said = starter_for_table(path, None)
        assert any(f"{word!r} stands in" in one and "as many as a class has" in one for one in said)
        assert any("refuses this file" in one for one in said)
        assert f"# {word!r} stands in" in written
        with pytest.raises(DataError, match="reads like 'no value'"):
            loads(path, written)
        whole = loads(path, written, "target_missing: class")
        assert sorted(whole.class_names) == sorted(set(labels))
        if len(set(labels)) > 2:
            rest = loads(path, written, f"missing: ['{word}']")
            assert list(rest.class_names) == ["a", "b"]


def test_a_few_words_are_proposed_as_missing(table):
    """Then the file loads as it is, and the note says what happens to their rows."""
    path = table(["-" if n % 20 == 0 else "ab"[n % 2] for n in range(N)])
    written, said = starter_for_table(path, None)
    assert any("'-' in the target reads like 'no value' and is taken for a missing one" in one for one in said)
    assert loads(path, written).class_names == ("a", "b")


def test_a_default_that_is_half_of_the_target_is_asked_about(table):
    """NA is missing by default: that half of the rows goes is a question, and its other answer works."""
    path = table(["EU" if n % 2 else "NA" for n in range(N // 2)] + ["ASIA"] * (N // 2))
    written, said = starter_for_table(path, None)
    assert any("'NA' is a missing value and stands in 15 of 60 rows" in one for one in said)
    assert "# 'NA' is a missing value and stands in 15 of 60 rows" in written
    assert loads(path, written).class_names == ("ASIA", "EU")
    assert loads(path, written, "target_missing: class").class_names == ("ASIA", "EU", "NA")


def test_a_missing_value_of_another_column_takes_no_class_in_silence(table):
    """A dash among numbers is no value, and the same dash may be a class of the target."""
    path = table(["ab-"[n % 3] for n in range(N)], x=["-" if n % 9 == 0 else n * 0.5 for n in range(N)])
    found = inspect_table(path)
    assert "-" in found.missing
    assert any(
        "'-' is a missing value and stands in 20 of 60 rows of the target" in one for one in sentences(found.notes)
    )


@pytest.mark.parametrize("word", ["n/a", "sold", "on request"])
def test_words_among_numbers_to_predict(word, table):
    """A few are gaps; of more the user is asked, and nothing is said of classes."""
    few = table([word if n % 30 == 0 else n * 1.5 for n in range(N)])
    written, said = starter_for_table(few, "target")
    assert "task: regression" in written
    assert any("2 rows" in one and repr(word) in one and "taken for missing values" in one for one in said)
    assert not any("class" in one for one in said)
    assert len(loads(few, written).train.y) == 40
    many = table([word if n % 6 == 0 else n * 1.5 for n in range(N)])
    written, said = starter_for_table(many, "target")
    assert any(f"10 rows of the target hold no number but {word!r}" in one and "refuses" not in one for one in said)
    with pytest.raises(DataError, match="must hold finite numbers"):
        loads(many, written)
    assert len(loads(many, written, f"missing: ['{word}']").train.y) == 35


def test_gaps_in_a_third_of_a_target_leave_it_numbers(table):
    """What reads like no value says nothing of what the others are, so `init` has an answer."""
    path = table(["sin dato" if n % 3 == 0 else n * 1.5 for n in range(N)])
    written, said = starter_for_table(path, "target")
    assert "task: regression" in written
    assert any("20 rows of the target hold no number but 'sin dato'" in one for one in said)
    assert len(loads(path, written, "missing: ['sin dato']").train.y) == 28
