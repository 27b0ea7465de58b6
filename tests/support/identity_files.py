"""The identity files of a run of classes, without diagnostics and evaluation."""

from pathlib import Path

from optbench.run_store import RunPaths

IDENTITY_FILES = tuple(
    path.name
    for name, path in RunPaths(Path()).identity_files.items()
    if name not in ("diagnostics", "evaluation", "residuals")
)
