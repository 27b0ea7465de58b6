"""From experiment files to planned runs: one per config and seed, each with its data, its key and its folder."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.core.printable import with_own_lines
from optbench.core.worded import joined, said_in_general, worded
from optbench.errors import ConfigError, InvalidError, UsageError
from optbench.runs.recorded import code_references, python_references, trained_references

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optbench.config import ExperimentConfig, LoadedExperiment, TextForm
    from optbench.records import Dataset
    from optbench.run_store import RunPaths


@dataclass(frozen=True, slots=True)
class SeedKeys:
    """The run keys of an experiment by its seed.

    Attributes
    ----------
    code : sha256 of each of the user's Python files, which are in the keys
    of : returns the key of a seed
    """

    code: Mapping[str, str]
    of: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One experiment with one seed, before it has a folder.

    Attributes
    ----------
    loaded : the experiment as given
    config : resolved for this run's seed
    dataset : shared by all runs on the same data; only its outline if there is `load`
    code : user's Python files by the name they are recorded under
    versions : packages that are part of the key
    key : 64 hex digits
    paths : where the run is or will be
    load : reads the data when it is staged, where it is not kept in memory until then
    keys : of the same experiment on the same data with other seeds; None of a run that has a folder
    """

    loaded: LoadedExperiment
    config: ExperimentConfig
    dataset: Dataset
    code: Mapping[str, Path]
    versions: Mapping[str, str]
    key: str
    paths: RunPaths
    load: Callable[[], Dataset] | None = None
    keys: SeedKeys | None = field(default=None, compare=False)

    def data(self) -> Dataset:
        """Return the data with its numbers."""
        return self.dataset if self.load is None else self.load()

    def trained_code(self) -> dict[str, str]:
        """Return the sha256 of each file of the user's Python that training executes, by the path it is found by.

        Of one that has gone since, whoever executes it tells.
        """
        from optbench.user_code import parse_reference

        base, code = self.loaded.base.resolve(), {}
        for text in trained_references(self.config):
            with suppress(InvalidError):
                reference = parse_reference(text, base)
                code[str(reference.file)] = reference.sha256()
        return code

    @property
    def run(self) -> str:
        """The run id: the name of the folder."""
        return self.paths.folder.name


def load_experiments(files: Sequence[Path], overrides: Sequence[str]) -> list[LoadedExperiment]:
    """Load every file; findings of all files are reported together.

    Raises
    ------
    ConfigError
        With the findings of every file, separated by blank lines.
    """
    from optbench.config import load_experiment

    loaded, errors = [], []
    for file in files:
        try:
            loaded.append(load_experiment(file, overrides=overrides))
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise ConfigError.gathered(errors)
    return loaded


def plan_runs(
    experiments: Sequence[LoadedExperiment],
    *,
    seeds: Sequence[int] | None,
    runs_dir: Path,
    data_dir: Path,
    quiet: bool = True,
    say: Callable[[str], None] = lambda _sentence: None,
    language: str | None = None,
) -> list[PlannedRun]:
    """Load the data, resolve every `auto`, compute the keys.

    Parameters
    ----------
    seeds : from the command line; replaces those of the files
    say : gets the notes on each data set, once; of several, with the name of the first experiment on it
    language : of the notes; None is that of the machine setting

    Raises
    ------
    InvalidError
        If a data set or a combination is not valid; nothing has been created.
    UsageError
        If two different experiments would share a folder.
    """
    from optbench.training.engines import engine_versions

    engines = dict.fromkeys(loaded.config.training.engine for loaded in experiments)
    versions = {engine: engine_versions([engine]) for engine in engines}
    datasets: dict[str, Dataset] = {}
    planned: dict[str, PlannedRun] = {}
    errors: list[InvalidError] = []
    several = len({_identity(loaded) for loaded in experiments}) > 1
    for loaded in experiments:
        try:
            named = _naming(loaded, say) if several else say
            dataset = _dataset(loaded, datasets, data_dir=data_dir, quiet=quiet, say=named, language=language)
            for seed in seeds_of(loaded, seeds):
                packages = versions[loaded.config.training.engine]
                run = plan_run(loaded, seed=seed, dataset=dataset, versions=packages, runs_dir=runs_dir)
                other = planned.setdefault(run.run, run)
                if other.key != run.key:
                    raise UsageError(
                        worded(
                            "typed-same-folder",
                            "two different runs would share the folder {run}; rename one experiment.",
                            run=run.run,
                        ),
                        code="usage-run-folder-shared",
                    )
        except InvalidError as error:
            errors.append(in_file(error, loaded.path))
    if errors:
        raise InvalidError.gathered(errors)
    return list(planned.values())


def in_file(error: InvalidError, path: Path) -> InvalidError:
    """Return an error that names the file it is about."""
    if any(problem.values.get("file") == str(path) for problem in error.problems):
        return error
    shown = with_own_lines(str(path))
    problems = [replace(problem, values={"file": str(path), **problem.values}) for problem in error.problems]
    several = (
        [(one.code, one.values["message"]) for one in problems] if len(problems) > 1 else [(error.code, error.worded)]
    )
    message = joined(*(joined(shown, said_in_general(code, one), between=": ") for code, one in several), between="\n")
    return InvalidError(message, code=error.code, findings=error.findings, problems=problems)


