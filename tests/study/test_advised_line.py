"""The line that a verdict or a dry run gives for the study file: the file takes it, and it keeps the file's design."""

from __future__ import annotations

import re

import numpy as np
import pytest
from finished_runs import make_run
from invented_study import invented_study

from optbench.comparison import compare
from optbench.config import load_study
from optbench.study.foreseen_power import untested_questions
from optbench.study.sentences import study_verdict
from optbench.words import sentences
from optbench.words.comparisons import verdict_text

FILE = """\
name: trial
experiment: {{dataset: {{name: wine}}, model: {{name: mlp, hidden_units: [4]}}, training: {{epochs: 3}}}}
optimizers: [{{name: sgd, learning_rate: 0.1}}, {{name: adam, learning_rate: 0.01}}]
confirmation: {line}
margin: 0.02
"""


def advised(said):
    """The line that a sentence gives."""
    (line,) = re.findall(r"confirmation: (\{.*?\})", said)
    return line


def confirmation(folder, line):
    """The section of a study file that has the line, which is loaded."""
    path = folder / "advised.yaml"
    path.write_text(FILE.format(line=line))
    return load_study(path).config.confirmation


def undecided(label, seed):
    """Two that differ by less than their noise."""
    return 0.8 + 0.01 * ((seed * (2 * len(label) + 1)) % 8 - 3.5)


@pytest.mark.parametrize(
    ("given", "design"),
    [
        ("seeds: 8", (None, 0)),
        ("seeds: 8, resplit: false", (False, 0)),
        ("seeds: 8, resplit: true", (True, 0)),
        ("seeds: 8, resplit: true, on_one_split: 5", (True, 5)),
        ("seeds: 6, at_most: 9, resplit: false", (False, 0)),
    ],
)
def test_the_line_of_a_verdict_keeps_the_design(tmp_path, given, design):
    """Whoever runs the larger plan asks the same question: about one split, or about random ones."""
    found = invented_study(tmp_path, FILE.format(line=f"{{{given}}}"), undecided)
    said = confirmation(tmp_path, advised(study_verdict(found, "en")))
    assert (said.resplit, said.on_one_split) == design
    assert said.at_most > said.seeds


@pytest.mark.parametrize(("given", "design"), [("seeds: 3", None), ("seeds: 3, resplit: false", False)])
def test_the_line_of_a_dry_run_keeps_the_design(tmp_path, given, design):
    """Three seeds decide nothing: the fewest that do, with what a seed varies."""
    path = tmp_path / "study.yaml"
    path.write_text(FILE.format(line=f"{{{given}}}"))
    for said in sentences(untested_questions(load_study(path).config), "en"):
        assert confirmation(tmp_path, advised(said)).resplit is design


def test_the_line_of_a_dry_run_still_looks_early(tmp_path):
    """A plan that may end early is one that may with more seeds, and these decide its pair."""
    path = tmp_path / "study.yaml"
    path.write_text(FILE.format(line="{seeds: 2, at_most: 4}"))
    (said,) = sentences(untested_questions(load_study(path).config), "en")
    path.write_text(FILE.format(line=advised(said)))
    config = load_study(path).config
    assert len(config.looks) == 2
    assert untested_questions(config) == ()


def test_no_last_look_is_advised_that_a_file_refuses(tmp_path):
    """However many seeds are missing; the most that a file takes comes up among these spreads."""
    noise = np.array([0.04, -0.02, 0.03, -0.03, 0.02, 0.03, -0.01, -0.05])
    last = []
    for spread in np.linspace(0.3, 3.0, 60):
        runs = [make_run("sgd", seed, 0.8) for seed in range(8)]
        runs += [make_run("adam", seed, 0.8 + spread * value) for seed, value in enumerate(noise)]
        said = verdict_text(compare(runs, margin=0.01, file_design=""))
        if "confirmation:" in said:
            last.append(confirmation(tmp_path, advised(said)).at_most)
    assert max(last) == 1000
    assert len(set(last)) > 10


def test_a_pair_with_more_seeds_than_any_plan_that_is_named_has_no_line():
    """Equivalence that 1,000 seeds would have shown, and these did not."""
    from optbench.comparison.outlook import outlook

    noise = np.tile([0.01, -0.01], 600)
    assert outlook(noise[:800], 0.0, 0.002, alpha=0.05, comparisons=1).seeds <= 1000
    assert outlook(noise, 0.0, 0.002, alpha=0.05, comparisons=1) is None
