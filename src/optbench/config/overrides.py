"""`--set key=value`: values put into a document, with places that point into the argument."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from optbench.config.findings import Finding
from optbench.config.yaml_document import Place, YamlDocument, parse_yaml
from optbench.core.worded import joined, worded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.config.findings import Path

SOURCE = "--set"
_KEY = re.compile(r"[^.\[\]\s=]+(?:\.[^.\[\]\s=]+|\[[0-9]{1,9}\])*")


def apply_overrides(document: YamlDocument, arguments: Sequence[str]) -> None:
    """Put every argument into the document, later ones winning; what is wrong goes to the document's findings.

    Parameters
    ----------
    arguments : such as `optimizer.learning_rate=1e-3`, `model.hidden_units=[64]` or `model.layers[0].Dense.units=8`
    """
    for argument in arguments:
        key, separator, text = argument.partition("=")
        key = key.strip()
        start = Place(SOURCE, 0, len(argument) - len(argument.lstrip()), argument)
        if not separator or not _KEY.fullmatch(key):
            sentence = worded("typed-set", "--set takes KEY=VALUE with a dotted key")
            remedy = worded("typed-set-example", " Use for example --set optimizer.learning_rate=0.01.")
            received = worded("must-received", "Received: {received}.{remedy}", received=repr(argument), remedy=remedy)
            document.findings.append(
                (Finding((), joined(sentence, ". ", received), code="config-override-wrong"), start)
            )
            continue
        text = text.lstrip(" \t")
        value = _value(text)
        offset = len(argument) - len(text)
        if value.findings:
            finding, inside = value.findings[0]
            document.findings.append((finding, _inside(inside, argument, offset)))
            continue
        path = _path(key)
        refused = "" if document.is_broken else _put(document, path, value.plain)
        if refused:
            document.findings.append((Finding(path, refused, code="config-override-wrong"), start))
        else:
            _note_places(document, path, value, start, offset)
            document.texts |= {(*path, *inner): typed for inner, typed in value.texts.items()}


def _value(text: str) -> YamlDocument:
    """Parse the text after `=`; nothing is null, and a comment is no value."""
    value = parse_yaml(text)
    if not value.value_places and not value.findings and text.strip():
        sentence = worded(
            "typed-set-comment", "what begins with '#' is a comment. Put quotes around it, as in name='\"#1\"'."
        )
        value.findings.append((Finding((), sentence, code="config-override-wrong"), None))
    return value


def _inside(place: Place | None, argument: str, offset: int) -> Place:
    """Return the place in the argument of a place in its value; lines after the first point to the value's start."""
    column = place.column if place is not None and place.line == 0 else 0
    return Place(SOURCE, 0, offset + column, argument)


def _path(key: str) -> Path:
    parts = re.findall(r"\[([0-9]+)\]|([^.\[\]]+)", key)
    return tuple(int(index) if index else word for index, word in parts)


def _put(document: YamlDocument, path: Path, value: Any) -> str:
    """Set one value; returns why it cannot be set, or ""."""
    if document.plain is None:
        document.plain = {}
    target = document.plain
    for position, part in enumerate(path):
        is_last = position == len(path) - 1
        if isinstance(target, list):
            if not isinstance(part, int) or part >= len(target):
                return worded(
                    "typed-set-list", "this is a list of {n}; name one of its items, as in layers[0].", n=len(target)
                )
        elif not isinstance(target, dict) or isinstance(part, int):
            return worded(
                "typed-set-inside", "a key cannot be set inside a value that has no keys. Set the whole value instead."
            )
        if is_last:
            target[part] = value
        else:
            if isinstance(target, dict) and target.get(str(part)) is None:
                if any(isinstance(later, int) for later in path[position + 1 :]):
                    return worded("typed-set-no-list", "the file has no such list. Set the whole list instead.")
                target[str(part)] = {}
            target = target[part]
    return ""


def _note_places(document: YamlDocument, path: Path, value: YamlDocument, key_place: Place, offset: int) -> None:
    for places in (document.key_places, document.value_places):
        for known in [known for known in places if known[: len(path)] == path]:
            del places[known]
    for length in range(1, len(path)):
        document.key_places.setdefault(path[:length], key_place)
        document.value_places.setdefault(path[:length], key_place)
    document.key_places[path] = key_place
    document.value_places[path] = Place(SOURCE, 0, offset, key_place.text)
    for inner, place in value.value_places.items():
        document.value_places[(*path, *inner)] = _inside(place, key_place.text, offset)
    for inner, place in value.key_places.items():
        document.key_places[(*path, *inner)] = _inside(place, key_place.text, offset)
