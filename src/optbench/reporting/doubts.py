"""What casts doubt on an answer, in few words for the first screen; the whole sentences stand in a part below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from optbench.words import sentence, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optbench.core.findings import Finding
    from optbench.reporting.languages import Speech, Text

MOST: Final = 3
"""So many doubts stand on the first screen."""

ORDER: Final = (
    # what is promised does not hold, or there is nothing to judge
    "exploratory-plan",
    "evaluation-loss-not-finite",
    "evaluation-scores-not-finite",
    "evaluation-predictions-not-finite",
    "evaluation-all-rows",
    "evaluation-one-answer",
    "evaluation-one-number",
    "evaluation-no-better-than-majority",
    "evaluation-no-better-than-mean",
    # a gap could come from something else
    "comparison-data-differ",
    "comparison-split-differs",
    "comparison-splits-differ",
    "comparison-epochs-differ",
    "comparison-setting-differs",
    "comparison-starts-differ",
    "comparison-orders-differ",
    "comparison-code-changed",
    "comparison-optimizer-missing",
    "evaluation-test-rows-seen",
    # runs that failed
    "comparison-diverged-counts",
    "comparison-diverged-no-score",
    "comparison-diverged-use-accuracy",
    "comparison-score-undefined",
    # test rows that were looked at before; tuning that was unequal or too small
    "study-opened-again",
    "study-opened-by-others",
    "splits-repeated",
    "study-budgets-differ",
    "study-no-choice",
    "study-rates-diverged",
    "study-settings-diverged",
    "study-best-is-smallest",
    "study-best-is-largest",
    "study-one-tuning-seed",
    "study-tuning-diverged",
    # settings that suit one more than another
    "comparison-one-learning-rate",
    "comparison-some-schedules",
    "comparison-argument-differs",
    "comparison-model-setting-differs",
    "evaluation-loss-rises",
    "evaluation-accuracy-gap",
    "evaluation-rmse-gap",
    # what so few runs or rows cannot show
    "evaluation-hardly-better-than-majority",
    "evaluation-hardly-better-than-mean",
    "evaluation-few-test-rows",
    "evaluation-few-test-rows-for-rmse",
    "evaluation-one-row-dominates",
    "evaluation-classes-absent",
    "evaluation-no-probabilities",
    "evaluation-scores-do-not-sum",
    "evaluation-threshold-without-class",
    "evaluation-threshold-never-precise",
    "evaluation-threshold-of-few-rows",
    "evaluation-temperature-not-fitted",
    "comparison-margin-below-noise",
    "comparison-margin-below-row",
    "comparison-same-algorithm",
    "comparison-arguments-unknown",
    "comparison-seeds-differ",
    # times, last digits, what is left out
    "comparison-machines-differ",
    "comparison-runs-at-once",
    "comparison-execution-differs",
    "comparison-threads-differ",
    "comparison-version-differs",
    "comparison-models-differ",
    "comparison-other-task",
    "comparison-runs-refitted",
    "comparison-runs-withheld",
)
"""Codes of findings that can be doubts, the most important first; each has a short text, `doubt-CODE`."""

_ABOUT: Final = ("label", "labels", "setting", "argument", "package")


@dataclass(frozen=True, slots=True)
class FrontDoubts:
    """What the first screen shows of some doubts.

    Attributes
    ----------
    shown : a short sentence for each kind, at most `MOST`
    n_more : kinds that are not shown
    """

    shown: Sequence[Text]
    n_more: int = 0


def front_doubts(findings: Iterable[Finding], speech: Speech) -> FrontDoubts:
    """Return the most important doubts in few words; findings of one kind are one doubt."""
    kinds = _kinds(findings)
    shown = speech.each(lambda language: [short_doubt(kind, language) for kind in kinds[:MOST]])
    return FrontDoubts(shown, max(0, len(kinds) - MOST))


def by_importance(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with the most important one first."""
    return sorted(findings, key=importance)


def importance(finding: Finding) -> int:
    """Return the place of a finding in `ORDER`; one that is not there stands behind all others."""
    return ORDER.index(finding.code) if finding.code in ORDER else len(ORDER)


def _kinds(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return the findings of each code, the most important code first."""
    kinds: dict[str, list[Finding]] = {}
    for finding in by_importance(findings):
        kinds.setdefault(finding.code, []).append(finding)
    return list(kinds.values())


def short_doubt(kind: Sequence[Finding], language: str | None = None) -> str:
    """Return findings of one code as one short sentence: the values of the first, and what all of them are about.

    A finding without a short text, as one that was recorded as a sentence, is said in full.
    """
    first, who = kind[0], _about(kind)
    if first.code not in ORDER:
        return sentence(first, language)
    n_found = len({repr(one.values) for one in kind})  # of several problems each may have found the same
    more = {"who": who, "n_who": len(who), "n_found": n_found}
    return text(f"doubt-{first.code}", language, **{**first.values, **more})


def _about(kind: Iterable[Finding]) -> list[str]:
    """Return the optimizers, settings or packages that findings of one code name, each once."""
    found: dict[str, None] = {}
    for one in kind:
        named: Any = next((one.values[name] for name in _ABOUT if name in one.values), ())
        found |= dict.fromkeys([named] if isinstance(named, str) else named)
    return list(found)
