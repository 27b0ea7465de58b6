"""`optbench show` of the folder that `run --folds` writes: what its folds say together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.metrics import METRICS, score_text
from optbench.core.columns import aligned
from optbench.core.printable import printable
from optbench.core.worded import worded
from optbench.errors import NoRunsError, StorageError
from optbench.json_fields import JsonFields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optbench.core.columns import Column

_NUMBERS: Final[tuple[Column, ...]] = ((">", 10),) * 3
_NOTHING: Final = "-"


def folds_named(argument: str, runs_dir: Path) -> Path | None:
    """Return the folder of folds that an argument names, here or in the runs directory; None if it names none."""
    from optbench.run_store import is_fold_group

    if not argument or "\0" in argument:
        return None
    return next((path for path in (Path(argument), runs_dir / argument) if is_fold_group(path)), None)


def show_folds(folder: Path, language: str | None = None) -> tuple[dict[str, Any], str]:
    """Return what folds say together, as JSON values and as text.

    Raises
    ------
    NoRunsError
        If the folder's summary is not what optbench writes.
    """
    from optbench.run_store import FoldPaths, read_json
    from optbench.words import text

    paths = FoldPaths(folder)
    try:
        document = read_json(paths.summary)
        fields = JsonFields(document, paths.summary)
        name, runs = fields.take("name", str), fields.texts("runs")
        rows = [_row(metric, values, language) for metric, values in dict(document["metrics"]).items()]
    except (StorageError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise NoRunsError(
            worded("folder-unreadable-folds", "{folder} holds no readable folds: {error}", folder=folder, error=error),
            code="runs-run-unreadable",
        ) from error
    header = [text(code, language) for code in ("folds-metric", "folds-mean", "folds-sd", "folds-together")]
    lines = [
        text("folds-title", language, name=name, folds=len(runs)),
        text("show-folder", language, folder=str(folder)),
        "",
        *aligned([header, *(row for row in rows if row is not None)], [("<", 20), *_NUMBERS]),
        "",
        *runs,
    ]
    return {"folder": str(folder), **document}, "\n".join(map(printable, lines))


def _row(metric: str, values: Mapping[str, Any], language: str | None) -> tuple[str, ...] | None:
    """Return a metric with its mean, spread and value over all predictions; None if nothing is known of it."""
    from optbench.words.tables import localised

    numbers = [values[key] for key in ("mean", "sd", "out_of_fold")]
    if all(number is None for number in numbers):
        return None
    shown = (
        _NOTHING if number is None else score_text(metric, number) if metric in METRICS else f"{number:.4g}"
        for number in numbers
    )
    return (metric, *(localised(cell, language) for cell in shown))
