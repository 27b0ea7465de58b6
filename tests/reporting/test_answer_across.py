"""What to take on several problems, in plain words: no surer than tests over data sets and on each problem allow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from every_chart import on_six_problems
from finished_runs import make_run
from read_page import Outline

from optbench.comparison import ProblemCurves, compare
from optbench.reporting.answer_across import answer_across
from optbench.reporting.comparison_page import render_comparison_page

THREE = {"adam": 0.9, "adamw": 0.85, "sgd": 0.8}


def compared(*, problems, seeds, scores=THREE, turned=(), **options):
    """Compare optimizers on data sets; on those of `turned` the order of their scores is the other way round."""
    return compare(
        [
            make_run(
                name,
                seed,
                (1.7 - score if place in turned else score) + seed % 3 / 100 - place / 50 - 0.001 * seed * place,
                dataset={"name": f"d{place}", "split": {"test": 0.2}},
                digests={"data": f"d{place}"},
                timing={"training_seconds": float(len(name))},
            )
            for place in range(problems)
            for name, score in scores.items()
            for seed in range(seeds)
        ],
        **options,
    )


TWO = {"adam": 0.9, "sgd": 0.8}
ANSWERS = {
    "tests over data sets": (
        {"problems": 8, "seeds": 3},
        "Take adam: it has the best mean rank over 8 problems, 1.00, and ranks ahead of adamw and sgd.",
        "Shown by tests over 8 data sets. Problem by problem: too few seeds on 8 of 8.",
    ),
    "too few data sets to tell all apart": (
        {"problems": 6, "seeds": 3},
        "Take adam, but it is not settled",
        "Tests over 6 data sets show that it ranks ahead of sgd. They do not tell it from adamw.",
    ),
    "the best on each of them": (
        {"problems": 6, "seeds": 8},
        "1.00, and is shown to be the best on each.",
        "They do not tell it from adamw. Problem by problem: shown to be the best on 6 of 6.",
    ),
    "the best on each of two": (
        {"problems": 2, "seeds": 8},
        "and is shown to be the best on each.",
        "Nothing is tested across 2 data sets",
    ),
    "too early": (
        {"problems": 2, "seeds": 2},
        "Too early to say: adam has the best mean rank over 2 problems, 1.00",
        "Run at least 7 seeds.",
    ),
    "another is better somewhere": (
        {"problems": 3, "seeds": 8, "turned": (2,)},
        "Take adam, but it is not settled",
        "shown to be the best on 2 of 3; shown to be worse than another on 1 of 3.",
    ),
    "nobody is first": (
        {"problems": 2, "seeds": 8, "turned": (1,), "scores": TWO},
        "Take whichever of adam and sgd costs less: they share the best mean rank over 2 problems, 1.50.",
        "Nothing is tested across 2",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_as_sure_as_its_tests(name):
    """Over data sets, and on each problem: shown, not shown, too few seeds."""
    what, told, sure = ANSWERS[name]
    answer, more = answer_across(compared(**what), "en")
    assert told in answer
    assert sure in more


def test_what_it_costs_is_the_time_on_all_problems():
    """A run on each, beside the fastest; nothing of an optimizer whose time is not known everywhere."""
    comparison = compared(problems=2, seeds=2)
    assert (
        "A run of adam on every problem trained 8.00 s in all, one of sgd, the fastest, 6.00 s."
        in answer_across(comparison, "en")[1]
    )
    first, second = comparison.problems
    unknown = replace(second, optimizers=tuple(replace(one, training_seconds=None) for one in second.optimizers))
    assert "trained" not in answer_across(replace(comparison, problems=(first, unknown)), "en")[1]


def test_with_a_baseline_nothing_is_called_the_best_of_a_problem():
    """Only pairs with the baseline are tested there."""
    _, more = answer_across(compared(problems=2, seeds=8, baseline="sgd"), "en")
    assert "undecided on 2 of 2" in more


def test_problems_in_different_units_have_answers_of_their_own():
    """No title stands in for an answer."""
    answer, more = answer_across(replace(on_six_problems(), across=None), "en")
    assert answer.startswith("Each of the 6 problems has an answer of its own")
    assert more == ""


@pytest.mark.parametrize("rates", [(0.01, 0.01), (0.01, 0.02)])
def test_a_setting_that_is_the_same_everywhere_stands_on_the_first_screen(rates):
    """One that is not stands with each problem, and is said to."""
    comparison = compared(problems=2, seeds=2)
    curves = {
        one.problem: ProblemCurves({}, {}, settings={"adam": {"name": "adam", "learning_rate": rate}})
        for one, rate in zip(comparison.problems, rates, strict=True)
    }
    text = Outline(render_comparison_page(comparison, curves, language="en")).text
    front = text[: text.index("All problems together")]
    is_same = len(set(rates)) == 1
    assert ("learning_rate: 0.01" in front) == is_same
    assert ("it stands with each of them, below" in front) != is_same
    assert text.count("name: adam") == 2 + is_same


def test_each_row_has_its_mean_rank_and_a_dot_for_each_problem():
    """The ranking of the first screen is that of the document."""
    comparison = on_six_problems()
    page = render_comparison_page(comparison, {}, language="en")
    front = page[page.index('class="ranking"') : page.index('class="answers"')]
    assert front.count('class="dot"') == 6 * len(comparison.across.rows)
    rows = Outline(f"<p>{front[front.index('<tbody>') : front.index('</tbody>')]}</tbody></p>", "en").text
    for row in comparison.across.rows:
        assert f"{row.label} {row.mean_rank:.2f} {100 * row.mean_regret:.2f} {row.within} of 6" in rows
