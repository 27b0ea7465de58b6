"""What a plan on random splits can say about new rows, and what further seeds on one split would cost and gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.core.findings import Finding, Severity

if TYPE_CHECKING:
    from optbench.study.plan import StudyPlan


def on_random_splits(plan: StudyPlan) -> list[str]:
    """Return the names of the problems whose confirmation seeds share rows: there new rows need a test of their own."""
    return [problem.name for problem in plan.problems if problem.needs_seed_noise]


def new_rows_findings(plan: StudyPlan, seconds_per_seed: float | None) -> tuple[Finding, ...]:
    """Return what the plan can find on new rows, as far as it was simulated, and what more seeds would change.

    Parameters
    ----------
    seconds_per_seed : training time of one more seed of every optimizer on these problems; None if not measured
    """
    from optbench.statistics import SIMULATED_SEEDS, new_rows_power

    problems, config = on_random_splits(plan), plan.config
    if not problems:
        return ()
    if config.looks:
        return (Finding("splits-foreseen-looks", Severity.NOTE),)
    splits, further = config.confirmation.seeds, config.confirmation.on_one_split
    now, then = new_rows_power(splits, further), new_rows_power(splits, SIMULATED_SEEDS)
    if now is None or then is None:
        return (Finding("splits-foreseen-few", Severity.NOTE, {"splits": splits}),)
    found = Finding(
        "splits-foreseen",
        Severity.NOTE,
        {"splits": now.splits, "low": now.low, "high": now.high, "further": now.seeds or None},
    )
    if further:
        return (found,)
    gained = {
        "further": SIMULATED_SEEDS,
        "then_low": then.low,
        "then_high": then.high,
        "n_runs": SIMULATED_SEEDS * len(plan.rows) * len(problems),
        "seconds": None if seconds_per_seed is None else SIMULATED_SEEDS * seconds_per_seed,
        "seeds": splits,
    }
    return found, Finding("splits-foreseen-further", Severity.NOTE, gained)
