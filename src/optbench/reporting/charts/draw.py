"""Figures as SVG: places along the axes are percentages, so that a drawing fits any width without a script.

The box of an `<svg>` is the rectangle between the axes; what stands at the axes overflows it. Lines are drawn in an
inner `<svg>` of 1000 by 1000 units that is stretched over the rectangle.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final

from optbench.reporting.charts.look import RowLooks, point
from optbench.reporting.charts.records import CellsFigure, Figure, LinesFigure, RowsFigure
from optbench.reporting.charts.scale import Scale, axis_numbers
from optbench.reporting.languages import Text, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optbench.reporting.charts.records import Axis, Line, Mark, Panel, View
    from optbench.reporting.languages import Speech

ROW_HEIGHT: Final = 44
_UNITS: Final = 1000
_MOST_CELL_TEXTS: Final = 12
_MOST_NAMES: Final = 13
_LONGEST_NAME: Final = 9
_MOST_LETTERS: Final = 30  # so many stand below a matrix, with some room between names
_SHADES: Final = 9
_WHOLE: Final = 9.95  # counts from here on are written without a fraction
_MOST_DOTS: Final = 200


def drawing(figure: Figure, looks: RowLooks, speech: Speech) -> str:
    """Return the markup of a figure's drawings, one `<svg>` for each view or matrix."""
    if isinstance(figure, LinesFigure):
        return "".join(_lines(figure, place, view, looks, speech) for place, view in enumerate(figure.views))
    if isinstance(figure, RowsFigure):
        return _rows(figure, looks, speech)
    return _cells(figure, looks, speech)


def interval_row(mark: Mark, axis: Axis, looks: RowLooks) -> str:
    """Return the small drawing of one interval that stands in a row of a table, its runs above it."""
    inside = "".join(_interval(mark, Scale.of(axis), looks, 0.7, dots=0.25))
    return f'<svg class="inline" aria-hidden="true">{inside}</svg>'


def inline_axis(axis: Axis, speech: Speech) -> str:
    """Return the axis above the rows of `interval_row`."""
    return f'<svg class="inline axis" aria-hidden="true">{"".join(_x_numbers(axis, speech, most=4))}</svg>'


