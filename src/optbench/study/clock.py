"""Clock times of a study: the only part of its text that differs between two executions of the same plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.study.sentences import joined
from optbench.words import text
from optbench.words.comparisons import difference_sentences
from optbench.words.tables import localised

if TYPE_CHECKING:
    from optbench.comparison import PairResult
    from optbench.study.findings import ProblemFindings, StudyFindings


def clock_paragraphs(study: StudyFindings, language: str | None = None) -> list[str]:
    """Return what the times are, what disturbs them, and how long what would settle the undecided pairs takes."""
    disturbed = dict.fromkeys(
        sentence
        for one in study.problems
        for sentence in difference_sentences(one.compared.clock_differences, language)
    )
    return [joined((text("study-times", language), *disturbed)), joined(_of_each(study, language))]


def run_times(problem: ProblemFindings, language: str | None = None, *, most: int | None = None) -> str:
    """Return the median training time of a run of each optimizer, fastest first, in one sentence.

    Parameters
    ----------
    most : of more rows than that, those that the file lists; None for all
    """
    known = [one for one in problem.compared.optimizers if one.training_seconds is not None]
    if most is not None and len(known) > most:
        listed = {one.label for one in problem.config.optimizers}
        known = [one for one in known if one.label in listed]
    rows = sorted(known, key=lambda one: one.training_seconds or 0.0)
    times = [localised(f"{one.label} {one.training_seconds:.2g} s", language) for one in rows]
    return text("take-times", language, times=times) if times else ""


def settle_sentence(problem: ProblemFindings, language: str | None = None) -> str:
    """Say how long the seeds that the verdict asks for would take, or ""."""
    undecided = [pair for pair in problem.compared.pairs if pair.more_seeds and _is_ranked(problem, pair)]
    widest = max(undecided, key=lambda pair: pair.more_seeds or 0, default=None)
    if widest is None:
        return ""
    times = [problem.compared.optimizer(label).training_seconds for label in (widest.a, widest.b)]
    seconds = [time for time in times if time is not None]
    if len(seconds) < len(times):
        return ""
    more = widest.more_seeds or 0
    labels = [widest.a, widest.b]
    return text("study-time-to-settle", language, n_seeds=more, seconds=more * sum(seconds), labels=labels)


def decision_seconds(problem: ProblemFindings, language: str | None = None) -> str:
    """Say how long a run of what is taken trained here, beside the fastest row; "" without times."""
    from optbench.reporting.plain_answer import seconds_sentence

    taken = problem.recommended
    if taken is None:
        return ""
    return seconds_sentence(problem.compared.optimizer(taken.label), problem.compared.optimizers, language)


def _of_each(study: StudyFindings, language: str | None) -> list[str]:
    several = len(study.problems) > 1
    told = ((one, (decision_seconds(one, language), settle_sentence(one, language))) for one in study.problems)
    settled = [(one.name, joined(sentences)) for one, sentences in told]
    return [f"[{name}] {sentence}" if several else sentence for name, sentence in settled if sentence]


def _is_ranked(problem: ProblemFindings, pair: PairResult) -> bool:
    return not {pair.a, pair.b} & problem.config.aside.keys()
