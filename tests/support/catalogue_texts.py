"""All texts of a language, for tests that look at each."""

from __future__ import annotations

from functools import cache

from optbench.words.catalogue import read_catalogue, subjects


@cache
def texts(language: str = "en") -> dict[str, tuple[str, ...]]:
    """Every form of every text by its code."""
    return {
        code: catalogue.patterns(code)
        for subject in subjects(language)
        for catalogue in [read_catalogue(language, subject)]
        for code in catalogue.counted
    }
