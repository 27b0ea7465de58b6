"""What takes the place of paths that say where somebody works, the same in everything that leaves together."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from optbench.config.private_paths import file_of, private_paths, stand_in
from optbench.core.private_text import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class StandIns:
    """Private paths and what takes their places.

    Attributes
    ----------
    by_path : the longest first, so that none is replaced inside another
    """

    by_path: Mapping[str, str] = field(default_factory=dict)

    def in_text(self, text: str) -> str:
        """Return a text with every path replaced, also as HTML and JSON write it."""
        for path, name in self.by_path.items():
            for written in (str, html.escape, _in_json):
                text = text.replace(written(path), written(name))
        return text

    def without_mark(self) -> StandIns:
        """Return the same for HTML and Markdown, where the mark would be an element."""
        return StandIns({path: name.removeprefix(f"{PLACEHOLDER}/") for path, name in self.by_path.items()})

    def in_value(self, value: Any) -> Any:
        """Return plain JSON values with every path in their texts replaced."""
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, Mapping):
            return {self.in_text(str(key)): self.in_value(inner) for key, inner in value.items()}
        return [self.in_value(inner) for inner in value] if isinstance(value, list | tuple) else value


def stand_ins(documents: Iterable[Any], people: Iterable[str], *, name_of_code: Callable[[str], str]) -> StandIns:
    """Return what takes the places of the private paths in some documents.

    Parameters
    ----------
    documents : plain values of experiments and studies
    people : what the user is called
    name_of_code : what records call a file of Python by its absolute path
    """
    by_path: dict[str, str] = {}
    found = {(file_of(text), file_of(text) != text) for text in _private_texts(documents, people)}
    for path, is_code in sorted(found, reverse=True):
        if path not in by_path:  # of a path that is both, the one that names a function comes first
            by_path[path] = name_of_code(path) if is_code and path.startswith("/") else stand_in(path, by_path.values())
    return _in_order(by_path)


def marked_stand_ins(documents: Iterable[Any], people: Iterable[str]) -> StandIns:
    """Return the same for texts that nobody reads as an experiment again: the name of each file behind a mark.

    Examples
    --------
    >>> marked_stand_ins([{"path": "/home/ana/my.csv"}], []).in_text("csv /home/ana/my.csv")
    'csv <path>/my.csv'
    """
    found = {file_of(text) for text in _private_texts(documents, people)}
    return _in_order({path: f"{PLACEHOLDER}/{PurePosixPath(path.replace(chr(92), '/')).name}" for path in found})


def _private_texts(documents: Iterable[Any], people: Iterable[str]) -> set[str]:
    names = tuple(people)
    of_each = (private_paths(one, names).values() for one in documents if isinstance(one, Mapping))
    return {text for texts in of_each for text in texts}


def _in_order(by_path: Mapping[str, str]) -> StandIns:
    return StandIns(dict(sorted(by_path.items(), key=lambda pair: (-len(pair[0]), pair[0]))))


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
