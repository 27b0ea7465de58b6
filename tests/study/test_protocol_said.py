"""What the pages of a study say of how it was done: as it was planned, whatever the plan was."""

from __future__ import annotations

import html

import pytest
from invented_study import invented_study

from optbench.study.markdown import verdict_markdown
from optbench.study.page import study_page
from optbench.study.protocol_text import protocol_in_short, protocol_paragraphs
from optbench.words import text

LANGUAGES = ("en", "es")
GIVEN = "[{name: sgd, learning_rate: 0.1}, {name: adam, learning_rate: 0.01}]"
STUDY = """\
name: trial
experiment: {{dataset: {{name: wine}}, model: {{name: mlp, hidden_units: [4]}}, training: {{epochs: 3}}}}
optimizers: {optimizers}
tuning: {{points: 3, seeds: 2}}
confirmation: {{seeds: {seeds}}}
"""
EARLIER = [{"study": "before", "plan": "9" * 64, "metric": "f1_macro", "seeds": 10}]


def score(label, seed):
    return 0.5 + 0.02 * len(label) + 0.004 * ((seed * (2 * len(label) + 1)) % 8 - 3.5)


def concluded(folder, *, optimizers="[sgd, adam, nadam]", seeds="8", openings=()):
    return invented_study(folder, STUDY.format(optimizers=optimizers, seeds=seeds), score, openings=openings)


def said_of(study, language):
    """Every paragraph on how it was done."""
    return " ".join([*protocol_in_short(study, language), *protocol_paragraphs(study, language)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_exploratory_plan_was_not_fixed_before_the_first_run(tmp_path, language):
    """A verdict on its runs was known: neither page says that all was fixed, nor that a level is kept."""
    claims = {
        "en": ("fixed before the first run (plan", "keeps the level"),
        "es": ("se fijó antes", "mantiene el nivel"),
    }
    fresh = concluded(tmp_path)
    known = concluded(tmp_path, openings=EARLIER)
    for claim in claims[language]:
        assert claim in said_of(fresh, language)
        assert claim not in said_of(known, language)
        assert claim not in verdict_markdown(known, language)
    assert known.plan[:12] in protocol_in_short(known, language)[0]
    assert known.plan[:12] in protocol_paragraphs(known, language)[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seeds", ["8", "8, resplit: false"])
@pytest.mark.parametrize(("optimizers", "is_tuned"), [("[sgd, adam]", True), (GIVEN, False)])
def test_rows_were_opened_after_tuning_where_there_was_any(tmp_path, optimizers, is_tuned, seeds, language):
    """A study that tunes nothing has nothing to be after."""
    study = concluded(tmp_path, optimizers=optimizers, seeds=seeds)
    assert (text("study-after-tuning", language) in said_of(study, language)) == is_tuned


@pytest.mark.parametrize("seeds", ["8", "8, at_most: 12"])
def test_the_interval_in_the_table_of_pairs_is_that_of_the_plan(tmp_path, seeds):
    """Repeated where the plan looks several times: the sentence of its design, and not the other's."""
    study = concluded(tmp_path, seeds=seeds)
    has_looks = "at_most" in seeds
    for language in LANGUAGES:
        page = verdict_markdown(study, language)
        assert (text("study-pairs-looks", language) in page) == has_looks
        assert (text("take-pairs", language) in page) != has_looks


@pytest.mark.parametrize(
    ("seeds", "design", "end"),
    [
        ("8", "resplit", "once"),
        ("8, resplit: false", "one_split", "once"),
        ("8, at_most: 12", "resplit", "looks"),
    ],
)
def test_the_method_of_a_study_is_that_of_its_plan(tmp_path, seeds, design, end):
    """What a seed varied, one look or several; three questions with a correction each, one with Shaffer's step."""
    page = html.unescape(study_page(concluded(tmp_path, seeds=seeds)))  # it holds all languages
    how = "holm" if end == "looks" else "both"
    for language in LANGUAGES:
        for other in ("resplit", "one_split"):
            assert (text(f"page-method-varied-{other}", language) in page) == (other == design)
        for other in ("once", "looks"):
            assert (text(f"page-method-end-{other}", language) in page) == (other == end)
        assert text("page-method-over-question", language) in page
        assert text(f"page-method-step-{how}", language) in page
        assert ("Shaffer" in page) == (how == "both")
