"""Reading study files: as strict as experiment files, all findings at once, each with file, line, column and caret."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.catalog.metrics import METRICS, tuning_metric
from optbench.config.file_kinds import experiment_instead
from optbench.config.findings import Finding, Findings, shown
from optbench.config.load import config_error, is_text, read_text, refuse
from optbench.config.names import name_fault, usable_name
from optbench.config.pydantic_findings import validate_section
from optbench.config.study_metrics import default_metric, metric_findings
from optbench.config.study_optimizers import WRITE_OPTIMIZERS, OptimizerReader
from optbench.config.study_problems import WRITE_EXPERIMENT, ProblemReader
from optbench.config.study_sections import (
    FEWEST_ON_ONE_SPLIT,
    FIRST_CONFIRMATION_SEED,
    LoadedStudy,
    StudyConfig,
    StudyHead,
    default_label,
    run_name,
)
from optbench.config.validation import without_consequences
from optbench.config.yaml_document import parse_yaml
from optbench.core.worded import joined, worded
from optbench.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from optbench.config.study_search import StudyOptimizer
    from optbench.config.study_sections import StudyProblem
    from optbench.config.yaml_document import YamlDocument


def load_study(path: Path) -> LoadedStudy:
    """Load a study file, and the experiment files it names.

    Raises
    ------
    ConfigError
        With every finding of all files.
    """
    text = read_text(path, "study")
    document = parse_yaml(text, str(path))
    refuse(experiment_instead(document.plain, str(path)), str(path))
    for place in document.texts:
        if place == ("name",) or place[-1:] == ("label",) or _is_text_of_problem(place):
            document.keep_text(place)
    if document.plain is None and not document.findings:
        document.findings.append(
            (
                Finding(
                    (),
                    worded(
                        "file-empty-study",
                        "the file is empty. {experiment} {optimizers}",
                        experiment=WRITE_EXPERIMENT,
                        optimizers=WRITE_OPTIMIZERS,
                    ),
                    code="config-file-empty",
                ),
                None,
            )
        )
    if document.is_broken or document.plain is None:
        raise config_error(document.findings, str(path))
    reader = _Reader(path)
    config = reader.study(document.plain)
    _raise(document, reader)
    assert config is not None  # noqa: S101 - without a finding there is a study
    return LoadedStudy(config, path, text)


def _is_text_of_problem(place: tuple[str | int, ...]) -> bool:
    inner = {"experiment": 1, "experiments": 2}.get(str(place[0])) if place else None
    return inner is not None and is_text(place[inner:])


def _raise(document: YamlDocument, reader: _Reader) -> None:
    placed = document.findings + [(finding, document.place(finding)) for finding in reader.findings]
    errors = [*([config_error(placed, document.source)] if placed else []), *reader.elsewhere]
    if errors:
        raise ConfigError.gathered(errors)


class _Reader(Findings):
    """Turns plain values into a study and gathers what is wrong with them.

    Attributes
    ----------
    findings : in the study file
    elsewhere : findings in the experiment files it names
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.elsewhere: list[ConfigError] = []

    def study(self, plain: Any) -> StudyConfig | None:
        """Return the study, or None if anything was found."""
        if not isinstance(plain, dict):
            self.say(
                (),
                worded(
                    "must-study",
                    "a study file must be a mapping of keys and values. Received: {received}.",
                    received=shown(plain),
                ),
                code="config-value-wrong",
            )
            return None
        head, findings = validate_section(StudyHead, plain, ())
        self.findings += findings
        name = self._name(plain, findings)
        problems = ProblemReader(self.path)
        found = problems.read(plain, is_misspelt=self._means("experiment") or self._means("experiments"))
        optimizers = OptimizerReader(found)
        listed = optimizers.read(plain, is_misspelt=self._means("optimizers"))
        self.findings += [*problems.findings, *optimizers.findings]
        self.elsewhere += problems.elsewhere
        self._baseline(plain.get("baseline"), listed)
        self._names_of_runs(found, listed)
        if head is not None:
            self.findings += _split_findings(head)
            self.findings += _look_findings(head)
            self.findings += _tuning_findings(head, listed)
            self.findings += metric_findings(head, found)
        self.findings = without_consequences(self.findings, plain)
        if self.findings or self.elsewhere or head is None:
            return None
        metric = head.metric or default_metric(found)
        return StudyConfig(
            name=head.name or name,
            problems=tuple(_with_engine(problem, head.engine) for problem in found),
            optimizers=tuple(listed),
            tuning=head.tuning,
            confirmation=head.confirmation,
            splits=head.splits,
            metric=metric,
            margin=METRICS[metric].margin if head.margin is None and not METRICS[metric].has_unit else head.margin,
            alpha=head.alpha,
            baseline=head.baseline,
            engine=head.engine,
        )

    def _means(self, key: str) -> bool:
        """Return True if a finding says how a key was misspelt: then it is not missing too."""
        return any(finding.means == (key,) for finding in self.findings)

    def _name(self, plain: Mapping[str, Any], findings: list[Finding]) -> str:
        """Return the name that the file itself gives; say how a name is written if it is unfit."""
        for finding in findings:
            if finding.path == ("name",) and isinstance(plain.get("name"), str):
                self.findings.remove(finding)
                told = name_fault(plain["name"], worded("name-since-folder", "since it becomes a folder's name"))
                self.say(("name",), told, code="config-value-wrong")
        return usable_name(self.path.stem) or "study"

    def _names_of_runs(self, problems: Sequence[StudyProblem], optimizers: Sequence[StudyOptimizer]) -> None:
        """Require that of several problems no two rows' runs are called the same: "a-b" of "c" and "a" of "b-c"."""
        rows = {name for one in optimizers for name in (one.label, default_label(one.config.name))}
        seen: dict[str, str] = {}
        for problem in problems if len(problems) > 1 else ():
            for label in sorted(rows):
                name = run_name(problem.name, label)
                before = seen.setdefault(name.lower(), problem.name)
                if before != problem.name:
                    told = worded(
                        "must-runs-apart",
                        "runs of {before} and of {other} would both be called {name!r}",
                        before=before,
                        other=problem.name,
                        name=name,
                    )
                    remedy = worded("hint-other-name", "Give one of the problems another name.")
                    self.say(("experiments",), joined(told, remedy, between=". "), code="config-value-repeated")

    def _baseline(self, baseline: Any, optimizers: Sequence[StudyOptimizer]) -> None:
        labels = [optimizer.label for optimizer in optimizers]
        if isinstance(baseline, str) and labels and baseline not in labels:
            hint = did_you_mean(baseline, labels)
            told = worded(
                "must-label",
                "must be the label of an optimizer of this study. Received: {received}.{hint}",
                received=shown(baseline),
                hint=hint,
            )
            known = worded("hint-labels", " Labels: {labels}.", labels=", ".join(labels))
            self.say(("baseline",), joined(told, known), code="config-name-unknown")


