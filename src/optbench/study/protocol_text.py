"""What was fixed before the first run of a study, in words, and what its numbers cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.comparison.wording import adjustment_of
from optbench.config import REPEATED, SplitDesign
from optbench.core.findings import Finding, Severity, as_json
from optbench.study.rounds import is_widened, planned_runs
from optbench.study.sentences import joined
from optbench.study.statements import kept_design
from optbench.study.tuning import tries_learning_rates
from optbench.words import sentences, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.study.findings import StudyFindings

_DIGITS = 12


def protocol_in_short(study: StudyFindings, language: str | None = None) -> list[str]:
    """Return what was fixed before, how settings were chosen, what counts, and where all of it stands."""
    config = study.config
    seeds = config.confirmation_seeds[: max(one.seeds for one in study.problems)]
    told = [
        *sentences(study.protocol, language),
        _design(study, language),
        text(
            "take-protocol" if study.exploratory is None else "take-protocol-exploratory",
            language,
            plan=study.plan[:_DIGITS],
            seeds=len(seeds),
            span=_span(seeds, language),
        ),
        _opening(study, language),
    ]
    if config.looks:
        told.append(text("take-looks", language, looks=list(config.looks), ended=len(seeds)))
    return [joined(told), text("take-elsewhere", language)]


def protocol_paragraphs(study: StudyFindings, language: str | None = None) -> list[str]:
    """Return the paragraphs, as plain text."""
    steps = (_fixed, _design, _tuning, _confirmation, _splits, _opening, _scope)
    return [told for step in steps if (told := step(study, language))]


def _fixed(study: StudyFindings, language: str | None) -> str:
    return text(
        "study-protocol-fixed" if study.exploratory is None else "study-protocol-known",
        language,
        plan=study.plan[:_DIGITS],
        # one for all: a study over several problems refuses the metrics whose default depends on the target's unit
        margin=study.problems[0].compared.margin,
        metric=study.metric.name,
        families=[
            Finding("study-protocol-family", Severity.NOTE, {"family": str(family), "pairs": pairs}).to_json()
            for family, pairs in study.config.families.items()
        ],
        questions=len(study.config.families) if len(study.config.families) > 1 else None,
        of_each_problem=len(study.problems) > 1,
        alpha=study.config.alpha,
        adjusted=adjustment_of(pair for one in study.problems for pair in one.compared.pairs),
    )


def _design(study: StudyFindings, language: str | None) -> str:
    kept = kept_design(study.config)
    return text("design-protocol", language, differences=as_json(kept)) if kept else ""


def _tuning(study: StudyFindings, language: str | None) -> str:
    config = study.config
    if not config.tuned:
        return text("study-protocol-not-tuned", language)
    tuning, epochs = config.tuning, {one.epochs for one in study.problems}
    runs = planned_runs(tuning)
    told = text(
        "study-protocol-tuned-rates" if tries_learning_rates(config) else "study-protocol-tuned-settings",
        language,
        optimizers=[one.label for one in config.tuned],
        n_optimizers=len(config.tuned),
        on_each_problem=len(study.problems) > 1,
        points=tuning.points,
        sampler=tuning.sampler,
        seeds=tuning.seeds,
        span=_span(config.tuning_seeds, language),
        n_runs=runs,
        epochs=runs * epochs.pop() if len(epochs) == 1 else None,
        metric=tuning.metric,
    )
    race = (
        text("study-protocol-race", language, best=REPEATED, freed=tuning.freed or None) if tuning.race != "off" else ""
    )
    return joined((told, race, _widened(study, language) if tuning.widen else ""))


def _widened(study: StudyFindings, language: str | None) -> str:
    tuning, tunings = study.config.tuning, [one for problem in study.problems for one in problem.tunings]
    if not is_widened(tuning, tunings):
        return text("study-protocol-reserved", language, n=tuning.widen)
    points, n_runs = max((len(one.settings), one.runs) for one in tunings)
    return text("study-protocol-widened", language, n=points - tuning.points, points=points, n_runs=n_runs)


def _confirmation(study: StudyFindings, language: str | None) -> str:
    ended = max(one.seeds for one in study.problems)
    seeds = study.config.confirmation_seeds[:ended]
    told = text("study-protocol-confirmed", language, seeds=len(seeds), span=_span(seeds, language))
    looks = study.config.looks
    return told if not looks else joined((told, text("study-protocol-looks", language, looks=list(looks), ended=ended)))


def _splits(study: StudyFindings, language: str | None) -> str:
    """Say what a seed varied where that is more than the start of training; "" if all seeds share one split."""
    resplit = [one for one in study.problems if one.compared.design is SplitDesign.RESPLIT]
    told = []
    for one in resplit:
        if one.makes_data:
            told.append(text("splits-protocol-data", language))
        elif len(study.problems) > 1:
            told.append(text("splits-protocol-each", language))
        else:
            told.append(text("splits-protocol", language, n_train=one.n_train, n_test=one.n_test))
    further = len(study.config.one_split_seeds)
    if further and resplit:
        told.append(text("splits-protocol-one-split", language, seeds=further))
    if resplit and len(resplit) < len(study.problems):
        told.append(text("splits-protocol-some", language, names=[one.name for one in resplit]))
    return " ".join(dict.fromkeys(told))


def _opening(study: StudyFindings, language: str | None) -> str:
    first = study.problems[0]
    openings, tuned = first.openings, bool(study.config.tuned)
    if len(study.problems) > 1:
        return text("study-protocol-opened-each", language, n_openings=len(openings), tuned=tuned)
    split = openings[-1]["split"][:_DIGITS]
    code = "splits-opened" if first.compared.design is SplitDesign.RESPLIT else "study-protocol-opened"
    return text(code, language, n_openings=len(openings), split=split, tuned=tuned)


def _scope(study: StudyFindings, language: str | None) -> str:
    designs = {(one.compared.design, one.makes_data) for one in study.problems}
    if designs == {(SplitDesign.RESPLIT, True)}:
        return text("splits-scope-untuned", language)
    if designs == {(SplitDesign.RESPLIT, False)}:
        return text("splits-scope" if study.config.tuned else "splits-scope-untuned", language)
    return text("study-protocol-scope-each" if len(study.problems) > 1 else "study-protocol-scope", language)


def _span(seeds: Sequence[int], language: str | None) -> str:
    if len(seeds) == 1:
        return text("study-span-one", language, first=seeds[0])
    return text("study-span", language, first=seeds[0], last=seeds[-1])
