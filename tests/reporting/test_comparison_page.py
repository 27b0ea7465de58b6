"""The page of a comparison stands alone, escapes every name, and begins with the verdict."""

from __future__ import annotations

import re
from dataclasses import replace

from finished_runs import make_history, make_roc, make_run
from read_page import Outline, data_of

from optbench.comparison import Disagreement, ProblemCurves, RunTrace, compare
from optbench.comparison.disagreement import ClassGap
from optbench.reporting.comparison_document import comparison_document
from optbench.reporting.comparison_page import render_comparison_page
from optbench.reporting.languages import Speech
from optbench.words.comparisons import problem_verdict, verdict_text

HOSTILE = '<script>alert("1")</script>'


def records(optimizer="sgd", n=7, **options):
    adam = [make_run("adam", seed, 0.9 + 0.001 * seed, **options) for seed in range(n)]
    other = [make_run(optimizer, seed, 0.8 + 0.001 * seed**1.5, diverged=seed == 3, **options) for seed in range(n)]
    return adam + other


def page_of(comparison):
    curves = {
        problem.problem: ProblemCurves(
            {summary.label: [make_history(seed) for seed in summary.seeds] for summary in problem.optimizers},
            {summary.label: [make_roc()] for summary in problem.optimizers},
        )
        for problem in comparison.problems
    }
    return render_comparison_page(comparison, curves, language="en")


def test_answer_then_doubts_then_verdict_then_tables_then_figures():
    """The order in which a reader should meet them; every figure has its title, drawing, caption and record."""
    comparison = compare(records())
    page = page_of(comparison)
    outline = Outline(page)
    assert outline.open == []
    places = [
        outline.text.index("Take adam"),
        outline.text.index("sgd diverged in 1 of 7 runs"),
        outline.text.index(verdict_text(comparison)),
        outline.text.index("95 % CI", outline.text.index(verdict_text(comparison)) + len(verdict_text(comparison))),
        outline.text.index("Each dot is the test accuracy"),
    ]
    assert places == sorted(places)
    figures = [named["id"] for tag, named in outline.attributes if tag == "figure"]
    assert figures == ["scores-0", "differences-0", "curves-0", "seconds-0", "roc-0"]
    assert set(figures) == data_of(page)["figures"].keys()
    assert outline.tags.count("figcaption") == len(figures)


def test_nothing_is_loaded_from_elsewhere():
    """One file: the only script is ours, the only links are to parts of the page."""
    outline = Outline(page_of(compare(records())))
    ids = {named.get("id") for _, named in outline.attributes}
    assert outline.links
    assert all(link.startswith("#") and link[1:] in ids for link in outline.links)
    assert [named for tag, named in outline.attributes if tag == "script"] == [
        {"type": "application/json", "id": "data"},
        {},
    ]
    assert not {"link", "iframe", "object", "img"} & set(outline.tags)


def test_names_are_text():
    """An optimizer called like a script is shown, not executed: in HTML, in drawings, in the block of data."""
    page = page_of(compare(records(HOSTILE)))
    assert page.count("<script") == 2
    assert HOSTILE in Outline(page).text
    assert HOSTILE in data_of(page)["looks"]


def test_every_problem_has_its_section():
    """Answers to all problems come first, then a part for each; a problem without curves has fewer figures."""
    comparison = compare(records() + records(dataset={"name": "iris"}))
    page = render_comparison_page(comparison, {}, language="en")
    outline = Outline(page)
    figures = [named["id"] for tag, named in outline.attributes if tag == "figure"]
    assert figures == ["regret", *(f"{name}-{place}" for place in (0, 1) for name in ("scores", "differences")),
                       "seconds-0", "seconds-1"]  # fmt: skip
    for problem in comparison.problems:
        assert f"{problem.problem} : Take adam" in outline.text
        assert outline.text.count(f"Verdict. {problem_verdict(problem)}") == 2  # both say the same
    assert outline.text.count("Verdict. ") == 2


def test_what_casts_doubt_on_several_problems_is_said_once():
    """Equal findings of problems are one sentence that names both; in front they are one doubt, with one optimizer."""
    comparison = compare(records() + records(dataset={"name": "iris"}))
    text = Outline(render_comparison_page(comparison, {}, language="en")).text
    first, second = (one.problem for one in comparison.problems)
    assert text.count(f"[{first}; {second}] sgd diverged in 1 of 7 runs") == 1
    assert text.count("sgd diverged in 1 of 7 runs; that counts like a constant answer.") == 3  # of both, and of each
    assert "Some runs of sgd" not in text


