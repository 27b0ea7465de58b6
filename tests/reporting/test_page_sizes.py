"""How large a page becomes with its runs: what is drawn of many is bounded."""

from __future__ import annotations

import pytest
from every_chart import compared

from optbench.reporting.comparison_page import render_comparison_page

TEN = tuple(f"optimizer-{place}" for place in range(10))


@pytest.mark.parametrize(("seeds", "most"), [(20, 1_000_000), (100, 3_000_000)])
def test_a_page_of_many_runs_stays_one_that_opens_at_once(seeds, most):
    """200 runs are below 1 MB, 1,000 below 3 MB, with every figure and both languages."""
    comparison, curves = compared(TEN, seeds=seeds)
    page = render_comparison_page(comparison, curves)
    assert sum(one.n for one in comparison.problems[0].optimizers) == 10 * seeds
    assert page.count("<figure") >= 8
    assert len(page.encode()) < most
