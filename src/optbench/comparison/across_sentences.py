"""What several problems say together, in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optbench.comparison.wording import counted, listing
from optbench.statistics import smallest_p

if TYPE_CHECKING:
    from optbench.comparison.across import Across, Tests
    from optbench.comparison.metrics import Metric


def across_sentences(found: Across, metric: Metric) -> list[str]:
    """Say what several problems say together: ranks and regrets, then what is tested, or why nothing is."""
    lowest = found.rows[0].mean_rank
    first = [row.label for row in found.rows if math.isclose(row.mean_rank, lowest)]
    have = "has" if len(first) == 1 else "share"
    shown = "; ".join(f"{row.label} {row.mean_rank:.2f}" for row in found.rows)
    told = [f"Over {counted(len(found.problems), 'problem')}, {listing(first)} {have} the best mean rank ({shown})."]
    least = min(
        (row for row in found.rows if row.worst_regret is not None),
        key=lambda row: (row.worst_regret or 0.0, row.label),
        default=None,
    )
    if least is not None and least.mean_regret is not None:
        told.append(
            f"{least.label} is never more than {metric.size(max(0.0, least.worst_regret or 0.0))} behind the best of "
            f"{listing(found.reference)} ({metric.size(least.mean_regret)} on average), and within "
            f"{metric.size(found.margin)} of it on {least.within} of {len(found.problems)}."
        )
    return [*told, *(_test_sentences(found) if found.tests else [found.untested_because])]


def _test_sentences(found: Across) -> list[str]:
    tests, problems = found.tests, len(found.problems)
    assert tests is not None  # noqa: S101 - asked for only if there are tests
    told = []
    if tests.friedman is not None and tests.critical_difference is not None:
        says = "differ" if tests.friedman.p <= found.alpha else "are not shown to differ"  # F is too bold on few sets
        told.append(
            f"Friedman's test over {counted(problems, 'data set')}: the {len(tests.labels)} optimizers {says} in "
            f"their ranks (p = {tests.friedman.p:.2g}); mean ranks closer than {tests.critical_difference:.2f} "
            "cannot be told apart (Nemenyi)."
        )
    winners = [pair for pair in tests.pairs if pair.p_adjusted <= found.alpha]
    if not tests.pairs:
        told.append(
            f"{counted(problems, 'data set')} are too few to test {counted(_number_of_pairs(tests), 'pair')} one by "
            f"one (the smallest possible p is {smallest_p(problems):.2g} each)."
        )
    elif winners:
        named = [f"{pair.a} ranks ahead of {pair.b} (p = {pair.p_adjusted:.2g})" for pair in winners]
        told.append(f"Pair by pair (Wilcoxon over data sets, Holm): {listing(named)}.")
    else:
        told.append("Pair by pair (Wilcoxon over data sets, Holm), no difference is shown.")
    return told


def _number_of_pairs(tests: Tests) -> int:
    return math.comb(len(tests.labels), 2)
