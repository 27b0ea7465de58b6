"""A few rows as the data itself has them, for people to look at: cells of a table, pixels of an image."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import array_digest
from optbench.catalog.datasets import DATASETS
from optbench.config import CsvConfig, OpenmlConfig
from optbench.datasets.array_sources import bundled_arrays
from optbench.datasets.column_names import spelled
from optbench.datasets.downloads import file_sha256
from optbench.datasets.image_files import png_of
from optbench.datasets.opening import Storage, open_table
from optbench.datasets.openml import fetch_openml_table
from optbench.datasets.ordered_work import n_workers
from optbench.datasets.paths import located
from optbench.datasets.table_reading import ONE_BLOCK, TableFile, chunks_of, open_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optbench.catalog.dataset import DatasetEntry
    from optbench.config import DatasetConfig
    from optbench.records import Dataset

    Cells = tuple[tuple[str, ...], dict[int, tuple[str, ...]]]  # names of columns, and the cells of each row

_GREY_OR_COLOUR = (1, 3)


def cells_of_rows(
    config: DatasetConfig, rows: Sequence[int], *, base: Path | None, data_dir: Path, digests: Sequence[str]
) -> Cells | None:
    """Return rows of a table as its files have them; None if it is no table, not at hand, or another by now.

    Parameters
    ----------
    rows : row numbers in the data as read, from 0, over all files in order
    base : folder that paths of the experiment start from; None if it is not known
    digests : sha256 of the files that the run was trained on

    Raises
    ------
    DataError
        If a file is no table any more.
    """
    entry = DATASETS.get(config.name)
    if isinstance(config, CsvConfig):
        return None if base is None else _own_cells(config, rows, base, digests)
    if isinstance(config, OpenmlConfig):
        return _openml_cells(config, rows, data_dir)
    if entry is not None and entry.form == "sklearn_table":
        return _bundled_cells(entry, rows, digests)
    if entry is not None and entry.table is not None:
        files = [TableFile(file.name, data_dir / file.name, entry.table.separator) for file in entry.files]
        return _cells(files, rows) if _are_those(files, digests) else None
    return None


def pictures_of_rows(dataset: Dataset, rows: Sequence[int]) -> dict[int, bytes]:
    """Return test rows that are images as PNG files; {} if the data holds none.

    Parameters
    ----------
    dataset : whose test split has the rows; images are (n, height, width, 1 or 3) float32 from 0 to 1
    """
    source: Mapping[str, Any] = (dataset.preprocessing or {}).get("source", {})
    x = dataset.test.x
    if not source.get("divide_by") or x.ndim != 4 or x.shape[-1] not in _GREY_OR_COLOUR:  # noqa: PLR2004 - images
        return {}
    place = {int(row): number for number, row in enumerate(dataset.test.rows)}
    pixels = {row: np.rint(np.clip(x[place[row]], 0.0, 1.0) * 255.0).astype(np.uint8) for row in rows if row in place}
    return {row: png_of(image) for row, image in pixels.items()}


def _own_cells(config: CsvConfig, rows: Sequence[int], base: Path, digests: Sequence[str]) -> Cells | None:
    names = [name for name in (config.path, config.split.test_path) if name is not None]
    storage = Storage(config.separator, config.encoding, config.sheet)
    if not _are_those([TableFile(name, located(base, name)) for name in names], digests):
        return None
    with ExitStack() as stack:
        opened = [stack.enter_context(open_table(located(base, name), storage, name=name)) for name in names]
        return _cells([each.file for each in opened], rows)


def _are_those(files: Sequence[TableFile], digests: Sequence[str]) -> bool:
    """Return whether files are there, and those that a run was trained on."""
    return all(file.path.is_file() for file in files) and [file_sha256(file.path) for file in files] == list(digests)


def _cells(files: Sequence[TableFile], rows: Sequence[int]) -> Cells:
    """Read files as training did, up to the last row that is wanted, and keep those rows."""
    wanted, first = np.unique(np.array(rows, dtype=np.int64)), 0
    names: tuple[str, ...] = ()
    found: dict[int, tuple[str, ...]] = {}
    for file in files:
        with closing(open_source(file)) as source:
            names = names or tuple(source.names)
            columns = [source.names.index(spelled(name, source.names)) for name in names]
            workers = 1 if file.path.stat().st_size <= ONE_BLOCK else n_workers()
            with closing(chunks_of(source, lambda chunk: len(chunk.lines), workers=workers)) as chunks:
                for chunk, n_rows in chunks:
                    for row in wanted[(wanted >= first) & (wanted < first + n_rows)].tolist():
                        cells = (chunk.columns[column][row - first].as_py() for column in columns)
                        found[row] = tuple(cell or "" for cell in cells)
                    first += n_rows
                    if first > wanted[-1]:
                        return names, found
    return names, found


def _bundled_cells(entry: DatasetEntry, rows: Sequence[int], digests: Sequence[str]) -> Cells | None:
    (x, _), _, features = bundled_arrays(entry.name)
    if [array_digest(x)] != list(digests):
        return None
    return features, {row: tuple(map(repr, x[row].tolist())) for row in rows}


def _openml_cells(config: OpenmlConfig, rows: Sequence[int], data_dir: Path) -> Cells | None:
    if not (data_dir / "openml").is_dir():  # nothing is downloaded to be looked at
        return None
    frame = fetch_openml_table(config.name, data_dir=data_dir).frame
    shown = frame.iloc[list(rows)].astype(object)
    texts = shown.where(shown.notna(), "").astype(str).to_numpy()
    return tuple(map(str, frame.columns)), {row: tuple(cells) for row, cells in zip(rows, texts.tolist(), strict=True)}
