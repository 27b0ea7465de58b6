"""Reading experiment files: all findings at once, each with file, line, column and caret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.config.findings import dotted
from optbench.config.overrides import apply_overrides
from optbench.config.validation import validate_experiment
from optbench.config.yaml_document import MAX_BYTES, dump_yaml, parse_yaml
from optbench.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.config.experiment import ExperimentConfig
    from optbench.config.findings import Finding
    from optbench.config.yaml_document import Place, YamlDocument


# what may look like a number and is a text: labels, column names, markers of missing values
_TEXT_KEYS = (("target",), ("positive_class",), ("drop",), ("missing",))
_SPLIT_COLUMN = ("dataset", "split", "column")


@dataclass(frozen=True, slots=True)
class LoadedExperiment:
    """An experiment file as read.

    Attributes
    ----------
    config : validated, overrides applied, nothing resolved
    path : the file as given
    text : its content
    base : the folder that paths in it start from
    sources : dotted path of every value that was written -> `file:line` or `--set`
    """

    config: ExperimentConfig
    path: Path
    text: str
    base: Path
    sources: Mapping[str, str]


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> LoadedExperiment:
    """Load an experiment file.

    Parameters
    ----------
    overrides : `--set` arguments

    Raises
    ------
    ConfigError
        With every finding.
    """
    text = _read(path)
    document = parse_yaml(text, str(path))
    config = _validated(document, overrides)
    return LoadedExperiment(config, path, text, path.parent, _sources(document))


def load_resolved(path: Path) -> ExperimentConfig:
    """Read `config.resolved.yaml` of a run folder."""
    return _validated(parse_yaml(_read(path), str(path)), ())


def parse_resolved(text: str) -> ExperimentConfig:
    """Parse the text of a resolved experiment."""
    return _validated(parse_yaml(text, "config.resolved.yaml"), ())


def dump_config(config: ExperimentConfig) -> str:
    """Return an experiment as YAML; `parse_resolved` gives back an equal one."""
    return dump_yaml(config.to_plain())


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError(f"{path}: an experiment file has at most 1 MiB. Received: a larger one.")
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file. 'optbench init' writes a starter.") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: must be an experiment file. Received: a folder.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: must be UTF-8 text. Received: byte {error.start} is not.") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}.") from None


def _validated(document: YamlDocument, overrides: Sequence[str]) -> ExperimentConfig:
    apply_overrides(document, overrides)
    for path in document.texts:
        if _is_text(path):
            document.keep_text(path)
    placed = list(document.findings)
    config = None
    if document.plain is not None:
        config, findings = validate_experiment(document.plain)
        placed += [(finding, document.place(finding)) for finding in findings]
    if placed or config is None:
        ordered = sorted(placed, key=_order)
        raise ConfigError("\n".join(_rendered(finding, place, document.source) for finding, place in ordered))
    return config


def _is_text(path: tuple[str | int, ...]) -> bool:
    return path == ("name",) or (path[:1] == ("dataset",) and path[1:2] in _TEXT_KEYS) or path[:3] == _SPLIT_COLUMN


def _order(item: tuple[Finding, Place | None]) -> tuple[bool, int, int]:
    place = item[1]
    return (place is not None and place.source == "--set", place.line if place else 0, place.column if place else 0)


def _rendered(finding: Finding, place: Place | None, source: str) -> str:
    said = f"{finding.dotted}: {finding.sentence}" if finding.path else finding.sentence
    if place is None:
        return f"{source}: {said}"
    before = place.text[: place.column].expandtabs(4)
    margin = f"{place.line + 1:>5} | "
    caret = " " * (len(margin) - 2) + "| " + " " * len(before) + "^"
    shown = place.text.expandtabs(4)
    return f"{place.source}:{place.line + 1}:{place.column + 1}: {said}\n{margin}{shown}\n{caret}"


def _sources(document: YamlDocument) -> dict[str, str]:
    found = {}
    for path, place in document.value_places.items():
        if path and not isinstance(_value_at(document.plain, path), dict):
            is_file = place.source != "--set"
            found[dotted(path)] = f"{Path(place.source).name}:{place.line + 1}" if is_file else place.source
    return found


def _value_at(plain: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        plain = plain[part]
    return plain
