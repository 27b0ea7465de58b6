"""Installs an engine as a package does: a module, and an entry point in the metadata beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy_logistic

from optbench.catalog.engines import GROUP


def install(folder: Path) -> Path:
    """Put the package into a folder that is to be on the module search path; returns the folder."""
    info = folder / "numpy_logistic-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy-logistic\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nnumpy-logistic = numpy_logistic:KIND\n")
    shutil.copy(numpy_logistic.__file__, folder)
    return folder
