"""What several problems say together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity
from optbench.statistics import smallest_p

if TYPE_CHECKING:
    from optbench.catalog.metric import Metric
    from optbench.comparison.across import Across, Tests


def across_findings(found: Across, metric: Metric) -> list[Finding]:
    """Return what several problems say together: ranks and regrets, then what is tested, or why nothing is."""
    first = [row.label for row in found.first]
    ranks = [{"label": row.label, "rank": row.mean_rank} for row in found.rows]
    findings = [_say("across-ranks", n_problems=len(found.problems), first=first, n_first=len(first), ranks=ranks)]
    least = min(
        (row for row in found.rows if row.worst_regret is not None),
        key=lambda row: (row.worst_regret or 0.0, row.label),
        default=None,
    )
    if least is not None and least.mean_regret is not None:
        findings.append(
            _say(
                "across-least-regret",
                label=least.label,
                worst=max(0.0, least.worst_regret or 0.0),
                mean=least.mean_regret,
                reference=list(found.reference),
                margin=found.margin,
                within=least.within,
                n_problems=len(found.problems),
                metric=metric.name,
            )
        )
    return [*findings, *(_test_findings(found, found.tests) if found.tests else filter(None, [found.untested]))]


def _test_findings(found: Across, tests: Tests) -> list[Finding]:
    problems, findings = len(found.problems), []
    if tests.friedman is not None and tests.critical_difference is not None:
        is_shown = tests.friedman.p <= found.alpha  # F is too bold on few sets
        findings.append(
            _say(
                "across-ranks-differ" if is_shown else "across-ranks-do-not-differ",
                n_data_sets=problems,
                n_optimizers=len(tests.labels),
                p=tests.friedman.p,
                critical_difference=tests.critical_difference,
            )
        )
    winners = [pair for pair in tests.pairs if pair.p_adjusted <= found.alpha]
    if not tests.pairs:
        n_pairs = math.comb(len(tests.labels), 2)
        findings.append(
            _say("across-too-few-for-pairs", n_data_sets=problems, n_pairs=n_pairs, smallest_p=smallest_p(problems))
        )
    elif winners:
        pairs = [_say("across-pair", winner=pair.a, loser=pair.b, p=pair.p_adjusted).to_json() for pair in winners]
        findings.append(_say("across-pairs-differ", pairs=pairs))
    else:
        findings.append(_say("across-no-pair-differs"))
    return findings


def _say(code: str, **values: Any) -> Finding:
    return Finding(code, Severity.REMARK, values)