def test_what_is_drawn_is_what_the_document_says():
    """Means, intervals, seeds, differences behind the figures are those of `compare --format json`, every digit."""
    comparison = compare(records())
    document, figures = comparison_document(comparison), data_of(page_of(comparison))["figures"]
    for one, mark in zip(document["optimizers"], figures["scores-0"]["marks"], strict=True):
        assert [mark["row"], mark["mean"], mark["low"], mark["high"]] == [
            one["optimizer"], one["mean"], one["ci_low"], one["ci_high"]]  # fmt: skip
        assert mark["dots"] == [[str(seed), score] for seed, score in zip(one["seeds"], one["scores"], strict=True)]
    for one, mark in zip(document["pairs"], figures["differences-0"]["marks"], strict=True):
        assert mark["rows"] == [one["a"], one["b"]]
        assert [mark["mean"], mark["low"], mark["high"]] == [one["difference"], one["ci_low"], one["ci_high"]]
        assert [value for _, value in mark["dots"]] == one["differences"]
    (view,) = figures["seconds-0"]["views"]
    by_label = {one["optimizer"]: one for one in document["optimizers"]}
    for line in view["lines"]:
        assert (line.get("x", view["across"]), line["y"]) == (
            [by_label[line["row"]]["training_seconds"]],
            [by_label[line["row"]]["mean"]],
        )


def test_both_languages_are_on_one_page():
    """Each reads the whole in its own, and what is equal stands once: no number behind a figure is there twice."""
    comparison = compare(records())
    pages = [render_comparison_page(comparison, {}, language=language) for language in ("en", "es")]
    for language, first in (("en", "Answer"), ("es", "Respuesta")):
        one, other = (text[text.index(first) :] for page in pages for text in [Outline(page, language).text])
        assert one == other
    assert "Take adam" in Outline(pages[0]).text
    assert "Usa adam" in Outline(pages[1]).text
    assert "93,00 %" not in Outline(pages[0]).text
    assert len(pages[0]) < 1.5 * len(render_comparison_page(comparison, {}, language=Speech(("en",))))


def test_the_same_comparison_gives_the_same_page():
    """No date, no random name: equal records, equal bytes."""
    comparison = compare(records())
    assert page_of(comparison) == page_of(compare(records()[::-1]))


def test_one_seed_has_a_page():
    """Too few seeds are said under the picture as well."""
    text = Outline(page_of(compare(records(n=1)))).text
    assert "One seed can't decide" in text
    assert "Grey pairs were not tested and have no bar. Pairs with too few seeds are grey" in text


def detailed_page(comparison):
    """A page of runs with traces and predictions: adam is fast, one run of sgd diverged."""
    (problem,) = comparison.problems
    traces = {
        summary.label: [
            RunTrace(make_history(seed), 10, summary.label == "sgd" and seed == 3, 0.5, 100) for seed in summary.seeds
        ]
        for summary in problem.optimizers
    }
    histories = {label: [trace.history for trace in found] for label, found in traces.items()}
    found = Disagreement("adam", "sgd", 6, 0.05, 0.2, 0.1, None, 0.031, 0.042, (ClassGap(HOSTILE, 0.9, 0.7),))
    return render_comparison_page(
        comparison, {problem.problem: ProblemCurves(histories, {}, traces, [found])}, language="en"
    )


def test_time_to_target_noise_disagreement_and_rules_have_their_tables():
    """What is beyond the final score: with the misses, the noise floor beside the gap, and every rule."""
    page = detailed_page(compare(records()))
    text = Outline(page).text
    assert "Time to validation accuracy at least" in text
    assert "adam 7 of 7" in text
    assert "sgd 6 of 7 ≥" in text
    assert "A/A floor [points]" in text
    assert "adam \N{MINUS SIGN} sgd 5.00 20.0 % 10.0 % –" in text  # noqa: RUF001 - the dash of a missing number
    assert f"{HOSTILE}: +20.0" in text
    assert "w ← w - lr g" in text
    assert page.count("<script") == 2


def test_without_traces_there_is_no_target_table():
    """Nothing is said about times that nobody knows; the rules are still there."""
    text = Outline(page_of(compare(records()))).text
    assert "Time to" not in text
    assert "The update rules, as Keras applies them" in text


def test_a_crossing_is_part_of_the_verdict_on_the_page():
    """The sentence that the terminal shows stands on the page too."""
    runs = records()
    histories = {run.run: make_history(run.seed) for run in runs}
    for run in runs:
        if "sgd" in run.run:
            rows = [
                (r[0], *r[1:4], r[4] + (0.2 - 0.04 * r[0]) + 0.001 * (run.seed % 3), r[5])
                for r in make_history(run.seed).rows
            ]
            histories[run.run] = replace(histories[run.run], rows=tuple(rows))
    comparison = compare(runs, histories=histories)
    assert "flips at epoch 5" in verdict_text(comparison)
    assert verdict_text(comparison) in Outline(page_of(comparison)).text


def test_a_page_of_a_setting_speaks_of_the_setting():
    """Title, tables, captions and verdict of `compare --by` call no value of the setting an optimizer."""
    records = [
        make_run("adam", seed, 0.9 - epochs / 1000 + 0.001 * seed, training={"epochs": epochs})
        for epochs in (10, 20, 40)
        for seed in range(7)
    ]
    outline = Outline(page_of(compare(records, by="training.epochs")))
    assert "Values of training.epochs compared on test accuracy" in outline.text
    assert re.findall("[^.]*optimizer[^.]*", outline.text) == []