def user_code(config: ExperimentConfig, base: Path) -> dict[str, Path]:
    """Return the user's Python files that an experiment names, by their name in the config.

    Raises
    ------
    ConfigError
        If a file is missing or no Python, or has no such function; nothing is executed.
    """
    from optbench.user_code import parse_reference, require_defined

    for reference in python_references(config):
        require_defined(parse_reference(reference, base, error=ConfigError), error=ConfigError)

    return {
        name: parse_reference(reference, base, error=ConfigError).file
        for name, reference in code_references(config).items()
    }


def seeds_of(loaded: LoadedExperiment, seeds: Sequence[int] | None = None) -> Sequence[int]:
    """Return the seeds given, else those of the file."""
    if seeds is not None:
        return seeds
    return loaded.config.seeds if loaded.config.seeds is not None else [loaded.config.seed]


def _dataset(
    loaded: LoadedExperiment,
    known: dict[str, Dataset],
    *,
    data_dir: Path,
    quiet: bool,
    say: Callable[[str], None],
    language: str | None,
) -> Dataset:
    from optbench.words import sentence

    identity = _identity(loaded)
    if identity not in known:
        known[identity] = load_data(loaded, data_dir=data_dir, quiet=quiet)
        for note in known[identity].notes:
            say(sentence(note, language))
    return known[identity]


def _identity(loaded: LoadedExperiment) -> str:
    """Return a text that is equal for experiments with the same data."""
    section = loaded.config.to_plain()["dataset"]
    base = loaded.base if {"path", "function"} & set(section) else Path()
    return json.dumps([loaded.config.task, section, _texts(loaded.config), str(base)], sort_keys=True)


def _texts(config: ExperimentConfig) -> TextForm | None:
    """Return what texts become for an experiment's model; None also for data without any."""
    from optbench.config import text_form_for

    features = getattr(config.dataset, "features", None)  # of a table; of a generated problem it is their number
    has_texts = isinstance(features, dict) and "text" in features.values()
    return text_form_for(config.model.name) if has_texts else None


def _naming(loaded: LoadedExperiment, say: Callable[[str], None]) -> Callable[[str], None]:
    """Return `say` with the name of the experiment before each sentence: which of several data sets it is about."""
    return lambda sentence: say(f"{loaded.config.name}: {sentence}")


def load_data(loaded: LoadedExperiment, *, data_dir: Path, quiet: bool = True) -> Dataset:
    """Load the data set of an experiment, for its task."""
    from optbench.config import text_form_for
    from optbench.datasets import load_dataset

    config = loaded.config
    return load_dataset(
        config.dataset,
        base=loaded.base,
        data_dir=data_dir,
        quiet=quiet,
        task=config.task,
        texts=text_form_for(config.model.name),
    )


def resolve_for_data(loaded: LoadedExperiment, *, data_dir: Path) -> ExperimentConfig:
    """Return an experiment with every `auto` resolved for its data, and its first seed."""
    dataset = load_data(loaded, data_dir=data_dir)
    return resolve_with(loaded, dataset, seed=seeds_of(loaded)[0])


def resolve_with(loaded: LoadedExperiment, dataset: Dataset, *, seed: int) -> ExperimentConfig:
    """Return an experiment with every `auto` resolved, and every label named, for data that is loaded."""
    from optbench.config import resolve, with_text_form

    return resolve(
        with_text_form(_with_named_labels(loaded.config, dataset), dataset.facts.get("text_form")),
        seed=seed,
        num_classes=dataset.num_classes,
        input_shape=dataset.input_shape,
        official_test=bool(dataset.facts["split"]["official_test"]),
        train_rows=len(dataset.train.y),
        vocabulary_size=dataset.vocabulary_size,
        parts=dataset.parts,
        has_validation=dataset.validation is not None and len(dataset.validation.y) > 0,
    )


def _with_named_labels(config: ExperimentConfig, dataset: Dataset) -> ExperimentConfig:
    """Return an experiment whose class weights have the names of the data's classes."""
    from optbench.datasets import weights_by_class

    weights = config.training.class_weight
    if not isinstance(weights, dict):
        return config
    named = weights_by_class(weights, dataset.class_names, dataset.facts.get("labels"))
    return config.model_copy(update={"training": config.training.model_copy(update={"class_weight": named})})


def plan_run(
    loaded: LoadedExperiment,
    *,
    seed: int,
    dataset: Dataset,
    versions: Mapping[str, str],
    runs_dir: Path,
    like: PlannedRun | None = None,
) -> PlannedRun:
    """Resolve an experiment for one seed and the data it is for, and compute its key.

    Parameters
    ----------
    like : a run of the same experiment on the same data with another seed, whose resolved sections this one shares;
        None if there is none
    """
    from optbench.config import keys_of_seeds
    from optbench.run_store import RunPaths, contained, run_id
    from optbench.training.engines import require_engine
    from optbench.user_code import source_sha256

    if like is None:
        config = resolve_with(loaded, dataset, seed=seed)
        require_engine(config)
        code: Mapping[str, Path] = user_code(config, loaded.base)
    else:
        config, code = like.config.model_copy(update={"seed": seed}), like.code
    digests = {name: source_sha256(path) for name, path in code.items()}
    keys = None if like is None else like.keys
    if keys is None or keys.code != digests:
        of = keys_of_seeds(
            config, data_digest=dataset.data_digest, code=digests, versions=versions, reading=dataset.reading
        )
        keys = SeedKeys(digests, of)
    key = keys.of(seed)
    folder = contained(runs_dir, run_id(config.name, seed, key))
    return PlannedRun(loaded, config, dataset, code, versions, key, RunPaths(folder), keys=keys)
