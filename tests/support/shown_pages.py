"""Real pages of runs, comparisons and studies whose training is pretended: made by the commands, a second each."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from fake_training import FakeExecutor

from optbench.runner.compare import CompareOptions, compare_runs
from optbench.runner.folds import gather_folds
from optbench.runner.run import RunOptions, run_experiments
from optbench.study.run import StudyOptions, run_study

Skill = Callable[[Any], float]

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "a\"b'c&amp;`d`",
    "\N{RIGHT-TO-LEFT OVERRIDE}ltr\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}",
    "very-long-" + "x" * 300,
)
"""Names that a page must show as the text they are."""

BINARY: Final = "{name: two_spirals, rows: 400}"
NUMBERS: Final = "{name: friedman1, rows: 400}"
TWELVE: Final = (
    *("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw"),
    *("ftrl", "lamb", "lion", "nadam", "rmsprop", "sgd"),
)


@dataclass(frozen=True)
class ShownPage:
    """A page, and the numbers that it is about."""

    path: Path
    runs: tuple[str, ...] = ()

    @cached_property
    def table(self) -> list[dict[str, str]]:
        """The rows of `compare --format csv` on the runs that the page compares."""
        return list(csv.DictReader(self._compared("csv").splitlines()))

    @cached_property
    def document(self) -> Any:
        """verdict.json beside the page of a study; else what `compare --format json` says of the runs."""
        verdict = self.path.parent / "verdict.json"
        return json.loads(verdict.read_text(encoding="utf-8") if verdict.exists() else self._compared("json"))

    def _compared(self, output_format: Literal["csv", "json"]) -> str:
        options = CompareOptions(self.runs, runs_dir=self.path.parent / "runs", output_format=output_format)
        return compare_runs(options).text


def skills(**of_optimizers: float) -> Skill:
    """Return how many rows a run answers rightly, by its optimizer; a diverged run is below 0."""
    return lambda config: of_optimizers.get(config.optimizer.name, 0.9)


def diverges_on(seeds: Mapping[str, tuple[int, ...]]) -> Skill:
    """Return skills of runs, some of which diverge: by optimizer and seed."""
    return lambda config: -1.0 if config.seed in seeds.get(config.optimizer.name, ()) else 0.85


class Place:
    """A folder in which commands are given."""

    def __init__(self, folder: Path, language: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.language, self.runs_dir = folder, language, folder / "runs"

    def train(
        self,
        skill: Skill,
        *,
        optimizers: tuple[str, ...] = ("adam", "sgd"),
        seeds: int = 6,
        dataset: str = BINARY,
        more: str = "",
        figures: bool = False,
        folds: int | None = None,
    ) -> list[Any]:
        """Run an experiment per optimizer; returns how its runs ended."""
        name = "".join(letter for letter in dataset.partition(",")[0] if letter.isalnum()).removeprefix("name")
        files = []
        for optimizer in optimizers:
            path = self.folder / f"{name}-{optimizer}.yaml"
            path.write_text(
                f"name: {path.stem.replace('_', '-')}\ndataset: {dataset}\noptimizer: {{name: {optimizer}}}\n"
                f"model: {{name: mlp, hidden_units: [4]}}\n"
                f"{'' if 'training:' in more else 'training: {epochs: 5}'}\n{more}",
                encoding="utf-8",
            )
            files.append(path)
        options = RunOptions(
            tuple(files),
            seeds=tuple(range(seeds)),
            runs_dir=self.runs_dir,
            data_dir=self.folder,
            jobs=1,
            quiet=True,
            figures=figures,
            folds=folds,
            language=self.language,
        )
        return run_experiments(options, say=lambda _: None, executor_for=lambda *_: FakeExecutor(skill=skill))

    def compared(self, ends: list[Any]) -> ShownPage:
        """Compare runs on a page."""
        page, runs = self.folder / "comparison.html", tuple(str(end.planned.paths.folder) for end in ends)
        compare_runs(CompareOptions(runs, runs_dir=self.runs_dir, html=page, language=self.language))
        return ShownPage(page, runs)

    def drawn(self, skill: Skill, **what: Any) -> ShownPage:
        """Train one run and draw its page."""
        (end,) = self.train(skill, optimizers=("adam",), seeds=1, figures=True, **what)
        return ShownPage(end.planned.paths.report_html, (str(end.planned.paths.folder),))

    def studied(self, skill: Skill, text: str) -> ShownPage:
        """Carry out a study and draw its page."""
        path = self.folder / "study.yaml"
        path.write_text(text, encoding="utf-8")
        options = StudyOptions(
            path, runs_dir=self.runs_dir, data_dir=self.folder, jobs=1, quiet=True, language=self.language
        )
        end = run_study(options, say=lambda _: None, executor_for=lambda *_: FakeExecutor(skill=skill))
        confirmed = [run.planned for run in end.runs.planned if run.stage == "confirmation"]
        return ShownPage(end.plan.paths.page, tuple(str(run.paths.folder) for run in confirmed))

    def letters(self) -> str:
        """Write a table of 26 classes; returns the section that reads it."""
        rows = [f"{row % 7},{row % 5},{chr(ord('a') + row % 26)}\n" for row in range(520)]
        (self.folder / "letters.csv").write_text("p,q,y\n" + "".join(rows))
        return "{name: csv, path: letters.csv, target: y}"

    def long_names(self) -> str:
        """Write a table of two classes with long names; returns the section that reads it."""
        names = ("customer stays with us", "customer leaves within ninety days")
        rows = [f"{row % 17},{row % 13},{names[row % 2]}\n" for row in range(400)]
        (self.folder / "customers.csv").write_text("p,q,y\n" + "".join(rows))
        return "{name: csv, path: customers.csv, target: y}"

    def hostile(self) -> str:
        """Write a table whose columns and classes have hostile names; returns the section that reads it."""
        with (self.folder / "hostile.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["p", *HOSTILE[:3], "y"])
            for row in range(160):
                cells = [f"{name} {row % 3}" for name in HOSTILE[:3]]
                writer.writerow([row % 7, *cells, HOSTILE[row % 4]])
        return "{name: csv, path: hostile.csv, target: y}"


STUDY: Final = """\
name: trial
experiment: {{dataset: {dataset}, model: {{name: mlp, hidden_units: [4]}}, training: {{epochs: 5}}}}
optimizers: {optimizers}
tuning: {{points: 4, seeds: 2}}
confirmation: {{seeds: 5}}
"""
SEVERAL: Final = """\
name: several
experiments:
  - {dataset: {name: iris}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 5}}
  - {dataset: {name: wine}, model: {name: mlp, hidden_units: [4]}, training: {epochs: 5}}