def _split_findings(head: StudyHead) -> Iterator[Finding]:
    """Yield what the keys about splits say against each other."""
    confirmation, further = head.confirmation, head.confirmation.on_one_split
    if head.splits == 1:
        told = worded("must-splits", "one split has no spread. Received: 1. Use 0 for none, or 2 and more.")
        yield Finding(("splits",), told, code="config-value-wrong")
    elif head.splits and confirmation.resplit:
        told = worded(
            "key-splits-resplit",
            "with confirmation.resplit every seed has a split of its own, and splits repeats one seed on others",
        )
        remedy = worded("hint-splits", "Received: {splits}. Remove splits, or set resplit: false.", splits=head.splits)
        yield Finding(
            ("splits",), joined(told, worded("must-not-both", ": not both. "), remedy), code="config-keys-conflict"
        )
    if not further:
        return
    place = ("confirmation", "on_one_split")
    if head.splits or confirmation.resplit is False:
        told = worded("must-own-splits", "without a split of its own for each seed, all seeds are on one split already")
        remedy = worded(
            "hint-own-splits",
            "Received: {further}. Remove the key, or use resplit: true without splits.",
            further=further,
        )
        yield Finding(place, joined(told, remedy, between=". "), code="config-value-wrong")
    elif further < FEWEST_ON_ONE_SPLIT:
        told = worded("must-variance-seeds", "a variance needs at least {least} seeds", least=FEWEST_ON_ONE_SPLIT)
        remedy = worded(
            "hint-variance-seeds",
            "Received: {further}. Use 0 for none, or {least} and more.",
            further=further,
            least=FEWEST_ON_ONE_SPLIT,
        )
        yield Finding(place, joined(told, remedy, between=". "), code="config-value-wrong")


