"""verdict.md of one problem is read to its end, and its first words suffice, whatever a study came to."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from invented_study import invented_study

from optbench.study.markdown import verdict_markdown
from optbench.study.statements import turned_statements
from optbench.study.unseen_rows import UnseenPair, UnseenRows

NAMES = ("sgd", "rmsprop", "adam", "adamw", "nadam", "adagrad", "lion", "adamax")
LEVELS = dict(zip(NAMES, (0.70, 0.86, 0.90, 0.89, 0.88, 0.60, 0.87, 0.85), strict=True))
COLLAPSES = ("lion", "nadam")
EARLIER = [{"study": "before", "plan": "9" * 64, "metric": "f1_macro", "seeds": 10}] * 2
STUDY = """\
name: trial
experiment: {{dataset: {{name: wine}}, model: {{name: mlp, hidden_units: [4]}}, training: {{epochs: 3}}}}
optimizers: [{optimizers}]
tuning: {{points: 2, seeds: 2}}
confirmation: {{seeds: {seeds}}}
margin: {margin}
baseline: {baseline}
"""


def score(label, seed):
    """Levels far apart and close together; some optimizers diverge or end at a constant answer now and then."""
    name = label.removesuffix("-default")
    rng = np.random.default_rng([seed, NAMES.index(name), len(label)])
    if name in COLLAPSES and rng.random() < 0.2:
        return None if rng.random() < 0.5 else 0.4
    return float(LEVELS[name] + 0.02 * rng.normal() + (0.015 if label == name else 0.0))


def disagreeing(label, seed):
    """By validation loss the defaults are better, by accuracy they are not."""
    return 0.4 if label.endswith("-default") else 0.5


def words_of(text):
    """What is read: neither rules nor bars of a table."""
    return [word for word in text.split() if re.search(r"\w", word)]


def with_all_turned(study):
    """The same if every pair were in another order on rows that tuning never saw; invented runs have no rows."""
    (problem,) = study.problems
    pairs = tuple(UnseenPair(one.a, one.b, -one.difference, None, None) for one in problem.compared.pairs)
    turned = turned_statements(problem.comparison, UnseenRows(6.0, 0.8, pairs))
    assert turned
    return replace(study, problems=(replace(problem, turned=turned),))


@pytest.mark.parametrize(
    ("optimizers", "seeds", "margin", "baseline"),
    [
        (NAMES, "14", 0.02, "null"),
        (NAMES, "14", 0.02, "adam"),
        (NAMES[:4], "10", 0.005, "null"),
        (("adam", "adamw", "lion"), "8, at_most: 12", 0.001, "null"),
    ],
    ids=["eight", "eight against one", "four", "looks"],
)
def test_a_verdict_is_short_and_its_first_words_suffice(tmp_path, optimizers, seeds, margin, baseline):
    """Collapses, two metrics that disagree, two earlier verdicts; the promise is 900 words, of which 120 suffice."""
    text = STUDY.format(optimizers=", ".join(optimizers), seeds=seeds, margin=margin, baseline=baseline)
    study = invented_study(tmp_path, text, score, tuning_score=disagreeing, openings=EARLIER)
    page = verdict_markdown(with_all_turned(study), "en")
    words = words_of(page)
    assert len(words) < 900
    taken = study.problems[0].recommended
    first = " ".join(words[:120])
    for told in (
        "Exploratory:",
        "about ",
        f"Take {taken.label}",
        "What that risks:",
        f"by up to {100 * taken.risk:.2f}",
    ):
        assert told in first


def test_a_usual_verdict_has_fewer_than_800_words(tmp_path):
    """Four tuned optimizers, their defaults, and no earlier verdict."""
    text = STUDY.format(optimizers=", ".join(NAMES[:4]), seeds="10", margin=0.005, baseline="null")
    assert len(words_of(verdict_markdown(invented_study(tmp_path, text, score), "en"))) < 800
