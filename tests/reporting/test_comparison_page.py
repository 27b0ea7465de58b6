"""The page of a comparison stands alone, escapes every name, and begins with the verdict."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from finished_runs import make_history, make_roc, make_run

from optbench.comparison import Disagreement, ProblemCurves, RunTrace, compare
from optbench.comparison.disagreement import ClassGap
from optbench.reporting.comparison_page import render_comparison_page
from optbench.words.comparisons import problem_verdict, verdict_text

HOSTILE = '<script>alert("1")</script>'


class Outline(HTMLParser):
    """Collects tags, links and visible text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.words, self.hidden, self.open = [], [], [], False, []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in {"src", "href"}]
        self.hidden = tag == "style"
        if tag not in {"meta", "img", "br", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.hidden = False
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


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
    return render_comparison_page(comparison, curves)


def test_verdict_then_warnings_then_table_then_pictures():
    """The order in which a reader should meet them."""
    comparison = compare(records())
    page = page_of(comparison)
    outline = Outline(page)
    assert outline.open == []
    places = [
        outline.text.index(verdict_text(comparison)),
        outline.text.index("sgd diverged in 1 of 7 runs"),
        outline.text.index("95 % CI", outline.text.index("sgd diverged in 1 of 7 runs")),
        outline.text.index("Each dot is the test accuracy"),
    ]
    assert places == sorted(places)
    assert outline.tags.count("img") == 5 == outline.tags.count("figcaption")


def test_nothing_is_loaded_from_elsewhere():
    """One file: pictures are inside, there is no script."""
    outline = Outline(page_of(compare(records())))
    assert all(link.startswith("data:image/png;base64,") for link in outline.links)
    assert not {"script", "link", "iframe", "object"} & set(outline.tags)


def test_names_are_text():
    """An optimizer called like a script is shown, not executed."""
    page = page_of(compare(records(HOSTILE)))
    assert "<script" not in page
    assert HOSTILE in Outline(page).text


def test_every_problem_has_its_section():
    """Verdicts of all problems come first, then a section for each; a problem without curves has fewer pictures."""
    comparison = compare(records() + records(dataset={"name": "iris"}))
    page = render_comparison_page(comparison, {})
    outline = Outline(page)
    assert [heading for heading in re.findall(r"<h2>(.*?)</h2>", page) if "mlp" in heading] == [
        "iris, mlp 64-32",
        "wine, mlp 64-32",
    ]
    assert outline.tags.count("img") == 6 + 1  # and one on all problems together
    for problem in comparison.problems:
        assert f"{problem.problem}. {problem_verdict(problem)}" in outline.text
    assert outline.text.count("Verdict. ") == 2


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
    return render_comparison_page(comparison, {problem.problem: ProblemCurves(histories, {}, traces, [found])})


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
    assert "<script" not in page


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