def _with_engine(problem: StudyProblem, engine: str) -> StudyProblem:
    """Return a problem with the engine of the study, where that names one."""
    if engine == "auto":
        return problem
    training = problem.experiment.training.model_copy(update={"engine": engine})
    return replace(problem, experiment=problem.experiment.model_copy(update={"training": training}))


def _look_findings(head: StudyHead) -> Iterator[Finding]:
    """Yield that the last look of a sequential plan would come before its first one."""
    seeds, at_most = head.confirmation.seeds, head.confirmation.at_most
    if at_most is not None and at_most <= seeds:
        sentence = worded(
            "must-at-most",
            "at_most must be more than seeds, the first look. Received: {at_most} with seeds: {seeds}. "
            "Use for example at_most: {example}, or null for one look.",
            at_most=at_most,
            seeds=seeds,
            example=2 * seeds,
        )
        yield Finding(("confirmation", "at_most"), sentence, code="config-value-wrong")


def _tuning_findings(head: StudyHead, optimizers: Sequence[StudyOptimizer]) -> Iterator[Finding]:
    """Yield what in the tuning does not fit what the optimizers search."""
    tuning = head.tuning
    if tuning.race != "off" and tuning.seeds < 2:  # noqa: PLR2004 - with one seed nothing is repeated
        told = worded(
            "must-race-seeds",
            "a race over seeds needs at least 2. Received: {seeds} with race: {race}. Use race: off.",
            seeds=tuning.seeds,
            race=tuning.race,
        )
        yield Finding(("tuning", "seeds"), told, code="config-value-wrong")
    if tuning.seeds + tuning.freed > FIRST_CONFIRMATION_SEED:
        told = worded(
            "must-race-short",
            "the seeds of a full race end at {last}, and confirmation begins at {first}. Received: "
            "{seeds} with points: {points}. Use fewer.",
            last=tuning.seeds + tuning.freed - 1,
            first=FIRST_CONFIRMATION_SEED,
            seeds=tuning.seeds,
            points=tuning.points,
        )
        yield Finding(("tuning", "seeds"), told, code="config-value-wrong")
    for optimizer in optimizers:
        dimensions = len(optimizer.search)
        if tuning.sampler == "grid" and dimensions > 1 and not is_power(tuning.points, dimensions):
            near = ", ".join(str(side**dimensions) for side in range(2, 5))
            sentence = worded(
                "must-grid",
                "{label} searches {dimensions} hyperparameters, and a grid has as many points along each: "
                "points must be one of {near}, ... Received: {points}. Or use sampler: halton.",
                label=optimizer.label,
                dimensions=dimensions,
                near=near,
                points=tuning.points,
            )
            yield Finding(("tuning", "points"), sentence, code="config-value-wrong")
            break
    penalised = sorted({key for optimizer in optimizers for key in optimizer.model_keys if key == "model.l2"})
    if penalised and tuning_metric(tuning.metric).holds_penalties:
        sentence = worded(
            "key-penalised-loss",
            "val_loss holds the L2 penalty, which the optimizers set for themselves here: their losses "
            "cannot be compared. Use metric: val_log_loss, which does not hold it.",
        )
        yield Finding(("tuning", "metric"), sentence, code="config-keys-conflict")


def is_power(points: int, dimensions: int) -> bool:
    """Return True if a grid of `points` points has equally many along each of the dimensions."""
    return bool(round(points ** (1 / dimensions)) ** dimensions == points)
