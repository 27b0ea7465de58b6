"""A folder for figures that notes what would be written: drawing them all takes seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optbench.runner.figure_folder import FigureFolder

if TYPE_CHECKING:
    from optbench.reporting.figure_files import NamedFigures


@dataclass(frozen=True)
class Noted(FigureFolder):
    """Notes names in place of writing files.

    Attributes
    ----------
    written : folder within the folder -> names of figures
    """

    written: dict[str, list[str]] = field(default_factory=dict)

    def write(self, figures: NamedFigures, within: str = "") -> None:
        """Note them."""
        self.written[within] = list(figures)
