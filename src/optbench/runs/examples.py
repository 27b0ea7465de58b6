"""What the hardest rows of a run hold, read from its data again: the record of a run has their numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.printable import printable
from optbench.errors import OptbenchError
from optbench.records import RowContents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optbench.config import ExperimentConfig
    from optbench.records import Dataset

_LONGEST_CELL: Final = 1000
_MOST_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True)
class DataAtHand:
    """Where the data of a run can be looked at.

    Attributes
    ----------
    base : folder that paths of the experiment start from; None if it is not known
    data_dir : where data sets with a name lie
    staged : folder of the staged data set; None if it is not staged any more
    """

    base: Path | None
    data_dir: Path
    staged: Path | None = None


def contents_of(
    config: ExperimentConfig, rows: Sequence[int], *, facts: Mapping[str, Any], digest: str, data: DataAtHand
) -> RowContents | None:
    """Return what test rows of a run hold; None if its data is not at hand, is another by now, or has no form to show.

    Parameters
    ----------
    facts : of the data, as `environment.json` has them
    digest : of the data, as `digests.json` has it
    """
    from optbench.datasets.raw_rows import cells_of_rows, pictures_of_rows

    digests = [str(file.get("sha256")) for file in facts.get("files", ())]
    try:
        found = cells_of_rows(config.dataset, rows, base=data.base, data_dir=data.data_dir, digests=digests)
        if found is not None:
            return _shown(*found)
        dataset = _images(config, data)
    except (OptbenchError, OSError):
        return None
    if dataset is None or dataset.data_digest != digest:
        return None
    pictures = pictures_of_rows(dataset, rows)
    return RowContents(pictures=pictures) if pictures else None


def _shown(columns: tuple[str, ...], cells: Mapping[int, tuple[str, ...]]) -> RowContents:
    return RowContents(
        tuple(map(printable, columns[:_MOST_COLUMNS])),
        {row: tuple(map(_cell, found[:_MOST_COLUMNS])) for row, found in cells.items()},
    )


def _cell(text: str) -> str:
    return printable(text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}...", keep_lines=True)


def _images(config: ExperimentConfig, data: DataAtHand) -> Dataset | None:
    """Return the data set of a run if its rows may be images; nothing is downloaded to be looked at."""
    from optbench.config import GeneratedConfig, ImageFolderConfig, NpzConfig
    from optbench.datasets import DATASETS, load_dataset, open_staged_dataset

    if data.staged is not None:
        return open_staged_dataset(data.staged)
    section = config.dataset
    is_own = isinstance(section, ImageFolderConfig | NpzConfig) and data.base is not None
    entry = DATASETS.get(section.name)
    is_there = entry is not None and all((data.data_dir / file.name).is_file() for file in entry.files)
    if isinstance(section, GeneratedConfig) or not (is_own or is_there):
        return None
    return load_dataset(section, base=data.base or Path(), data_dir=data.data_dir, task=config.task)
