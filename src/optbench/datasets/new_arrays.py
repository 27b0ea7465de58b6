"""New examples that are no rows of a table: arrays, token sequences, texts as word numbers, image files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optbench.core.refusals import told_as
from optbench.core.regular_files import open_regular
from optbench.core.worded import worded
from optbench.datasets.array_checks import as_labels, divided
from optbench.datasets.arrow_arrays import texts_of
from optbench.datasets.image_files import FORMATS, read_image
from optbench.datasets.new_rows import SOURCES, PreparedRows
from optbench.datasets.new_tables import NewRows
from optbench.datasets.new_targets import class_numbers
from optbench.datasets.npz_files import read_npz_arrays
from optbench.datasets.preprocessing import Arrays, ClassTarget, Images, Tokens, WordNumbers
from optbench.datasets.token_lists import numbered
from optbench.datasets.unusual import Unusual
from optbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.datasets.preprocessing import Preprocessing

_ROWS: Final = 1 << 13
_IMAGES: Final = 256
_BYTE_MAX: Final = 255
_NAMES: Final = ("x", "y", "x_test", "y_test")


def example_rows(data: Any, preprocessing: Preprocessing, *, shown: str = "the array", y: Any = None) -> NewRows:
    """Return examples in an array, (n, ...), or texts as lists of word numbers.

    Parameters
    ----------
    y : labels or numbers, (n,), if they are known

    Raises
    ------
    DataError
        If shape, type or values are not those of training.
    """
    source = preprocessing.source
    if isinstance(source, WordNumbers):
        x = numbered([list(map(int, each)) for each in data], source)
    elif isinstance(source, Tokens):
        x = _tokens(np.asarray(data), source, shown)
    elif isinstance(source, Arrays):
        x = _numbers(np.asarray(data), source, shown)
    else:
        raise DataError(
            f"{shown} holds arrays. The model was trained on {SOURCES[source.kind]}: give that.",
            code="data-form-not-as-trained",
        )
    targets = None if y is None else _targets(np.asarray(y), len(x), preprocessing, shown)
    return NewRows(_parts(x, targets, preprocessing, shown), has_target=targets is not None)


def array_file(path: Path, preprocessing: Preprocessing, *, shown: str) -> NewRows:
    """Return the examples of an npz file (`x`, with `y` if they are known, or `x_test` and `y_test`) or an npy file.

    Raises
    ------
    DataError
        If it is none, or as for `example_rows`.
    """
    if path.suffix.lower() == ".npy":
        with told_as(DataError, shown, code="data-file-unreadable"), open_regular(path, follow_links=True) as file:
            try:
                return example_rows(np.load(file, allow_pickle=False), preprocessing, shown=shown)
            except (ValueError, EOFError) as error:
                raise DataError(
                    worded("rows-not-array-file", "{shown} is not an array file: {error}.", shown=shown, error=error),
                    code="data-file-wrong-format",
                ) from error
    content = read_npz_arrays(path, _NAMES, shown=shown)
    name = next((name for name in ("x", "x_test") if name in content.arrays), None)
    if name is None:
        raise DataError(
            f"{shown} must hold the array 'x' (or 'x_test'). The arrays found are: "
            f"{', '.join(content.found) or 'none'}.",
            code="data-array-missing",
        )
    return example_rows(
        content.arrays[name], preprocessing, shown=shown, y=content.arrays.get(name.replace("x", "y", 1))
    )


def word_lines(path: Path, preprocessing: Preprocessing, *, shown: str) -> NewRows:
    """Return the texts of a file that holds one a line, as word numbers between blanks.

    Raises
    ------
    DataError
        If a line holds something else.
    """
    with told_as(DataError, shown, code="data-file-unreadable"), open_regular(path, follow_links=True) as file:
        lines = file.read().split(b"\n")
    try:
        texts = [[int(word) for word in line.split()] for line in lines[: len(lines) - (not lines[-1])]]
    except ValueError as error:
        raise DataError(
            f"{shown} must hold word numbers between blanks, a text a line, as training had them. Received: {error}.",
            code="data-form-not-as-trained",
        ) from error
    return example_rows(texts, preprocessing, shown=shown)


def image_rows(files: Sequence[Path], preprocessing: Preprocessing, *, root: Path | None = None) -> NewRows:
    """Return image files, in the order given.

    Parameters
    ----------
    root : folder that their names are told from; the folder of an image is its label if that is one of training

    Raises
    ------
    DataError
        If the model takes no images, or one cannot be read.
    """
    source, target = preprocessing.source, preprocessing.target
    if not isinstance(source, Images):
        raise DataError(
            f"the model was trained on {SOURCES[source.kind]}, not on images. Give such data.",
            code="data-form-not-as-trained",
        )
    if not files:
        raise DataError(f"there must be an image ({', '.join(FORMATS)}). Received: none.", code="data-folder-empty")
    shown = [_shown(file, root) for file in files]
    y = None
    if root is not None and isinstance(target, ClassTarget):
        numbers = class_numbers([file.parent.name for file in files], target)
        y = numbers if (numbers >= 0).all() else None

    def parts() -> Iterator[PreparedRows]:
        for first in range(0, len(files), _IMAGES):
            after = min(first + _IMAGES, len(files))
            pixels = np.stack([_pixels(files[i], source, shown=shown[i]) for i in range(first, after)])
            yield PreparedRows(
                divided(pixels, source.divide_by, where="the images"),
                Unusual(after - first),
                texts_of(shown[first:after]),
                None if y is None else y[first:after],
            )

    return NewRows(parts(), "file", y is not None)


def images_below(path: Path) -> tuple[list[Path], Path]:
    """Return the images of a file or folder, those in its folders behind each other by name, and where they lie."""
    if not path.is_dir():
        return [path], path.parent
    folders = sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    found = [
        file
        for folder in (path, *folders)
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in FORMATS and not file.name.startswith(".")
    ]
    return found, path


def _shown(file: Path, root: Path | None) -> str:
    return str(file) if root is None or not file.is_relative_to(root) else file.relative_to(root).as_posix()


def _pixels(file: Path, source: Images, *, shown: str) -> NDArray[np.uint8]:
    return read_image(file, size=(source.height, source.width), channels=source.channels, shown=shown)


def _numbers(x: NDArray[Any], source: Arrays, shown: str) -> NDArray[Any]:
    received = f"Received: shape {x.shape} and {x.dtype}."
    if x.ndim != len(source.shape) + 1 or x.shape[1:] != source.shape:
        raise DataError(
            f"{shown} must hold examples of shape {source.shape}, as training had them. {received}",
            code="data-array-shape-wrong",
        )
    if x.dtype.kind not in "biuf":
        raise DataError(f"{shown} must hold numbers. {received}", code="data-array-type-wrong")
    if source.dtype == "uint8" and len(x) and not _are_bytes(x):
        raise DataError(
            f"{shown} must hold whole numbers from 0 to {_BYTE_MAX}, as training had them. {received} "
            "Numbers that are divided already would be divided again.",
            code="data-array-type-wrong",
        )
    return x


def _are_bytes(x: NDArray[Any]) -> bool:
    return x.dtype == np.uint8 or (x.dtype.kind in "iu" and int(x.min()) >= 0 and int(x.max()) <= _BYTE_MAX)


def _tokens(x: NDArray[Any], source: Tokens, shown: str) -> NDArray[np.int32]:
    received = f"Received: shape {x.shape} and {x.dtype}."
    if x.ndim != 2 or x.shape[1] != source.length or x.dtype.kind not in "iu":  # noqa: PLR2004 - rows and time
        raise DataError(
            f"{shown} must hold {source.length} whole numbers a row, as training had them. {received}",
            code="data-array-shape-wrong",
        )
    if x.size and (int(x.min()) < 0 or int(x.max()) >= source.size):
        raise DataError(
            f"{shown} must hold tokens from 0 to {source.size - 1}, those of training. Received: one that is "
            f"{int(x.min()) if int(x.min()) < 0 else int(x.max())}.",
            code="data-tokens-wrong",
        )
    return np.ascontiguousarray(x, dtype=np.int32)


def _targets(y: NDArray[Any], n_rows: int, preprocessing: Preprocessing, shown: str) -> NDArray[Any]:
    flat, target = y.reshape(-1), preprocessing.target
    if len(flat) != n_rows:
        raise DataError(
            f"{shown} must hold as many targets as examples. Received: {len(flat)} for {n_rows}.",
            code="data-array-lengths-differ",
        )
    if not isinstance(target, ClassTarget):
        return flat.astype(np.float64)
    labels = as_labels(flat, split="new", where=shown)
    levels = sorted(set(labels))
    numbers = class_numbers(levels, target)
    if (numbers < 0).any():
        wrong = levels[int(np.argmin(numbers))]
        raise DataError(
            f"{shown} must hold the labels of training. Received: {wrong!r}. Correct it, or leave the labels out.",
            code="data-label-not-as-trained",
        )
    of_label = dict(zip(levels, numbers.tolist(), strict=True))
    return np.array([of_label[label] for label in labels], dtype=np.int64)


def _parts(x: NDArray[Any], y: NDArray[Any] | None, preprocessing: Preprocessing, shown: str) -> Iterator[PreparedRows]:
    source, made = preprocessing.source, preprocessing.inputs[0]
    if not len(x):
        raise DataError(f"{shown} must hold an example. Received: none.", code="data-array-empty")
    for first in range(0, len(x), _ROWS):
        part, unusual = x[first : first + _ROWS], Unusual(len(x[first : first + _ROWS]))
        if isinstance(source, WordNumbers):
            n = int((part == source.unknown).any(axis=1).sum())
            unusual.add("x", "unknown-tokens", n, usual=None)
        if isinstance(source, Arrays):
            part = divided(part, source.divide_by, where=shown)
        yield PreparedRows(
            np.ascontiguousarray(part.reshape(len(part), *made.shape)),
            unusual,
            y=None if y is None else y[first : first + _ROWS],
        )
