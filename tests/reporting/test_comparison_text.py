"""A comparison as text fits the terminal, keeps its numbers, and lets no name steer the reader's programs."""

from __future__ import annotations

import csv
import io

import pytest
from finished_runs import make_run

from optbench.comparison import compare
from optbench.reporting.comparison_text import (
    render_comparison_csv,
    render_comparison_markdown,
    render_comparison_table,
)
from optbench.words.comparisons import verdict_text

HIGH = [0.9, 0.91, 0.92, 0.9, 0.93, 0.9, 0.92]
LOW = [0.8, 0.83, 0.82, 0.8, 0.81, 0.8, 0.84]


def runs(optimizer, scores, **options):
    return [make_run(optimizer, seed, score, **options) for seed, score in enumerate(scores)]


@pytest.fixture
def comparison():
    sgd = [make_run("sgd", seed, score, diverged=seed == 2) for seed, score in enumerate(LOW)]
    return compare(runs("adam", HIGH) + sgd + runs("rmsprop", HIGH[::-1], training={"batch_size": 64}))


def cells(text, label):
    (line,) = [line for line in text.splitlines() if line.startswith(f"{label} ") and "0.0" in line.split()[1]]
    return line.split()


def test_table_shows_every_number_of_an_optimizer(comparison):
    """n, diverged, mean, sd, interval, best epoch, training time, peak memory: one row, in percent."""
    text = render_comparison_table(comparison)
    adam = comparison.problems[0].optimizer("adam")
    interval = [f"{100 * adam.ci_low:.2f}", "to", f"{100 * adam.ci_high:.2f}"]
    expected = [
        "adam",
        "0.001",
        "7",
        "0",
        f"{100 * adam.mean:.2f}",
        f"{100 * adam.sd:.2f}",
        *interval,
        "8",
        "2.00",
        "600",
    ]
    assert cells(text, "adam") == expected
    assert cells(text, "sgd")[:4] == ["sgd", "0.01", "7", "1"]


def test_warnings_stand_above_the_table_and_the_verdict_below(comparison):
    """Who reads from the top reads the doubts before the numbers."""
    text = render_comparison_table(comparison)
    assert (
        text.index("warning: Batch size differs") < text.index("note: sgd diverged in 1 of 7") < text.index("95 % CI")
    )
    assert text.rstrip().endswith(verdict_text(comparison))
    assert text.index("95 % CI") < text.index(verdict_text(comparison))


@pytest.mark.parametrize("colour", [False, True])
def test_fits_eighty_columns(comparison, colour):
    """On a terminal of 80 columns no line is wider, and no word of the verdict is lost."""
    import re

    text = re.sub(r"\x1b\[[0-9;]*m", "", render_comparison_table(comparison, width=80, colour=colour))
    assert max(map(len, text.splitlines())) <= 80
    assert " ".join(verdict_text(comparison).split()) in " ".join(text.split())


def test_without_colour_there_is_no_escape_sequence(comparison):
    """A pipe gets text alone; a terminal gets colours."""
    assert "\x1b" not in render_comparison_table(comparison, width=80)
    assert "\x1b[1m" in render_comparison_table(comparison, width=80, colour=True)


def test_a_pipe_wraps_nothing(comparison):
    """Without a terminal every sentence is one line, so that it can be searched for."""
    lines = render_comparison_table(comparison).splitlines()
    assert verdict_text(comparison) in lines
    assert all(line == line.rstrip() for line in lines)


def test_one_seed_has_dashes_instead_of_intervals():
    """What is unknown is a dash, never 0 or nan."""
    text = render_comparison_table(compare(runs("adam", HIGH[:1]) + runs("sgd", LOW[:1])))
    assert cells(text, "adam") == ["adam", "0.001", "1", "90.00", "-", "-", "8", "2.00", "600"]
    assert "not tested: one seed" in text
    assert "nan" not in text


def test_csv_holds_full_precision(comparison):
    """Reading the CSV back gives the very floats; what is unknown is empty."""
    rows = list(csv.DictReader(io.StringIO(render_comparison_csv(comparison))))
    summaries = comparison.problems[0].optimizers
    assert [(row["optimizer"], float(row["mean"]), float(row["sd"]), int(row["n"])) for row in rows] == [
        (summary.label, summary.mean, summary.sd, summary.n) for summary in summaries
    ]
    (alone,) = csv.DictReader(io.StringIO(render_comparison_csv(compare(runs("adam", HIGH[:1])))))
    assert (alone["sd"], alone["ci_low"], alone["noise_floor"]) == ("", "", "")


def test_csv_of_several_problems_names_them():
    """One row per optimizer and problem."""
    both = compare(runs("adam", HIGH) + runs("adam", LOW, dataset={"name": "iris"}))
    rows = list(csv.DictReader(io.StringIO(render_comparison_csv(both))))
    assert [row["problem"] for row in rows] == ["iris, mlp 64-32", "wine, mlp 64-32"]


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@sum", "\tx"])
def test_csv_cells_are_no_formulas(name):
    """A spreadsheet shows a hostile name instead of computing it."""
    (row,) = csv.DictReader(io.StringIO(render_comparison_csv(compare(runs(name, HIGH)))))
    assert row["optimizer"] == f"'{name}"


def test_names_do_not_steer_the_terminal():
    """Escape sequences and newlines in a name are shown as replacement characters."""
    text = render_comparison_table(compare(runs("adam\x1b[31m\nforged", HIGH)))
    assert "\x1b" not in text
    assert "adam\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}forged" in text


def test_rich_markup_in_a_name_is_text():
    """Square brackets mean themselves."""
    assert "[bold]x[/bold]" in render_comparison_table(compare(runs("[bold]x[/bold]", HIGH)), colour=True, width=200)


def test_markdown_has_tables_and_the_verdict(comparison):
    """Every table line has the columns of its header; warnings come first, the verdict last."""
    text = render_comparison_markdown(comparison)
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) == 2
    for block in blocks:
        assert len({line.count("|") for line in block}) == 1
    assert text.index("- Batch size differs") < text.index("| optimizer |") < text.index("**Verdict.** ")


def test_markdown_escapes_names():
    """A name becomes neither a link, nor HTML, nor another column."""
    text = render_comparison_markdown(compare(runs("a|b<img src=x>[c](d)`", HIGH)))
    assert r"| a\|b&lt;img src=x>[c\](d)\` |" in text
    assert "<img" not in text
