"""The problems of a study file: experiment files by path, or data, model and training written inline."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optbench.config.findings import Finding, Findings, shown
from optbench.config.hints import unknown_key_remedy
from optbench.config.load import load_experiment
from optbench.config.names import is_name, name_fault
from optbench.config.study_sections import StudyProblem
from optbench.config.validation import validate_experiment
from optbench.core.worded import joined, worded
from optbench.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.config.experiment import ExperimentConfig
    from optbench.config.findings import Path as Place

INLINE = ("task", "dataset", "model", "training", "evaluation")
WRITE_EXPERIMENT = worded(
    "hint-experiment", "Name an experiment file, or write {{dataset: {{name: ...}}, model: {{name: ...}}}}."
)
_WRITE_EXPERIMENTS = worded("hint-experiments", "List some: experiments: [iris.yaml, wine.yaml].")
_MOVED = {
    "optimizer": worded("hint-of-study", "The optimizers of a study are listed under 'optimizers'."),
    "name": worded(
        "hint-name-of-study",
        "One experiment goes by the name of its data set. Name the study: put name at the top of the file.",
    ),
}
_STAND_IN = {"name": "sgd"}


class ProblemReader(Findings):
    """Turns `experiment` or `experiments` into problems and gathers what is wrong with them.

    Attributes
    ----------
    findings : in the study file
    elsewhere : findings in the experiment files it names
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.elsewhere: list[ConfigError] = []

    def read(self, plain: Mapping[str, Any], *, is_misspelt: bool) -> tuple[StudyProblem, ...]:
        """Return the problems that are valid."""
        one, several = plain.get("experiment"), plain.get("experiments")
        if one is not None and several is not None:
            self.say(
                ("experiments",),
                worded("key-experiment-both", "a study has 'experiment' or 'experiments', not both. Remove one."),
                at_key=True,
                code="config-keys-conflict",
            )
            return ()
        if several is not None:
            return self._several(several)
        if one is None:
            if not is_misspelt:
                self.say(
                    ("experiment",),
                    worded("key-missing-study", "missing. {remedy}", remedy=WRITE_EXPERIMENT),
                    at_key=True,
                    code="config-key-missing",
                )
            return ()
        problem = self._problem(one, ("experiment",))
        return () if problem is None else (problem,)

    def _several(self, value: Any) -> tuple[StudyProblem, ...]:
        path = ("experiments",)
        if not isinstance(value, list) or not value:
            self.say(
                path,
                worded(
                    "must-experiments",
                    "must be a list of experiments. Received: {received}. {remedy}",
                    received=shown(value),
                    remedy=_WRITE_EXPERIMENTS,
                ),
                code="config-value-wrong",
            )
            return ()
        given = [item.get("name") if isinstance(item, dict) else None for item in value]
        found = [self._problem(item, (*path, position), named=True) for position, item in enumerate(value)]
        problems = [problem for problem in found if problem is not None]
        if len(problems) < len(value):
            return ()
        names = _distinct(problems, given)
        for position, name in enumerate(names):
            if names.index(name) != position:
                told = worded(
                    "must-name-once",
                    "the name {name!r} is given twice, first to item {first}. Choose another.",
                    name=name,
                    first=names.index(name) + 1,
                )
                self.say((*path, position, "name"), told, code="config-value-repeated")
        return tuple(replace(problem, name=name) for problem, name in zip(problems, names, strict=True))

    def _problem(self, value: Any, path: Place, *, named: bool = False) -> StudyProblem | None:
        if isinstance(value, str):
            return self._from_file(value, path)
        if not isinstance(value, dict):
            self.say(
                path,
                worded(
                    "must-experiment-or-mapping",
                    "must be an experiment file or a mapping. Received: {received}. {remedy}",
                    received=shown(value),
                    remedy=WRITE_EXPERIMENT,
                ),
                code="config-value-wrong",
            )
            return None
        known = ("name", *INLINE) if named else INLINE
        for key in [key for key in value if key not in known]:
            remedy = joined(" ", _MOVED[key]) if key in _MOVED else unknown_key_remedy(key, known, path)[0]
            self.say(
                (*path, key),
                worded("key-unknown", "unknown key.{remedy}", remedy=remedy),
                at_key=True,
                code="config-key-unknown",
            )
        name = value.get("name", "problem") if named else "problem"
        if not is_name(name):
            told = name_fault(name, worded("name-since-runs", "since the folders of its runs are called so"))
            self.say((*path, "name"), told, code="config-value-wrong")
        inline = {key: value[key] for key in INLINE if key in value}
        config, findings = validate_experiment({"name": "study", "optimizer": _STAND_IN, **inline})
        self.findings += [below(finding, path) for finding in findings]
        return self._without_own_protocol(config, self.path.parent, path)

    def _from_file(self, value: str, path: Place) -> StudyProblem | None:
        file = self.path.parent / value
        if _is_missing(file):
            near = [found.name for found in sorted(file.parent.glob("*.y*ml"))]
            hint = did_you_mean(file.name, near)
            self.say(
                path,
                worded(
                    "file-not-beside-study",
                    "there is no such file beside the study file. Received: {received}.{hint}",
                    received=shown(value),
                    hint=hint,
                ),
                code="config-file-missing",
            )
            return None
        try:
            loaded = load_experiment(file)
        except ConfigError as error:
            self.elsewhere.append(error)
            return None
        return self._without_own_protocol(loaded.config, file.parent, path)

    def _without_own_protocol(self, config: ExperimentConfig | None, base: Path, path: Place) -> StudyProblem | None:
        if config is None:
            return None
        if config.dataset.split.folds is not None or config.dataset.split.fold is not None:
            told = worded(
                "key-folds-of-study", "dataset.split.folds is for 'optbench run': a study draws its splits itself."
            )
            self.say(
                path, joined(told, worded("hint-remove-folds", " Remove folds and fold.")), code="config-keys-conflict"
            )
            return None
        if config.dataset.split.all_rows:
            told = worded("key-rows-of-study", "dataset.split.all_rows leaves no rows to tune and to confirm on.")
            self.say(path, joined(told, worded("hint-remove", " Remove it.")), code="config-keys-conflict")
            return None
        if config.dataset.split.withhold_test:
            told = worded(
                "key-withheld-of-study",
                "dataset.split.withhold_test is for the study to decide: it withholds the test split while it tunes.",
            )
            self.say(path, joined(told, worded("hint-remove", " Remove it.")), code="config-key-without-effect")
            return None
        return StudyProblem(str(config.dataset.name), config, base)


def below(finding: Finding, path: Place, *, skip: int = 0) -> Finding:
    """Return a finding of a part as one of the whole; `path` is where the part stands."""
    means = (*path, *finding.means[skip:]) if finding.means else ()
    return replace(finding, path=(*path, *finding.path[skip:]), means=means)


def _distinct(problems: Sequence[StudyProblem], given: Sequence[Any]) -> list[str]:
    """Return the names given; without one the data set's, with the model's or a number where that is not enough."""
    data = Counter(problem.name for problem in problems)
    own = [
        f"{problem.name}-{problem.experiment.model.name}" if data[problem.name] > 1 else problem.name
        for problem in problems
    ]
    unnamed = Counter(name for name, written in zip(own, given, strict=True) if written is None)
    names, seen = [], Counter[str]()
    for name, written in zip(own, given, strict=True):
        seen[name] += written is None
        names.append(str(written) if written is not None else f"{name}-{seen[name]}" if unnamed[name] > 1 else name)
    return names


def _is_missing(file: Path) -> bool:
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):  # whoever reads it has the words for that
        return False
    return False