def percent(share: float) -> str:
    """Return a place between 0 and 1 as a percentage of SVG."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def _svg(figure: Figure, inside: Iterable[str], *, height: int, kind: str, view: int = 0) -> str:
    return (
        f'<svg role="img" class="{kind}" height="{height}" width="100%" data-view="{view}" '
        f'aria-labelledby="{figure.id}-title">{"".join(inside)}</svg>'
    )


def _lines(figure: LinesFigure, place: int, view: View, looks: RowLooks, speech: Speech) -> str:
    x, y = Scale.of(view.x), Scale.of(view.y)
    name = f'<p class="view">{marked(view.name)}</p>' if view.name and len(figure.views) > 1 else ""
    note = f'<p class="note">{marked(view.note)}</p>' if view.note else ""
    inside = [*_x_numbers(view.x, speech), *_y_axis(view.y, speech)]
    if view.has_diagonal:
        inside.append('<line class="diagonal" x1="0" y1="100%" x2="100%" y2="0"/>')
    paths = [_paths(line, x, y, looks) for line in view.lines]
    inside.append(
        f'<svg class="marks" viewBox="0 0 {_UNITS} {_UNITS}" preserveAspectRatio="none" width="100%" height="100%">'
        f"{''.join(paths)}</svg>"
    )
    inside += [_points(line, x, y, looks) for line in view.lines if line.marks or not line.has_line]
    kind = "plot square" if figure.is_square else "plot"
    shown = _svg(figure, inside, height=300, kind=kind, view=place)
    axis = f'<p class="axis-title">{marked(view.y.title)}</p>' if view.y.title else ""
    drawn = f'<div class="pad">{shown}{_below(view.x)}</div>'
    return f'<div class="view-box" data-view="{place}">{name}{axis}{drawn}{note}</div>'


def _paths(line: Line, x: Scale, y: Scale, looks: RowLooks) -> str:
    parts = []
    if line.low and not line.has_line:
        ends = zip(line.x, line.low, line.high, strict=True)
        parts += [f'<path class="line" d="{_path([one, one], [low, high], x, y)}"/>' for one, low, high in ends]
    elif line.low:
        there, back = _path(line.x, line.high, x, y), _path(line.x[::-1], line.low[::-1], x, y)
        parts.append(f'<path class="band" d="{there}{back.replace("M", "L")}z"/>')
    if line.has_line:
        dashed = " dashed" if line.is_dashed else ""
        parts.append(f'<path class="line{dashed}" d="{_path(line.x, line.y, x, y)}"/>')
    return f'<g data-row="{escape(line.row)}" class="{looks.classes(line.row)}">{"".join(parts)}</g>'


def _points(line: Line, x: Scale, y: Scale, looks: RowLooks) -> str:
    shape = looks.shape(line.row)
    shown = []
    for place, (one, other) in enumerate(zip(line.x, line.y, strict=True)):
        if math.isfinite(other) and 0.0 <= y.place(other) <= 1.0:
            is_best = place == line.best
            at = percent(x.place(one)), percent(1.0 - y.place(other))
            shown.append(point(shape, *at, 6.0 if is_best else 3.0, "best" if is_best else ""))
    return f'<g data-row="{escape(line.row)}" class="{looks.classes(line.row)}">{"".join(shown)}</g>'


def _path(xs: Sequence[float], ys: Sequence[float], x: Scale, y: Scale) -> str:
    """Return the steps of a path; what is not finite leaves a gap, what is far outside stays near the edge."""
    steps: list[str] = []
    stretch: list[tuple[int, int]] = []
    for one, other in zip(xs, ys, strict=True):
        if math.isfinite(one) and math.isfinite(other):
            across, up = (min(max(place, -1.0), 2.0) for place in (x.place(one), y.place(other)))
            _extend(stretch, (round(_UNITS * across), round(_UNITS * (1.0 - up))))
        else:
            steps += _steps(stretch)
            stretch = []
    return "".join([*steps, *_steps(stretch)])


def _extend(stretch: list[tuple[int, int]], end: tuple[int, int]) -> None:
    """Add a point; one before it that lies on the straight line to it is not drawn."""
    if len(stretch) > 1:
        (x0, y0), (x1, y1) = stretch[-2:]
        if (x1 - x0) * (end[1] - y0) == (y1 - y0) * (end[0] - x0) and (x1 - x0) * (end[0] - x1) >= 0:
            stretch.pop()
    stretch.append(end)


def _steps(stretch: Sequence[tuple[int, int]]) -> list[str]:
    return [f"{'L' if place else 'M'}{x} {y}" for place, (x, y) in enumerate(stretch)]


def _rows(figure: RowsFigure, looks: RowLooks, speech: Speech) -> str:
    scale, count = Scale.of(figure.x), len(figure.marks)
    inside = list(_x_numbers(figure.x, speech))
    if figure.zone is not None:
        low, high = sorted(min(max(scale.place(end), 0.0), 1.0) for end in figure.zone)
        inside.append(f'<rect class="zone" x="{percent(low)}" width="{percent(high - low)}" y="0" height="100%"/>')
    if figure.zero and 0.0 <= scale.place(0.0) <= 1.0:
        inside.append(
            f'<line class="zero" x1="{percent(scale.place(0.0))}" x2="{percent(scale.place(0.0))}" y1="0" y2="100%"/>'
        )
    for place, mark in enumerate(figure.marks):
        height = (place + 0.74) / count
        about = escape(" ".join(_key(row) for row in mark.rows))
        parts = "".join(_interval(mark, scale, looks, height, dots=(place + 0.56) / count))
        name = f'<text class="name" x="0" y="{percent((place + 0.34) / count)}">{marked(mark.name, "tspan")}</text>'
        inside.append(f'<g data-row="{escape(mark.row)}" data-mark="{place}" data-about="{about}">{name}{parts}</g>')
    shown = _svg(figure, inside, height=ROW_HEIGHT * count, kind="plot rows")
    return f'<div class="view-box"><div class="pad wide">{shown}{_below(figure.x)}</div></div>'


def _key(row: str) -> str:
    """Return a label as one word."""
    return row.replace(" ", "\N{NO-BREAK SPACE}")


def _interval(mark: Mark, scale: Scale, looks: RowLooks, height: float, *, dots: float) -> Iterator[str]:
    """Yield the dots, the interval and the mean of a row, as far as they are known."""
    kind = "faint" if mark.is_faint else looks.classes(mark.row)
    yield f'<g class="{kind}">'
    for value in thinned([value for _, value in mark.dots]):
        yield f'<circle class="dot" cx="{percent(scale.place(value))}" cy="{percent(dots)}" r="2.5"/>'
    if mark.low is not None and mark.high is not None:
        ends = (min(max(scale.place(end), 0.0), 1.0) for end in (mark.low, mark.high))
        low, high = map(percent, ends)
        yield f'<line class="interval" x1="{low}" x2="{high}" y1="{percent(height)}" y2="{percent(height)}"/>'
    if mark.mean is not None:
        yield point("diamond", percent(scale.place(mark.mean)), percent(height), 4.5, "mean")
    yield "</g>"


def thinned(values: list[float]) -> list[float]:
    """Return the values to draw: of more than a row can show the quantiles, the ends among them."""
    if len(values) <= _MOST_DOTS:
        return values
    ordered = sorted(values)
    return [ordered[round(place * (len(ordered) - 1) / (_MOST_DOTS - 1))] for place in range(_MOST_DOTS)]


def _below(axis: Axis) -> str:
    """Return the title of the axis across, which wraps where a drawing is narrow: text of SVG cannot."""
    return f'<p class="axis-title across">{marked(axis.title)}</p>'


def _x_numbers(axis: Axis, speech: Speech, most: int = 6) -> Iterator[str]:
    for place, shown in _numbers(axis, speech, most):
        at = percent(place)
        yield f'<line class="grid" x1="{at}" x2="{at}" y1="0" y2="100%"/>'
        yield f'<text class="tick" x="{at}" y="100%" dy="18" text-anchor="middle">{marked(shown, "tspan")}</text>'


def _y_axis(axis: Axis, speech: Speech) -> Iterator[str]:
    for place, shown in _numbers(axis, speech, 6):
        at = percent(1.0 - place)
        yield f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>'
        yield f'<text class="tick" x="-8" y="{at}" dy="4" text-anchor="end">{marked(shown, "tspan")}</text>'


def _numbers(axis: Axis, speech: Speech, most: int) -> list[tuple[float, Text]]:
    """Return the places and texts of the numbers at an axis."""
    scale = Scale.of(axis)
    return [(scale.place(value / axis.factor), speech.localised(shown)) for value, shown in axis_numbers(axis, most)]


def _cells(figure: CellsFigure, looks: RowLooks, speech: Speech) -> str:
    return "".join(_matrix(figure, place, panel, looks, speech) for place, panel in enumerate(figure.panels))


def _matrix(figure: CellsFigure, place: int, panel: Panel, looks: RowLooks, speech: Speech) -> str:
    """Return one matrix: a cell's shade is its share of the true class."""
    size = len(figure.classes)
    has_texts = size <= _MOST_CELL_TEXTS
    inside = []
    for true, counts in enumerate(panel.counts):
        total = sum(map(abs, counts)) or 1.0
        for predicted, count in enumerate(counts):
            shade = round(_SHADES * min(1.0, abs(count) / total))
            sign = " minus" if count < 0 else ""
            at = f'x="{percent(predicted / size)}" y="{percent(true / size)}"'
            inside.append(
                f'<rect class="cell s{shade}{sign}" {at} width="{percent(1 / size)}" height="{percent(1 / size)}" '
                f'data-cell="{true} {predicted}"/>'
            )
            if has_texts and (written := count_text(count, is_difference=panel.is_difference)):
                middle = f'x="{percent((predicted + 0.5) / size)}" y="{percent((true + 0.5) / size)}"'
                dark = " dark" if shade >= _SHADES - 1 else ""
                shown = marked(speech.localised(written), "tspan")
                inside.append(f'<text class="count{dark}" {middle} dy="4" text-anchor="middle">{shown}</text>')
    inside += list(_class_names(figure.classes))
    tilted = " tilted" if _is_tilted(figure.classes) else ""
    row = escape(panel.row)
    swatch = looks.swatch(panel.row) if panel.row in looks.places else ""
    shown = _svg(figure, inside, height=260, kind="plot matrix", view=place)
    return (
        f'<div class="view-box" data-view="{place}" data-row="{row}"><p class="view">{swatch} {marked(panel.name)}</p>'
        f'<div class="pad matrix{tilted}">{shown}</div></div>'
    )


