"""Names of columns as people type them and as files hold them: the same letters can be composed in two ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optbench.datasets.table_columns import TableOptions


def spelled(name: str, names: Sequence[str]) -> str:
    """Return a column's name as the table spells it: itself, or the one that is the same text in Unicode's NFC.

    Examples
    --------
    >>> spelled("gro\N{LATIN SMALL LETTER U WITH DIAERESIS}n", ["x", "grou\N{COMBINING DIAERESIS}n"]).isascii()
    False
    >>> spelled("absent", ["x"])
    'absent'
    """
    if name in names:
        return name
    composed = normalize("NFC", name.strip())
    return next((each for each in names if normalize("NFC", each) == composed), name)


def without_accents(text: str) -> str:
    """Return a text whose letters have no accents.

    Examples
    --------
    >>> without_accents("código"), without_accents("Año")
    ('codigo', 'Ano')
    """
    return "".join(one for one in normalize("NFKD", text) if not combining(one))


def with_spelling(options: TableOptions, names: Sequence[str]) -> TableOptions:
    """Return what an experiment file says about a table, with the names of columns as the table spells them."""
    return replace(
        options,
        target=spelled(options.target, names),
        drop=tuple(spelled(name, names) for name in options.drop),
        features={spelled(name, names): kind for name, kind in (options.features or {}).items()},
        sizes={spelled(name, names): size for name, size in options.sizes.items()},
        split_column=_spelled(options.split_column, names),
        group=_spelled(options.group, names),
        time=_spelled(options.time, names),
    )


def _spelled(name: str | None, names: Sequence[str]) -> str | None:
    return None if name is None else spelled(name, names)
