"""Four words, and the nuance behind one of them."""

from __future__ import annotations

import itertools

import pytest

from optbench.statistics import Decision, Outcome, decide

CASES = {
    (True, True, True): Outcome(Decision.EQUIVALENT, is_negligible=True),
    (True, True, False): Outcome(Decision.EQUIVALENT, is_negligible=True),
    (True, False, True): Outcome(Decision.A_BETTER),
    (True, False, False): Outcome(Decision.B_BETTER),
    (False, True, True): Outcome(Decision.EQUIVALENT),
    (False, True, False): Outcome(Decision.EQUIVALENT),
    (False, False, True): Outcome(Decision.UNDECIDED),
    (False, False, False): Outcome(Decision.UNDECIDED),
}


@pytest.mark.parametrize("case", list(itertools.product((True, False), repeat=3)))
def test_every_case_has_its_word(case):
    """Lakens' table: different, equivalent, both, neither."""
    differs, equivalent, a_is_ahead = case
    p = 0.05 if differs else 0.0501
    assert decide(p_adjusted=p, equivalent=equivalent, a_is_ahead=a_is_ahead, alpha=0.05) == CASES[case]


def test_words_are_those_of_the_file_format():
    """verdict.json uses exactly these four."""
    assert [str(word) for word in Decision] == ["a_better", "b_better", "equivalent", "undecided"]
