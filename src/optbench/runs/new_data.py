"""What somebody gives to be predicted, file or object, as rows that a run's model takes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optbench.core.refusals import told_as
from optbench.core.regular_files import is_folder, is_missing, regular_size
from optbench.core.worded import worded
from optbench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optbench.config import DatasetConfig
    from optbench.datasets import Preprocessing
    from optbench.datasets.new_tables import NewRows


_ARRAY_ENDINGS: Final = (".npz", ".npy")
_LINES_ENDING: Final = ".txt"


@contextmanager
def rows_of_file(
    path: Path,
    preprocessing: Preprocessing,
    config: DatasetConfig,
    *,
    identifier: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Iterator[NewRows]:
    """Open a file, or a folder of images, whose rows are to be predicted.

    Parameters
    ----------
    config : the data set of the run; a table is taken to be stored like that one
    identifier : column of a table that names its rows
    separator, encoding, sheet : where the table is stored in another way

    Raises
    ------
    DataError
        If it is missing, or holds no rows that the model takes.
    """
    from optbench.datasets.new_arrays import array_file, image_rows, images_below, word_lines
    from optbench.datasets.new_rows import SOURCES, text_column
    from optbench.datasets.new_tables import stored_like, table_file, text_lines

    shown, kind = path.name or str(path), path.suffix.lower()
    require_rows(path)
    with _in_options(), told_as(DataError, str(path), code="data-file-unreadable"):
        source = preprocessing.source.kind
        if path.is_dir() and source != "images":
            raise DataError(
                f"{path} is a folder, which only runs on images take. The run was trained on {SOURCES[source]}: name a "
                "file with such rows.",
                code="data-form-not-as-trained",
            )
        is_lines = kind == _LINES_ENDING and source == "table" and text_column(preprocessing) is not None
        is_table = source != "images" and kind not in _ARRAY_ENDINGS and source != "word_numbers"
        if identifier is not None and (is_lines or not is_table):
            raise UsageError(
                worded(
                    "refuse-id",
                    "--id names a column of a table. Received: {identifier!r} for {shown}, which has none. Leave "
                    "it out.",
                    identifier=identifier,
                    shown=shown,
                ),
                code="usage-id-unfit",
            )
        if source == "images":
            files, root = images_below(path)
            yield image_rows(files, preprocessing, root=root)
        elif kind in _ARRAY_ENDINGS:
            yield array_file(path, preprocessing, shown=shown)
        elif source == "word_numbers":
            yield word_lines(path, preprocessing, shown=shown)
        elif is_lines:
            yield text_lines(path, preprocessing, shown=shown)
        else:
            stored = stored_like(config, path)
            given = {"separator": separator, "encoding": encoding, "sheet": sheet}
            stored = replace(stored, **{name: value for name, value in given.items() if value is not None})
            with table_file(path, preprocessing, stored, shown=shown, identifier=identifier) as rows:
                yield rows


def require_rows(path: Path) -> None:
    """Require something that rows can be read from: a file or a folder, maybe behind a link.

    Raises
    ------
    DataError
        If there is nothing, or something else.
    """
    with told_as(DataError, str(path), code="data-file-unreadable"):
        if is_missing(path):
            raise DataError(
                worded("file-no-rows", "{path} does not exist. Name a file with rows to predict.", path=path),
                code="data-file-missing",
            )
        if not is_folder(path):
            regular_size(path, follow_links=True)


@contextmanager
def _in_options() -> Iterator[None]:
    """Let errors on how a table is stored speak of the options of the command, since there is no file to change."""
    from optbench.datasets.setting_names import OPTIONS

    try:
        yield
    except DataError as error:
        told = error.worded.retold("setting", OPTIONS)
        if told == error.worded:
            raise
        raise DataError(told, code=error.code, findings=error.findings) from error


def rows_of_object(data: Any, preprocessing: Preprocessing, *, identifier: str | None = None) -> NewRows:
    """Return what somebody holds as rows: a frame, a dictionary of columns, an array, texts, paths of images.

    Raises
    ------
    DataError
        If the model takes something else.
    """
    from optbench.datasets.new_arrays import example_rows, image_rows
    from optbench.datasets.new_rows import text_column
    from optbench.datasets.new_tables import frame_rows

    source = preprocessing.source.kind
    if source == "images" and _are_paths(data):
        files = [data] if isinstance(data, str | os.PathLike) else data
        return image_rows([Path(each) for each in files], preprocessing)
    kind = type(data)  # a lazy frame would be executed to say its columns
    is_frame = isinstance(data, Mapping) or hasattr(kind, "columns") or hasattr(kind, "column_names")
    if not is_frame and source != "table":
        return example_rows(data, preprocessing)
    text = text_column(preprocessing) if source == "table" else None
    if text is not None and not is_frame and isinstance(data, Sequence) and not isinstance(data, str):
        return frame_rows({text: list(data)}, preprocessing)
    return frame_rows(data, preprocessing, identifier=identifier)


def _are_paths(data: Any) -> bool:
    if isinstance(data, str | os.PathLike):
        return True
    return isinstance(data, Sequence) and all(isinstance(each, str | os.PathLike) for each in data)
