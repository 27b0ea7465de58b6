"""What a figure shows, before it is drawn: titles, axes, lines or rows with their values at full precision.

A page holds the records as JSON beside the drawings; its script reads values, draws again on other axes, and writes CSV
from them. Every mark belongs to a row, which is the label of an optimizer, or to none ("").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from optbench.reporting.languages import Text, text_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Unit = Literal["epochs", "steps", "seconds"]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes
    ----------
    low, high : what is shown of it, in units of the values
    factor : values are shown times this: 100 for percent
    can_switch : readers may choose between linear and logarithmic
    """

    title: Text
    low: float
    high: float
    is_logarithmic: bool = False
    factor: float = 1.0
    can_switch: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON."""
        return {
            "title": text_json(self.title),
            "low": self.low,
            "high": self.high,
            "log": self.is_logarithmic,
            "factor": self.factor,
            "switch": self.can_switch,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its values.

    Attributes
    ----------
    row : label of the optimizer, or ""
    x, y : (m,) in units of the axes
    low, high : (m,) a band around it, or ()
    runs : name of a run -> (m,) its values, None where it has none; only as far as there are few enough to draw
    name : how the legend calls it; "" is the label of the row
    per_epoch : unit -> how much of it an epoch takes, where x counts epochs
    marks : points are drawn, too
    is_dashed : drawn dashed, whatever its row
    has_line : the points are joined
    best : position of the point that stands out, or None
    sort : how a legend on paper calls all lines of this sort, once for all rows; "" is each by its name
    """

    row: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    runs: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    name: Text = ""
    per_epoch: Mapping[Unit, float] = field(default_factory=dict)
    marks: bool = False
    is_dashed: bool = False
    has_line: bool = True
    best: int | None = None
    sort: Text = ""

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON, without what is empty."""
        found: dict[str, Any] = {"row": self.row, "x": list(self.x), "y": list(self.y)}
        if self.low:
            found |= {"low": list(self.low), "high": list(self.high)}
        if self.runs:
            found["runs"] = {name: list(values) for name, values in self.runs.items()}
        if self.name:
            found["name"] = text_json(self.name)
        if self.per_epoch:
            found["per"] = dict(self.per_epoch)
        flags = {"marks": self.marks, "dashed": self.is_dashed, "scatter": not self.has_line}
        best = {} if self.best is None else {"best": self.best}
        return {**found, **{name: True for name, is_set in flags.items() if is_set}, **best}


@dataclass(frozen=True, slots=True)
class View:
    """One pair of axes with lines: of several a reader chooses one.

    Attributes
    ----------
    name : of the choice; "" for the only one
    has_diagonal : with the line from corner to corner that stands for guessing, or for what is right
    note : what is outside the axes; "" for nothing
    key : of the choice in names of files, in no language; "" for the only one
    """

    name: Text
    x: Axis
    y: Axis
    lines: Sequence[Line]
    has_diagonal: bool = False
    note: Text = ""
    key: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON; what all lines have in common on the axis stands once, as `across`."""
        lines = [line.to_json() for line in self.lines]
        shared = lines[0]["x"]
        return {
            "name": text_json(self.name),
            "x": self.x.to_json(),
            "y": self.y.to_json(),
            "across": shared,
            "lines": [
                {name: value for name, value in line.items() if (name, value) != ("x", shared)} for line in lines
            ],
            "diagonal": self.has_diagonal,
            "note": text_json(self.note),
        }


@dataclass(frozen=True, slots=True)
class LinesFigure:
    """Lines over an axis.

    Attributes
    ----------
    id : unique on its page
    title, caption : what it shows, and how to read it
    is_square : both axes have the same scale
    """

    id: str
    title: Text
    caption: Text
    views: Sequence[View]
    is_square: bool = False

    @property
    def units(self) -> tuple[Unit, ...]:
        """What an axis of epochs can count besides, of all lines."""
        lines = [line for view in self.views for line in view.lines]
        return tuple(unit for unit in ("steps", "seconds") if all(unit in line.per_epoch for line in lines))

    @property
    def has_single_runs(self) -> bool:
        """Whether single runs can be shown in place of bands."""
        return any(line.runs for view in self.views for line in view.lines)

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON."""
        return {"kind": "lines", "title": text_json(self.title), "views": [view.to_json() for view in self.views]}


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of a figure of intervals.

    Attributes
    ----------
    row : label of the optimizer whose colour it has, or ""
    rows : labels that it is about: it is hidden with any of them
    name : what stands at it
    mean, low, high : None where there is none
    dots : names (seeds, problems) and values
    is_faint : drawn in grey: nothing was tested
    """

    row: str
    rows: Sequence[str]
    name: Text
    mean: float | None
    low: float | None
    high: float | None
    dots: Sequence[tuple[str, float]] = ()
    is_faint: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON."""
        return {
            "row": self.row,
            "rows": list(self.rows),
            "name": text_json(self.name),
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "dots": [list(dot) for dot in self.dots],
        }


@dataclass(frozen=True, slots=True)
class RowsFigure:
    """Intervals below each other.

    Attributes
    ----------
    zone : part of the axis that does not matter, or None
    zero : a line at 0
    dots : what a dot is, in front of its name
    """

    id: str
    title: Text
    caption: Text
    x: Axis
    marks: Sequence[Mark]
    zone: tuple[float, float] | None = None
    zero: bool = False
    dots: Text = ""

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON."""
        return {
            "kind": "rows",
            "title": text_json(self.title),
            "x": self.x.to_json(),
            "zone": self.zone and list(self.zone),
            "dots": text_json(self.dots),
            "marks": [mark.to_json() for mark in self.marks],
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """A matrix of a figure of cells: counts, rows true, columns predicted; of a difference they have signs."""

    row: str
    name: Text
    counts: Sequence[Sequence[float]]
    is_difference: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON."""
        return {
            "row": self.row,
            "name": text_json(self.name),
            "counts": [list(row) for row in self.counts],
            "difference": self.is_difference,
        }


@dataclass(frozen=True, slots=True)
class CellsFigure:
    """Matrices side by side, of the same classes."""

    id: str
    title: Text
    caption: Text
    classes: Sequence[str]
    panels: Sequence[Panel]

    def to_json(self) -> dict[str, Any]:
        """Return values of JSON."""
        return {
            "kind": "cells",
            "title": text_json(self.title),
            "classes": list(self.classes),
            "panels": [panel.to_json() for panel in self.panels],
        }


Figure = LinesFigure | RowsFigure | CellsFigure
