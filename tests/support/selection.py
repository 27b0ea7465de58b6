"""Which cases of a parametrized test run every time, and which on a long run alone; how many examples are drawn."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import Any

import pytest


def mostly_long(cases: Iterable[Any], *, short: Collection[Any], ci: Collection[Any] = ()) -> list[Any]:
    """Return the cases as parameters: those of `short` always run, the others on a long run, of them `ci` in CI too.

    Raises
    ------
    ValueError
        If a chosen case is none of the cases: it was renamed or removed, and would not be missed.
    """
    cases = list(cases)
    lost = [case for case in (*short, *ci) if case not in cases]
    if lost:
        raise ValueError(f"chosen cases must be among the cases. Received: {lost}.")
    return [_parameter(case, short=case in short, ci=case in ci) for case in cases]


def drawn(examples: int) -> int:
    """Return how many examples a test draws: all of them in `make nightly`, else an eighth, the same every time."""
    return examples if "OPTBENCH_HYPOTHESIS" in os.environ else examples // 8


def _parameter(case: Any, *, short: bool, ci: bool) -> Any:
    marks = [] if short else [pytest.mark.long, *([pytest.mark.ci] if ci else [])]
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=marks)
