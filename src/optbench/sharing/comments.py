"""Comments of YAML files as they leave: people write there where their data lies, and whom to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optbench.core.private_text import without_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def without_places_in_comments(text: str, names: Iterable[str]) -> str:
    """Return YAML whose comments hold no absolute path and no name; of what is no YAML, the whole text is taken so.

    Parameters
    ----------
    names : of user and host

    Examples
    --------
    >>> without_places_in_comments("path: /srv/a/b.csv  # of /home/ana/c.csv", [])
    'path: /srv/a/b.csv  # of <path>/c.csv'
    """
    known = tuple(names)
    changed = without_places(text, known)
    if changed == text:  # most files: taking a text apart costs milliseconds
        return text
    import yaml

    try:
        values = list(_values(text))
    except yaml.YAMLError:
        return changed
    parts, end = [], 0
    for begin, until in values:
        parts += [without_places(text[end:begin], known), text[begin:until]]
        end = until
    return "".join([*parts, without_places(text[end:], known)])


def _values(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each part begins and ends that is no comment, in order."""
    import yaml

    for token in yaml.scan(text):
        if token.end_mark.index > token.start_mark.index:
            yield token.start_mark.index, token.end_mark.index
