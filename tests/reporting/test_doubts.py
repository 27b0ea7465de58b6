"""Doubts on the first screen: every kind in few words and in each language, three at most, the most important first."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import pytest
from catalogue_texts import texts

import optbench
from optbench.core.findings import Finding, Severity
from optbench.reporting.doubts import MOST, ORDER, front_doubts, short_doubt
from optbench.reporting.languages import Speech
from optbench.words import sentence

SOURCE = Path(optbench.__file__).parent
MOST_WORDS = 15
# Where findings are made that a page shows as doubts, and what their codes begin with.
MADE_IN = ("comparison/*.py", "study/doubts.py", "study/problems.py", "evaluation/*.py")
BEGINNINGS = ("comparison-", "study-", "evaluation-", "exploratory-plan", "splits-repeated")
# Texts within others, or of other places.
NO_DOUBTS = {"comparison-of-problem", "comparison-spreads-more"}
EACH = {
    "n": 2,
    "n_runs": 10,
    "n_rows": 40,
    "n_different": 3,
    "splits": 5,
    "rate": 0.001,
    "gap": 0.123,
    "half_width": 0.0456,
    "share": 0.9,
    "best_epoch": 12,
}
"""Values as findings have them, whatever the kind."""


def doubted():
    """Codes of the findings that are made where doubts are."""
    for pattern in MADE_IN:
        for path in SOURCE.glob(pattern):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in texts():
                    yield node.value


def kind(code, n_found, n=2):
    """Findings of one code about several optimizers, as far as they name any."""
    whole = "".join(texts()[code])
    numbers = EACH | {"n": n, "n_different": n, "n_rows": 20 * n}
    found = []
    for place in range(n_found):
        about = {
            "label": f"adam-{place}",
            "labels": [f"adam-{place}", f"adamw-{place}"],
            "setting": f"batch_size_{place}",
            "argument": ("weight_decay", "clipnorm", "use_ema")[place % 3],
            "package": f"numpy{place}",
        }
        named = {name: value for name, value in about.items() if "{" + name in whole}
        found.append(Finding(code, Severity.WARNING, numbers | named))
    return found


def test_every_finding_that_can_be_a_doubt_has_its_place():
    """A new kind is put in order, and so gets a short text; nothing in the order is made no longer."""
    found = {code for code in doubted() if code.startswith(BEGINNINGS)}
    assert found - NO_DOUBTS - set(ORDER) == set()
    assert set(ORDER) <= found
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_doubt_is_short(language):
    """At most fifteen words and no placeholder, with one finding of a kind and with many."""
    for code in ORDER:
        for n_found, n in itertools.product((1, 2, 5), (1, 2)):
            said = short_doubt(kind(code, n_found, n), language)
            assert 3 <= len(said.split()) <= MOST_WORDS, (code, said)
            assert said != sentence(kind(code, 1)[0], language)
            assert "{" not in said


def test_three_kinds_are_shown_and_the_others_counted():
    """The most important kinds, whatever order they come in; many findings of one kind are one doubt."""
    kinds = [finding for code in ORDER[5:12] for finding in kind(code, 4)]
    told = [front_doubts(given, Speech(("en",))) for given in (kinds, kinds[::-1])]
    for front in told:
        assert len(front.shown) == MOST
        assert front.n_more == 7 - MOST
    assert str(told[0].shown[0]) == short_doubt(kind(ORDER[5], 4), "en")
    assert front_doubts([], Speech(("en",))).shown == []


def test_what_has_no_short_text_is_said_in_full():
    """As a sentence that an older version recorded."""
    old = Finding("recorded-sentence", Severity.WARNING, {"text": "the model has learned nothing."})
    front = front_doubts([old, *kind("comparison-data-differ", 1)], Speech(("en",)))
    assert [str(one) for one in front.shown] == [
        "The runs are not on the same data; a gap may come from that.",
        "the model has learned nothing.",
    ]
