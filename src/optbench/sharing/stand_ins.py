"""What takes the place of paths that say where somebody works, the same in every file of an archive."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optbench.config import file_of, private_paths, stand_in
from optbench.user_code import recorded_name

if TYPE_CHECKING:
    from collections.abc import Iterable


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

    def in_value(self, value: Any) -> Any:
        """Return plain JSON values with every path in their texts replaced."""
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, Mapping):
            return {self.in_text(str(key)): self.in_value(inner) for key, inner in value.items()}
        return [self.in_value(inner) for inner in value] if isinstance(value, list | tuple) else value


def stand_ins(documents: Iterable[Any], people: Iterable[str]) -> StandIns:
    """Return what takes the places of the private paths in some documents.

    Parameters
    ----------
    documents : plain values of experiments and studies
    people : what the user is called
    """
    names, found = tuple(people), set()
    for document in documents:
        found |= {*private_paths(document, names).values()} if isinstance(document, Mapping) else set()
    by_path: dict[str, str] = {}
    for path, is_code in sorted({(file_of(text), file_of(text) != text) for text in found}, reverse=True):
        if path not in by_path:  # of a path that is both, the one that names a function comes first
            by_path[path] = (
                recorded_name(path) if is_code and path.startswith("/") else stand_in(path, by_path.values())
            )
    return StandIns(dict(sorted(by_path.items(), key=lambda pair: (-len(pair[0]), pair[0]))))


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
