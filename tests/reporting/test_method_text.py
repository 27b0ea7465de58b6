"""What a page says of how it was decided: by what a seed varies, how p was corrected, one look or several."""

from __future__ import annotations

import html

import pytest
from finished_runs import make_run

from optbench.comparison import compare
from optbench.reporting.comparison_latex import render_comparison_latex
from optbench.reporting.comparison_page import render_comparison_page
from optbench.reporting.comparison_text import pair_header
from optbench.reporting.latex_text import latex_text
from optbench.reporting.method_text import method_text
from optbench.words import text

LANGUAGES = ("en", "es")
DESIGNS = ("one_split", "resplit", "data", "mixed")
SEEDS = range(1000, 1009)


def run_of(name, seed, design):
    """A run on the split that its design gives its seed; the better the optimizer, the longer its name."""
    number = 0 if design == "one_split" else seed
    dataset = {"name": "wine", "split": {"test": 0.2, "validation": 0.1, "seed": number}}
    digests = {"split": f"{number:064x}"}
    if design == "data":
        dataset |= {"name": "two_spirals", "rows": 1000, "seed": number}
        digests["data"] = f"{number:063x}d"
    if design == "folds":
        dataset["split"] = {"validation": 0.1, "seed": 0, "folds": len(SEEDS), "fold": seed - SEEDS[0]}
        seed = 0
    return make_run(
        name, seed, 0.7 + 0.03 * len(name) + 0.003 * (seed * len(name) % 7), dataset=dataset, digests=digests
    )


def runs(design, names=("sgd", "adam", "nadam")):
    return [run_of(name, seed, design) for name in names for seed in SEEDS]


def comparison_of(design, **options):
    if design == "mixed":  # two problems, which seeds vary in different ways
        return compare(runs("one_split") + [run_of(n, s, "data") for n in ("sgd", "adam", "nadam") for s in SEEDS])
    return compare(runs(design), **options)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("design", DESIGNS)
def test_the_method_says_what_the_seeds_vary(design, language):
    """Of each design its own sentences, and none of another: one split is named only where there is one."""
    said = method_text(comparison_of(design), language)
    assert text(f"page-method-alike-{design}", language) in said
    told = {other for other in DESIGNS if text(f"page-method-varied-{other}", language) in said}
    assert told == {design}


@pytest.mark.parametrize("language", LANGUAGES)
def test_folds_are_said_not_to_be_tested(language):
    """No sentence on a test stands on their page."""
    comparison = compare(runs("folds"))
    page = render_comparison_page(comparison, {}, language=language)
    assert method_text(comparison, language) == text("page-method-folds", language) in page
    assert text("picture-pairs-folds", language) in page


@pytest.mark.parametrize(
    ("names", "untuned", "over_all", "adjusted", "over"),
    [
        (("sgd", "adam", "nadam"), None, False, "shaffer", "all"),  # every pair of three
        (("sgd", "adam", "nadam"), None, True, "holm", "all"),
        (("sgd", "adam", "nadam", "lion", "lamb"), {"lion", "lamb"}, False, "both", "question"),
        (("sgd", "adam"), None, False, "holm", "all"),  # of a single pair nothing is adjusted
    ],
)
def test_the_method_the_table_and_its_caption_name_the_correction(names, untuned, over_all, adjusted, over):
    """Holm's, Shaffer's step where it was made, and over the pairs of each question where there are several."""
    aside = {"lion": {"sgd"}, "lamb": {"adam"}} if untuned else None
    comparison = compare(runs("resplit", names), untuned=untuned, over_all_pairs=over_all, aside=aside)
    (problem,) = comparison.problems
    assert {pair.comparisons > 1 and pair.adjustment for pair in problem.pairs} - {False} == {
        "holm": set() if len(names) == 2 else {"holm"},
        "shaffer": {"shaffer"},
        "both": {"holm", "shaffer"},
    }[adjusted]
    for language in LANGUAGES:
        said = method_text(comparison, language)
        assert text(f"page-method-step-{adjusted}", language) in said
        assert text(f"page-method-over-{over}", language) in said
        assert ("Shaffer" in said) == (adjusted != "holm")
        title = "table-p-holm" if adjusted == "holm" else "table-p-adjusted"
        assert text(title, language) in pair_header(comparison, problem, language)
        page = html.unescape(render_comparison_page(comparison, {}, language=language))
        assert text(f"table-adjusted-{adjusted}", language) in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("looks", [(), (6, 9)])
def test_a_plan_with_looks_is_not_told_to_look_once(looks, language):
    """Captions say whose intervals they are: of one test, or repeated ones; in the page and in LaTeX."""
    comparison = compare(runs("resplit"), looks=looks)
    values = {"level": 0.95, "margin": 0.005, "metric": "accuracy", "alpha": 0.05}
    values |= {"n_runs": 27, "problem": "wine, mlp 64-32", "design": text("caption-latex-design-resplit", language)}
    page = html.unescape(render_comparison_page(comparison, {}, language=language))
    paper = render_comparison_latex(comparison, language)
    for test in ("once", "looks"):
        is_own = (test == "looks") == bool(looks)
        assert (text(f"page-method-end-{test}", language) in page) == is_own
        assert (text(f"picture-paired-{test}", language, level=0.95) in page) == is_own
        assert (text("caption-differences", language, test=test, **values) in page) == is_own
        assert (latex_text(text("caption-latex-pairs", language, test=test, **values)) in paper) == is_own


def test_each_problem_has_its_own_pairs_and_margin():
    """Several problems are corrected each for itself."""
    said = method_text(comparison_of("mixed"), "en")
    assert "over all pairs of a problem" in said
