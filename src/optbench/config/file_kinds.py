"""A study file where an experiment file is meant, and the other way round."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from optbench.config.findings import Finding
from optbench.core.worded import worded

_OF_STUDY = frozenset({"experiment", "experiments", "optimizers", "tuning"})
_OF_EXPERIMENT = frozenset({"dataset", "model", "optimizer"})
_ENOUGH = 2  # one key alone may be misspelt


def study_instead(plain: Any, path: str) -> Finding | None:
    """Return the finding for a study file where an experiment file is read."""
    if not isinstance(plain, dict) or not _OF_STUDY & plain.keys() or _OF_EXPERIMENT & plain.keys():
        return None
    return Finding(
        (),
        worded(
            "file-is-study",
            "this is a study file; use 'optbench study {path}'. An experiment file has no optimizers.",
            path=path,
        ),
        code="config-file-of-other-kind",
    )


def experiment_instead(plain: Any, path: str) -> Finding | None:
    """Return the finding for an experiment file where a study file is read."""
    if not isinstance(plain, dict) or _OF_STUDY & plain.keys() or len(_OF_EXPERIMENT & plain.keys()) < _ENOUGH:
        return None
    return Finding(
        (),
        worded(
            "file-is-experiment",
            "this is an experiment file; use 'optbench run {path}'. A study file names it and the optimizers: "
            "experiment: {name}, optimizers: [sgd, adam].",
            path=path,
            name=PurePath(path).name,
        ),
        code="config-file-of-other-kind",
    )