def count_text(count: float, *, is_difference: bool) -> str:
    """Write a mean count as short as a cell is wide: whole from ten on, else with one digit; "" for next to nothing."""
    written = f"{count:,.0f}" if abs(count) >= _WHOLE else f"{count:.1f}".removesuffix(".0")
    if written.strip("-0.") == "":
        return ""
    return f"+{written}" if is_difference and count > 0.0 else written


def _class_names(classes: Sequence[str]) -> Iterator[str]:
    """Yield the names at both sides: of many classes every so many, tilted below where they would run together."""
    size = len(classes)
    is_tilted = _is_tilted(classes)
    for place, name in list(enumerate(classes))[:: math.ceil(size / _MOST_NAMES)]:
        middle = percent((place + 0.5) / size)
        shown = escape(_short(name))
        yield f'<text class="tick" x="-8" y="{middle}" dy="4" text-anchor="end">{shown}</text>'
        if is_tilted:
            yield (
                f'<svg class="at" x="{middle}" y="100%"><text class="tick" transform="rotate(-45)" x="-8" y="10" '
                f'text-anchor="end">{shown}</text></svg>'
            )
        else:
            yield f'<text class="tick" x="{middle}" y="100%" dy="18" text-anchor="middle">{shown}</text>'


def _is_tilted(classes: Sequence[str]) -> bool:
    """Say whether names beside each other would touch below a matrix."""
    shown = min(len(classes), _MOST_NAMES)
    return max(len(_short(name)) for name in classes) * shown > _MOST_LETTERS


def _short(name: str) -> str:
    """Return a name as wide as the space beside a matrix."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
