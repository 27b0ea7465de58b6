"""The resolved experiment with the source of every value: what `optbench config` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optbench.config.schedule_epochs import EPOCHS_KEYS
from optbench.config.yaml_document import dump_yaml
from optbench.core.text import flattened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optbench.config.experiment import ExperimentConfig
    from optbench.config.load import LoadedExperiment

_AUTO = ("training.loss", "training.engine", "training.threads", "dataset.split.test")


def sources(loaded: LoadedExperiment, resolved: ExperimentConfig) -> dict[str, str]:
    """Return `file:line`, `--set`, `auto` or `default` for every value of a resolved experiment, by dotted path."""
    written = loaded.config.to_plain()
    found = {}
    for path, value in flattened(resolved.to_plain(), keep_empty=True):
        source = _written_source(path, loaded.sources) or _written_source(_in_epochs(path), loaded.sources)
        if path in _AUTO and value != _at(written, path):
            source = "auto"
        found[path] = source or "default"
    return found


def explained_yaml(loaded: LoadedExperiment, resolved: ExperimentConfig) -> str:
    """Return the resolved experiment as YAML, each line with the source of its value as a comment."""
    known = sources(loaded, resolved)
    lines = list(_explained_lines(resolved.to_plain(), "", 0, known))
    width = min(60, max(len(text) for text, _ in lines))
    return "".join(f"{text:<{width}}  # {source}\n" if source else f"{text}\n" for text, source in lines)


def _written_source(path: str, known: Mapping[str, str]) -> str:
    if path in known:
        return known[path]
    # a list written over several lines has a place for each item only
    return next((source for written, source in known.items() if written.startswith(f"{path}[")), "")


def _in_epochs(path: str) -> str:
    """Return the path that a number of steps is written under in epochs, or one that is nowhere written."""
    parent, _, name = path.rpartition(".")
    return f"{parent}.{EPOCHS_KEYS.get(name, '')}"


def _at(plain: Any, path: str) -> Any:
    for part in path.split("."):
        plain = plain.get(part) if isinstance(plain, dict) else None
    return plain


def _explained_lines(
    value: Mapping[str, Any], prefix: str, depth: int, known: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        path, indent = f"{prefix}{key}", "  " * depth
        if isinstance(item, dict) and item:
            yield f"{indent}{_text(key)}:", ""
            yield from _explained_lines(item, f"{path}.", depth + 1, known)
            continue
        first, *rest = dump_yaml({key: item}).rstrip("\n").split("\n")
        yield indent + first, known.get(path, "")
        yield from ((indent + line, "") for line in rest)


def _text(key: str) -> str:
    return dump_yaml({key: 0}).partition(": ")[0]
