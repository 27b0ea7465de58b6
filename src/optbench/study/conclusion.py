"""What a study ends with: the comparison of its confirmation runs, and what tuning has to say about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from optbench.comparison import SCHEMA_VERSION
from optbench.study.analyses import Analyses, analyse
from optbench.study.doubts import problem_doubts, study_doubts
from optbench.study.plan import protocol
from optbench.study.tuning import validation_score
from optbench.study.worth import Shrinkage, WorthOfTuning
from optbench.words import DEFAULT, sentence, sentences
from optbench.words.comparisons import located_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optbench.catalog.metric import Metric
    from optbench.comparison import Across, Comparison, PairResult, ProblemComparison, ProblemCurves
    from optbench.core.findings import Finding
    from optbench.records import RunRecord
    from optbench.study.plan import StudyPlan, StudyRun
    from optbench.study.tuning import Tuning


@dataclass(frozen=True)
class Conclusion:
    """What a study found on one problem.

    Attributes
    ----------
    name : of the problem
    runs : of the plan on this problem, tuning first
    records : run id -> finished run
    openings : of its test split, by plan, in their order
    curves : what the confirmation runs left behind: histories, predictions compared
    """

    plan: StudyPlan
    name: str
    runs: Sequence[StudyRun]
    records: Mapping[str, RunRecord]
    tunings: Sequence[Tuning]
    comparison: Comparison
    openings: Sequence[Mapping[str, Any]]
    curves: ProblemCurves

    @property
    def problem(self) -> ProblemComparison:
        """The comparison of the confirmation runs on the problem."""
        return self.comparison.problems[0]

    @cached_property
    def analyses(self) -> Analyses:
        """Everything beyond the final score; bootstrapped once for all outputs."""
        return analyse(self)

    @property
    def epochs(self) -> int:
        """Epochs of a run."""
        found = next(problem for problem in self.plan.problems if problem.name == self.name)
        return int(found.experiment.training.epochs)

    @property
    def confirmed(self) -> list[StudyRun]:
        """The runs the verdict rests on."""
        return [run for run in self.runs if run.stage == "confirmation"]

    @property
    def shrinkages(self) -> list[Shrinkage]:
        """One per tuned optimizer."""
        return [self._shrinkage(tuning) for tuning in self.tunings]

    @property
    def worth_of_tuning(self) -> list[WorthOfTuning]:
        """One per tuned optimizer that is compared with its defaults."""
        found = []
        for default, labels in self.plan.config.aside.items():
            for pair in self.problem.pairs:
                others = {pair.a, pair.b} - {default}
                if default in (pair.a, pair.b) and others <= labels:
                    found.append(self._worth(min(others), default, pair))
        order = [one.label for one in self.plan.config.optimizers]
        return sorted(found, key=lambda worth: order.index(worth.label))

    @property
    def doubts(self) -> list[Finding]:
        """What casts doubt on the verdict, on top of what the comparison says."""
        return problem_doubts(self)

    def verdict(self, language: str | None = None) -> str:
        """Return the verdict of the comparison, then what it cost and what tuning was worth."""
        from optbench.study.wording import budget_sentence, headline, worth_sentence

        parts = [headline(self, language), budget_sentence(self.plan.config, language), worth_sentence(self, language)]
        return " ".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """Return the shape of `compare --format json`, then what only a study knows of the problem.

        Of the clock there is `training_seconds` alone.
        """
        from optbench.reporting.comparison_document import comparison_document

        document = comparison_document(self.comparison)
        for summary in document["optimizers"]:
            del summary["peak_memory_mb"]
        return {
            **document,
            "warnings": [*document["warnings"], *sentences(self.doubts, DEFAULT)],
            "findings": [*document["findings"], *_as_json(self.doubts)],
            "verdict": self.verdict(DEFAULT),
            "name": self.name,
            "openings": [{key: opening[key] for key in ("plan", "data", "split")} for opening in self.openings],
            "tuning": [tuning.to_json() for tuning in self.tunings],
            "shrinkage": [shrinkage.to_json() for shrinkage in self.shrinkages],
            "chosen": {tuning.label: dict(tuning.winner.values) for tuning in self.tunings},
            **self.analyses.to_json(),
        }

    def _shrinkage(self, tuning: Tuning) -> Shrinkage:
        own = [run for run in self.confirmed if run.label == tuning.label]
        scores = [validation_score(self.records[run.run], tuning.metric) for run in own]
        known = [score for score in scores if score is not None]
        fresh = math.fsum(known) / len(known) if known and len(known) == len(scores) else None
        return Shrinkage(tuning.label, tuning.metric, tuning.winner.mean, fresh)

    def _worth(self, label: str, default: str, pair: PairResult) -> WorthOfTuning:
        if pair.difference is None:
            return WorthOfTuning(label, default, None, pair)
        towards = 1.0 if pair.a == label else -1.0
        return WorthOfTuning(label, default, towards * self.comparison.metric.sign * pair.difference, pair)


@dataclass(frozen=True, slots=True)
class StudyConclusion:
    """Everything that the outputs of a study are written from.

    Attributes
    ----------
    problems : in the order of the plan
    across : what they say together; None for one
    """

    plan: StudyPlan
    problems: tuple[Conclusion, ...]
    across: Across | None

    @property
    def runs(self) -> list[StudyRun]:
        """All runs of the plan, by problem."""
        return [run for problem in self.problems for run in problem.runs]

    @property
    def records(self) -> dict[str, RunRecord]:
        """Run id -> finished run."""
        return {run: record for problem in self.problems for run, record in problem.records.items()}

    @property
    def metric(self) -> Metric:
        """What was compared."""
        return self.problems[0].comparison.metric

    @property
    def comparison(self) -> Comparison:
        """The comparisons of all problems as one."""
        first = self.problems[0].comparison
        return replace(first, problems=tuple(one.problem for one in self.problems), across=self.across)

    @property
    def doubts(self) -> list[tuple[str, Finding]]:
        """What casts doubt on the verdict, with the name of the problem it is about if there are several, else ""."""
        several = len(self.problems) > 1
        own = [(one.name if several else "", doubt) for one in self.problems for doubt in one.doubts]
        return [*own, *(("", doubt) for doubt in study_doubts(self.plan.config))]

    def warnings(self, language: str | None = None) -> list[str]:
        """Return the sentences of `doubts`; of several problems each says which it is about."""
        told = ((name, sentence(doubt, language)) for name, doubt in self.doubts)
        return [f"[{name}] {words}" if name else words for name, words in told]

    def verdict(self, language: str | None = None) -> str:
        """Return the verdict on the problem; of several what they say together, then each for itself."""
        from optbench.study.wording import budget_sentence, headline, worth_sentence

        if len(self.problems) == 1:
            return self.problems[0].verdict(language)
        each = [
            " ".join(filter(None, (f"[{one.name}]", headline(one, language), worth_sentence(one, language))))
            for one in self.problems
        ]
        budget = budget_sentence(self.plan.config, language)
        return " ".join(filter(None, (*self.across_sentences(language), budget, *each)))

    def across_sentences(self, language: str | None = None) -> list[str]:
        """Return what several problems say together; [] for one."""
        from optbench.words.comparisons import across_sentences

        return across_sentences(self.across, self.metric, language) if self.across else []

    def to_json(self) -> dict[str, Any]:
        """Return verdict.json: for one problem the shape of `compare --format json` with more at its end.

        For several, what is common to them, then `problems` with one such shape each, then `across`.
        """
        from optbench.reporting.comparison_document import across_document, comparison_document

        study = {
            "study": {"name": self.plan.config.name, "key": self.plan.key, "plan": self.plan.digest},
            "protocol": protocol(self.plan.config),
        }
        doubts = [{**doubt.to_json(), "problem": name or None} for name, doubt in self.doubts]
        common = {"warnings": self.warnings(DEFAULT), "verdict": self.verdict(DEFAULT)}
        if len(self.problems) == 1:
            document = self.problems[0].to_json()
            told = located_sentences(self.comparison.all_differences, DEFAULT)
            compared = comparison_document(self.comparison)["findings"]
            both = {"warnings": [*told, *common["warnings"]], "findings": [*compared, *doubts]}
            return {**document, **common, **both, **study}
        return {
            "schema_version": SCHEMA_VERSION,
            "metric": self.metric.name,
            "split": "test",
            "alpha": self.plan.config.alpha,
            "margin": self.plan.config.margin,
            **common,
            "findings": doubts,
            **study,
            "problems": [problem.to_json() for problem in self.problems],
            "across": across_document(self.across),
        }


def _as_json(doubts: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{**doubt.to_json(), "problem": None} for doubt in doubts]


def conclude(
    plan: StudyPlan,
    runs: Sequence[StudyRun],
    records: Mapping[str, RunRecord],
    tunings: Sequence[Tuning],
    openings: Sequence[Mapping[str, Any]],
) -> StudyConclusion:
    """Compare the confirmation runs of every problem; the order of the runs does not matter."""
    from optbench.catalog.metrics import metric_named
    from optbench.comparison import across_problems

    problems = tuple(_conclude(plan, problem.name, runs, records, tunings, openings) for problem in plan.problems)
    config = plan.config
    listed = [one.label for one in config.optimizers if one.label not in config.aside]
    across = across_problems(
        [problem.problem for problem in problems],
        metric_named(config.metric),
        alpha=config.alpha,
        margin=config.margin,
        entrants=listed if len(listed) > 1 else None,
        reference=[one.label for one in config.tuned],
    )
    return StudyConclusion(plan, problems, across)


def _conclude(
    plan: StudyPlan,
    name: str,
    runs: Sequence[StudyRun],
    records: Mapping[str, RunRecord],
    tunings: Sequence[Tuning],
    openings: Sequence[Mapping[str, Any]],
) -> Conclusion:
    from optbench.comparison import compare
    from optbench.runner.compare import read_curves, read_histories

    config = plan.config
    own = [run for run in runs if run.problem == name]
    confirmed = [run for run in own if run.stage == "confirmation"]
    comparison = compare(
        [records[run.run] for run in confirmed],
        metric=config.metric,
        baseline=config.baseline,
        alpha=config.alpha,
        margin=config.margin,
        labels={run.run: run.label for run in confirmed},
        aside=config.aside,
        varied=config.model_keys,
        clock=False,
        histories=read_histories([records[run.run] for run in confirmed]),
    )
    if len(plan.problems) > 1:
        only = comparison.problems[0]
        title = only.problem if only.problem.startswith(name) else f"{name}: {only.problem}"
        comparison = replace(comparison, problems=(replace(only, problem=title),))
    return Conclusion(
        plan=plan,
        name=name,
        runs=own,
        records={run.run: records[run.run] for run in own},
        tunings=[tuning for tuning in tunings if tuning.problem == name],
        comparison=comparison,
        openings=[opening for opening in openings if opening["problem"] == name],
        curves=read_curves(comparison.problems[0], records),
    )
