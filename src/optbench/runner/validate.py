"""`optbench validate`: experiment files and their data, looked at without training and without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optbench.core.findings import Finding, Severity, as_json
from optbench.core.printable import printable
from optbench.core.private_text import names_of_the_user
from optbench.errors import InvalidError
from optbench.runner.column_lines import column_lines
from optbench.runner.many_levels import many_levels
from optbench.tasks import task_named
from optbench.words import DEFAULT, dropped_rows, error_text, recorded_sentence, sentences, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from optbench.config import ExperimentConfig, LoadedExperiment
    from optbench.records import Dataset, InputPart
    from optbench.runner.column_lines import ColumnLine


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
        return "\n".join(printable(line) for file in self.files for line in file.lines)

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
    language: str | None = None,
) -> Validation:
    """Validate experiment files, each with its data; a finding in one does not hide those of another.

    Parameters
    ----------
    overrides : `--set` arguments
    data_dir : where downloaded data sets are; missing ones are downloaded into it
    load : how a file is read; `optbench.config.load_experiment` if None
    language : of what is said of valid files; None is that of the machine setting
    """
    if load is None:
        from optbench.config import load_experiment

        load = load_experiment
    return Validation(
        tuple(
            _validated(path, load, overrides=overrides, data_dir=data_dir, quiet=quiet, language=language)
            for path in paths
        )
    )


def _validated(
    path: Path,
    load: Callable[..., LoadedExperiment],
    *,
    overrides: Sequence[str],
    data_dir: Path,
    quiet: bool,
    language: str | None,
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
    warnings = [*_path_warnings(resolved), *task_named(dataset.task).data_warnings(dataset)]
    levels = many_levels(resolved, dataset)
    document = {
        "name": resolved.name,
        "data": _data_document(dataset, levels),
        "warnings": as_json(warnings),
        "resolved": resolved.to_plain(),
    }
    ok = text("validate-ok", language, path=str(path))
    warned = [f"  {text('validate-warning', language)} {told}" for told in sentences(warnings, language)]
    lines = (ok, *_data_lines(dataset, levels, language), *warned, *_model_lines(resolved, language))
    return ValidatedConfig(str(path), None, document, lines)


def _path_warnings(config: ExperimentConfig) -> list[Finding]:
    """Return the paths that say where somebody works: records keep them, since they are part of the key."""
    from optbench.config import private_paths

    found = private_paths(config.to_plain(), names_of_the_user())
    return [
        Finding("validate-path-private", Severity.WARNING, {"key": key, "path": path}) for key, path in found.items()
    ]


def _data_document(dataset: Dataset, levels: Sequence[Finding]) -> dict[str, Any]:
    """Return what `--json` prints: sentences in English, and the findings they are made of."""
    facts, notes = dataset.facts, (*dataset.notes, *levels)
    shown = {name: _with_reasons(facts[name]) for name in ("columns", "columns_left_out") if name in facts}
    if "rows_dropped" in facts:
        shown["rows_dropped"] = dict(dropped_rows(facts["rows_dropped"], DEFAULT))
    return {
        "dataset": dataset.name,
        "input_shape": list(dataset.input_shape),
        **({"inputs": {part.name: [part.width] for part in dataset.parts}} if dataset.parts else {}),
        "feature_names": list(dataset.feature_names),
        "data_digest": dataset.data_digest,
        "split_digest": dataset.split_digest,
        "notes": sentences(notes, DEFAULT),
        "findings": [note.to_json() for note in notes],
        **facts,
        **shown,
    }


def _with_reasons(recorded: Any) -> Any:
    """Return what is recorded of columns with sentences in place of the reasons."""
    if isinstance(recorded, dict):
        return {name: recorded_sentence(reason, DEFAULT) for name, reason in recorded.items()}
    return [{**column, "reason": recorded_sentence(column["reason"], DEFAULT)} for column in recorded]


def _data_lines(dataset: Dataset, levels: Sequence[Finding], language: str | None) -> list[str]:
    facts = dataset.facts
    rows = ", ".join(f"{name} {count}" for name, count in facts["split"]["rows"].items())
    columns = [
        (one["name"], one["kind"], recorded_sentence(one["reason"], language)) for one in facts.get("columns", [])
    ]
    read = {"name": dataset.name, "n_rows": facts["rows_read"], "rows": rows}
    n_train = facts["split"]["rows"]["train"]
    return [
        f"  {text('validate-data', language, **read, method=_method(facts['split'], language))}",
        *task_named(dataset.task).data_lines(dataset, language),
        *([f"  {text('validate-columns', language, n=n_train)}"] if columns else []),
        *_columns_told(column_lines(columns), language),
        f"  {_inputs(dataset, language)}",
        *(f"  {text('validate-note', language)} {note}" for note in sentences((*dataset.notes, *levels), language)),
    ]


def _columns_told(lines: Sequence[ColumnLine], language: str | None) -> list[str]:
    width = max((len(line.names[0]) for line in lines if len(line.names) == 1), default=0)
    return [
        f"    {line.names[0]:<{width}}  {line.kind}: {line.reason}"
        if len(line.names) == 1
        else f"    {text('column-alike', language, n=len(line.names), **line._asdict())}"
        for line in lines
    ]


def _inputs(dataset: Dataset, language: str | None) -> str:
    """Return what a model sees of an example."""
    if not dataset.parts:
        return text("validate-shape", language, shape=" x ".join(map(str, dataset.input_shape)))
    return text("validate-inputs", language, inputs=[_input(part).to_json() for part in dataset.parts])


def _input(part: InputPart) -> Finding:
    values = {"name": part.name, "n": part.width, "n_tokens": part.vocabulary_size, "size": part.embedding_size}
    kind = "text" if part.is_text else "numbers" if part.embedding_size is None else "embedding"
    return Finding(f"validate-input-{kind}", Severity.NOTE, values)


def _method(split: Mapping[str, Any], language: str | None) -> str:
    told = text(f"validate-method-{split['method']}", language, **_divided(split))
    if "stratify" not in split:
        return told
    code = "validate-stratified" if split["stratify"] else "validate-not-stratified"
    return text(code, language, method=told, seed=split["seed"])


def _divided(split: Mapping[str, Any]) -> dict[str, str]:
    """Return by which column rows were divided, and how many groups or which times each split has."""
    groups = [f"{name} {count}" for name, count in split.get("groups", {}).items()]
    spans = [f"{name} {first} - {last}" for name, (first, last) in split.get("spans", {}).items()]
    return {"name": split.get("group", split.get("time", "")), "parts": ", ".join(groups or spans)}


def _model_lines(resolved: ExperimentConfig, language: str | None) -> list[str]:
    training = resolved.training
    names = {"model": resolved.model.name, "optimizer": resolved.optimizer.name, "loss": training.loss}
    how = {"engine": training.engine, "threads": training.threads}
    return [f"  {text('validate-model', language, **names, **how)}"]
