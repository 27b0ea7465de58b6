"""Diagnostics per layer and epoch as CSV: an exact round trip, the same bytes for the same values."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, fields
from typing import TYPE_CHECKING

from optbench.errors import StorageError
from optbench.records import LayerDiagnostics
from optbench.run_store.atomic import write_text
from optbench.run_store.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_COLUMNS = tuple(field.name for field in fields(LayerDiagnostics))
_LARGEST = 1 << 30


def write_diagnostics(path: Path, rows: Iterable[LayerDiagnostics]) -> None:
    """Write one line per layer and epoch; floats as the shortest text that reads back as the same number.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([repr(cell) if isinstance(cell, float) else cell for cell in astuple(row)] for row in rows)
    write_text(path, buffer.getvalue(), durable=False)


def read_diagnostics(path: Path) -> tuple[LayerDiagnostics, ...]:
    """Read what `write_diagnostics` wrote.

    Raises
    ------
    StorageError
        If the file is missing, damaged or no diagnostics of optbench.
    """
    data = read_bytes(path, most=_LARGEST)
    try:
        header, *lines = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)) or [[]]
        if tuple(header) != _COLUMNS:
            raise ValueError(f"its columns must be {', '.join(_COLUMNS)}")  # noqa: TRY301 - one sentence for all
        return tuple(_row(line) for line in lines)
    except (ValueError, csv.Error) as error:
        raise StorageError(
            f"{path} is damaged or no diagnostics of optbench: {error}.", code="storage-file-damaged"
        ) from error


def _row(cells: Sequence[str]) -> LayerDiagnostics:
    epoch, layer, measured_steps, gradient_norm, gradient_norm_sd, update_ratio, weight_norm = cells
    return LayerDiagnostics(
        epoch=int(epoch),
        layer=layer,
        measured_steps=int(measured_steps),
        gradient_norm=float(gradient_norm),
        gradient_norm_sd=float(gradient_norm_sd),
        update_ratio=float(update_ratio),
        weight_norm=float(weight_norm),
    )
