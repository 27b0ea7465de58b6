"""The sentences of a study's verdict and of what stands beside it, from its findings.

What programs read (verdict.json) is English; pages and the terminal have the language of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.comparison import across_findings, without_numbers
from optbench.config import Family
from optbench.core.findings import Finding, Severity, as_json
from optbench.study.gains import Outcome
from optbench.study.statements import GAIN_CODES, PROTOCOL_CODES
from optbench.words import comparisons as compared_words
from optbench.words import sentence, sentences, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.study.budgets import Budgets, Leader
    from optbench.study.findings import ProblemFindings, StudyFindings

_MOST_GAINS = 4


def joined(parts: Iterable[str]) -> str:
    """Join sentences; one that is empty leaves no trace."""
    return " ".join(part for part in parts if part)


def study_verdict(study: StudyFindings, language: str | None = None) -> str:
    """Return the verdict on the problem; of several what they say together, then each for itself."""
    first = [] if study.exploratory is None else [study.exploratory]
    together = across_findings(study.across, study.metric) if study.across else []
    each = {one.name: one.verdict(study.protocol) for one in study.problems}
    return told_together([*first, *together], each, language)


def told_together(
    first: Iterable[Finding], problems: Mapping[str, Sequence[Finding]], language: str | None = None
) -> str:
    """Return the verdict of a study.

    Parameters
    ----------
    first : what stands before all: verdicts that were known, and what several problems say together
    problems : the verdict on each, by its name; of several, how settings came about is told once
    """
    before = sentences(first, language)
    if len(problems) == 1:
        return joined((*before, *(told(findings, language) for findings in problems.values())))
    protocol = dict.fromkeys(
        sentence(one, language) for findings in problems.values() for one in findings if one.code in PROTOCOL_CODES
    )
    each = (
        f"[{name}] {told([one for one in findings if one.code not in PROTOCOL_CODES], language)}"
        for name, findings in problems.items()
    )
    return joined((*before, *protocol, *each))


def told(findings: Iterable[Finding], language: str | None = None) -> str:
    """Return the sentences of a verdict; what each optimizer gained is a clause, and all of them are one sentence."""
    findings = list(findings)
    clauses = [one for one in findings if one.code in GAIN_CODES]
    return joined(
        _worth(clauses, language) if clauses and one is clauses[0] else sentence(one, language)
        for one in findings
        if one.code not in GAIN_CODES or one is clauses[0]
    )


def _worth(clauses: Iterable[Finding], language: str | None) -> str:
    return text("study-worth", language, gains=as_json(clauses))


def exploratory_first(study: StudyFindings, language: str | None = None) -> str:
    """Say, before everything else, that verdicts on some of the runs were known when the plan was written, or ""."""
    return "" if study.exploratory is None else sentence(study.exploratory, language)


def problem_verdict(problem: ProblemFindings, protocol: Iterable[Finding], language: str | None = None) -> str:
    """Return the verdict on one problem, how its settings came about, what tuning gained, and last what to take."""
    return told(problem.verdict(protocol), language)


def short_headline(problem: ProblemFindings, language: str | None = None) -> str:
    """Return who leads, by how much against up to three others, then whose tuning failed."""
    first = sentences(map(without_numbers, problem.compared.verdict[:1]), language)
    return joined((*first, *sentences(problem.failed_tunings, language)))


def grounds(problem: ProblemFindings, language: str | None = None) -> str:
    """Return what the first sentence of the verdict rests on, what would settle it, and how far it reaches."""
    return joined(sentences(problem.compared.verdict[1:], language))


def decision(problem: ProblemFindings, language: str | None = None) -> str:
    """Say what to take and what that risks, whether or not anything is shown; "" if no row has a score."""
    return joined(sentences(problem.decision, language))


def gains(problem: ProblemFindings, language: str | None = None, *, short: bool = False) -> str:
    """Say what tuning gained against Keras' defaults, and what is in another order on rows it never saw, or "".

    Parameters
    ----------
    short : of many optimizers those that are undecided together
    """
    of_each = [one for one in problem.gain_statements if one.code in GAIN_CODES]
    if short and len(of_each) > _MOST_GAINS:
        of_each = _undecided_together(of_each)
    others = [one for one in problem.gain_statements if one.code not in GAIN_CODES]
    turned = sentences(problem.turned, language)
    if not of_each:
        return joined(turned)
    return joined((_worth(of_each, language), *sentences(others, language), *turned))


def _undecided_together(gained: Sequence[Finding]) -> list[Finding]:
    open_ones = [one for one in gained if one.values["outcome"] == Outcome.UNDECIDED]
    decided = [one for one in gained if one not in open_ones]
    labels = [one.values["label"] for one in open_ones]
    return [*decided, *([Finding("study-gains-undecided", Severity.NOTE, {"labels": labels})] if labels else [])]


def exploratory(problem: ProblemFindings, language: str | None = None) -> str:
    """Return what runs beyond the plan say, or ""."""
    if problem.exploratory is None:
        return ""
    found = problem.exploratory.problems[0]
    n = max(one.n for one in found.optimizers)
    verdict = [finding.to_json() for finding in found.verdict[:1]]
    return text("study-exploratory", language, n_seeds=n, verdict=verdict)


def without_tuning(problem: ProblemFindings, language: str | None = None, *, short: bool = False) -> str:
    """Return the ruling on the rows that were not tuned, where it is not the verdict itself, or "".

    Parameters
    ----------
    short : of several pairs without their numbers
    """
    first = next((one for one in problem.compared.rulings if one.family is not Family.TUNED_VS_DEFAULT), None)
    ruling = next((one for one in problem.compared.rulings if one.family is Family.DEFAULTS), None)
    if ruling is None or ruling is first:
        return ""
    first_of_it = without_numbers(ruling.findings[0], most=1) if short else ruling.findings[0]
    return text("study-without-tuning", language, ruling=[first_of_it.to_json()])


def across_parts(study: StudyFindings, language: str | None = None) -> list[str]:
    """Return what several problems say together; [] for one."""
    return compared_words.across_sentences(study.across, study.metric, language) if study.across else []


def study_warnings(study: StudyFindings, language: str | None = None) -> list[str]:
    """Return the sentences of `StudyFindings.all_doubts`; of several problems each says which it is about."""
    return compared_words.located(study.all_doubts, language)


def floor_sentence(problem: ProblemFindings, problems: Iterable[ProblemFindings], language: str | None = None) -> str:
    """Say what a gap below the noise floor means, beside the first verdict of a study that names the floor, or ""."""
    first = next((one for one in problems if _names_floor(one.compared.verdict)), None)
    return text("study-noise-floor", language) if problem is first else ""


def _names_floor(verdict: Iterable[Finding]) -> bool:
    return any(finding.values.get("floor") is not None for finding in verdict)


def leaders_sentence(budgets: Budgets, language: str | None = None) -> str:
    """Say who leads at which budget, and how far one seed moves such a score."""
    stretches = [_stretch(one, language) for one in budgets.leaders()]
    leaders = text("study-leaders", language, metric=budgets.metric, stretches="; ".join(stretches))
    spread = "" if budgets.seed_sd is None else text("study-leaders-spread", language, sd=budgets.seed_sd)
    return joined((leaders, spread, text("study-leaders-optimistic", language) if budgets.is_optimistic else ""))


def _stretch(leader: Leader, language: str | None) -> str:
    budget = _budget(leader, language)
    if leader.tied:
        labels = [leader.label, *leader.tied]
        return text("study-leader-tied", language, budget=budget, optimizers=labels, score=leader.score)
    return text("study-leader", language, budget=budget, optimizer=leader.label, score=leader.score)


def _budget(leader: Leader, language: str | None) -> str:
    """Say at which budgets: how many settings had been tried."""
    first, last = leader.first, leader.last
    if first == 0:
        if last == 0:
            return text("study-budget-none", language)
        return text("study-budget-none-or-one" if last == 1 else "study-budget-none-to-last", language, last=last)
    if first < last:
        return text("study-budget-span", language, first=first, last=last)
    return text("study-budget-one" if last == 1 else "study-budget-single", language, last=last)
