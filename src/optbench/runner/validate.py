"""`optbench validate`: experiment files and their data, looked at without training and without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.errors import InvalidError
from optbench.tasks import task_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.config import ExperimentConfig, LoadedExperiment
    from optbench.records import Dataset


@dataclass(frozen=True, slots=True)
class ValidatedConfig:
    """One experiment file.

    Attributes
    ----------
    path : as given
    error : every finding; None if the file is valid
    document : what was inferred, as plain JSON values; {} if the file is not valid
    lines : the same for a reader
    """

    path: str
    error: InvalidError | None
    document: Mapping[str, Any]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """What there is to say about all files of one command."""

    files: tuple[ValidatedConfig, ...]

    @property
    def text(self) -> str:
        """What was inferred from the valid files."""
        return "\n".join(line for file in self.files for line in file.lines)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "schema_version": 1,
            "ok": all(file.error is None for file in self.files),
            "files": [{"path": file.path, **_found(file.error), **file.document} for file in self.files],
        }

    def raise_for_findings(self) -> None:
        """Raise if a file is not valid.

        Raises
        ------
        InvalidError
            With the findings of all files together.
        """
        errors = [file.error for file in self.files if file.error is not None]
        if errors:
            raise InvalidError.gathered(errors)


def _found(error: InvalidError | None) -> dict[str, Any]:
    """Return what `--json` says of an error: all of it as one text, in English, and each finding by itself."""
    from optbench.words import DEFAULT, error_text

    if error is None:
        return {"ok": True, "error": None}
    told = error.to_json()
    return {"ok": False, "error": error_text(error, DEFAULT), **{name: told[name] for name in ("code", "problems")}}


def validate_configs(
    paths: Sequence[Path],
    *,
    overrides: Sequence[str],
    data_dir: Path,
    quiet: bool = True,
    load: Callable[..., LoadedExperiment] | None = None,
) -> Validation:
    """Validate experiment files, each with its data; a finding in one does not hide those of another.

    Parameters
    ----------
    overrides : `--set` arguments
    data_dir : where downloaded data sets are; missing ones are downloaded into it
    load : how a file is read; `optbench.config.load_experiment` if None
    """
    if load is None:
        from optbench.config import load_experiment

        load = load_experiment
    return Validation(
        tuple(_validated(path, load, overrides=overrides, data_dir=data_dir, quiet=quiet) for path in paths)
    )


def _validated(
    path: Path, load: Callable[..., LoadedExperiment], *, overrides: Sequence[str], data_dir: Path, quiet: bool
) -> ValidatedConfig:
    from optbench.runner.plan import in_file, load_data, resolve_with, seeds_of, user_code
    from optbench.training.engines import require_engine

    try:
        loaded = load(path, overrides=overrides)
        user_code(loaded.config, loaded.base)
        dataset = load_data(loaded, data_dir=data_dir, quiet=quiet)
        resolved = resolve_with(loaded, dataset, seed=seeds_of(loaded)[0])
        require_engine(resolved)
    except InvalidError as error:
        return ValidatedConfig(str(path), in_file(error, path), {}, ())
    document = {"name": resolved.name, "data": _data_document(dataset), "resolved": resolved.to_plain()}
    return ValidatedConfig(str(path), None, document, (f"{path}: ok", *_data_lines(dataset), *_model_lines(resolved)))


def _data_document(dataset: Dataset) -> dict[str, Any]:
    """Return what `--json` prints: sentences in English, and the findings they are made of."""
    from optbench.words import DEFAULT, sentences

    facts = dataset.facts
    shown = {name: _with_reasons(facts[name]) for name in ("columns", "columns_left_out") if name in facts}
    return {
        "dataset": dataset.name,
        "input_shape": list(dataset.input_shape),
        "feature_names": list(dataset.feature_names),
        "data_digest": dataset.data_digest,
        "split_digest": dataset.split_digest,
        "notes": sentences(dataset.notes, DEFAULT),
        "findings": [note.to_json() for note in dataset.notes],
        **facts,
        **shown,
    }


def _with_reasons(recorded: Any) -> Any:
    """Return what is recorded of columns with sentences in place of the reasons."""
    from optbench.words import DEFAULT, recorded_sentence

    if isinstance(recorded, dict):
        return {name: recorded_sentence(reason, DEFAULT) for name, reason in recorded.items()}
    return [{**column, "reason": recorded_sentence(column["reason"], DEFAULT)} for column in recorded]


def _data_lines(dataset: Dataset) -> list[str]:
    from optbench.words import recorded_sentence, sentences

    facts = dataset.facts
    rows = ", ".join(f"{name} {count}" for name, count in facts["split"]["rows"].items())
    columns = facts.get("columns", [])
    width = max((len(column["name"]) for column in columns), default=0)
    return [
        f"  data: {dataset.name}, {facts['rows_read']} rows read; {rows} ({_method(facts['split'])})",
        *task_named(dataset.task).data_lines(dataset),
        *([f"  columns, by the {facts['split']['rows']['train']} training rows:"] if columns else []),
        *(
            f"    {column['name']:<{width}}  {column['kind']}: {recorded_sentence(column['reason'])}"
            for column in columns
        ),
        f"  input shape: {' x '.join(map(str, dataset.input_shape))}",
        *(f"  note: {sentence}" for sentence in sentences(dataset.notes)),
    ]


def _method(split: Mapping[str, Any]) -> str:
    named = {
        "fractions": "split by fractions",
        "column": "split by a column",
        "test_path": "test rows from a file of their own",
        "official": "the data's own test set",
    }
    told = named[split["method"]]
    if "stratify" in split:
        told += f", {'stratified' if split['stratify'] else 'not stratified'}, split seed {split['seed']}"
    return told


def _model_lines(resolved: ExperimentConfig) -> list[str]:
    training = resolved.training
    told = f"model: {resolved.model.name}; optimizer: {resolved.optimizer.name}; loss: {training.loss}"
    return [f"  {told}; engine: {training.engine}; threads: {training.threads}"]