optimizers: [sgd, adam]
tuning: {points: 2, seeds: 1}
confirmation: {seeds: 4}
"""
CLEAR: Final = skills(adam=0.95, sgd=0.75)
CLOSE: Final = skills(adam=0.86, sgd=0.85)


def _several(place: Place) -> ShownPage:
    sections = ("{name: iris}", "{name: wine}", "{name: breast_cancer}", BINARY, "{name: signals, rows: 300}")
    skill = skills(adam=0.95, sgd=0.75, adamw=0.9)
    optimizers = ("adam", "sgd", "adamw")
    return place.compared(
        [end for one in sections for end in place.train(skill, optimizers=optimizers, seeds=2, dataset=one)]
    )


def _folds(place: Place) -> ShownPage:
    ends = place.train(CLEAR, optimizers=("adam",), seeds=1, folds=4, dataset="{name: iris}")
    (group,) = gather_folds(ends, place.runs_dir, place.language)
    return ShownPage(group.paths.page)


_ASKS_MORE = "evaluation: {threshold: f1, calibration: temperature}\nreport: {examples: true}\n"
_DIAGNOSED = "training: {epochs: 5, diagnostics: true}\n"
_NO_VALIDATION = "{name: two_spirals, rows: 400, split: {validation: 0}}"

COMPARISONS: Final[dict[str, Callable[[Place], ShownPage]]] = {
    "winner": lambda place: place.compared(place.train(CLEAR, seeds=8)),
    "undecided": lambda place: place.compared(place.train(CLOSE, seeds=3, dataset=place.long_names())),
    "diverged": lambda place: place.compared(place.train(diverges_on({"sgd": (1, 3), "adam": (0,)}))),
    "numbers": lambda place: place.compared(place.train(CLEAR, dataset=NUMBERS, more="task: regression\n")),
    "several": _several,
    "twelve": lambda place: place.compared(place.train(CLEAR, optimizers=TWELVE, seeds=3)),
    "letters": lambda place: place.compared(place.train(CLEAR, seeds=3, dataset=place.letters())),
    "hostile": lambda place: place.compared(place.train(CLEAR, seeds=3, dataset=place.hostile())),
}
RUNS: Final[dict[str, Callable[[Place], ShownPage]]] = {
    "run": lambda place: place.drawn(CLEAR, more=_ASKS_MORE + _DIAGNOSED),
    "run-diverged": lambda place: place.drawn(skills(adam=-1.0)),
    "run-numbers": lambda place: place.drawn(CLEAR, dataset=NUMBERS, more="task: regression\n"),
    "run-letters": lambda place: place.drawn(CLEAR, dataset=place.letters()),
    "run-no-validation": lambda place: place.drawn(CLEAR, dataset=_NO_VALIDATION),
    "run-hostile": lambda place: place.drawn(CLEAR, dataset=place.hostile(), more="report: {examples: true}\n"),
    "folds": _folds,
}
STUDIES: Final[dict[str, Callable[[Place], ShownPage]]] = {
    "study": lambda place: place.studied(CLEAR, STUDY.format(dataset=BINARY, optimizers="[sgd, adam, adamw]")),
    "study-several": lambda place: place.studied(CLEAR, SEVERAL),
}
PAGES: Final = {**COMPARISONS, **RUNS, **STUDIES}


class Pages:
    """Makes each page once, in a folder of its own, in one of the languages a page may begin with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, str], ShownPage] = {}

    def __call__(self, name: str, language: str = "en") -> ShownPage:
        if (name, language) not in self._made:
            self._made[name, language] = PAGES[name](Place(self._folder / language / name, language))
        return self._made[name, language]
