"""Where arrays come from: npz files, idx files, a user's Python function, scikit-learn's bundled data."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.core.regular_files import open_regular
from optbench.core.text import stated
from optbench.core.worded import worded
from optbench.datasets.array_data import ArrayData
from optbench.datasets.downloads import CheckedFile
from optbench.datasets.npz_files import read_npz_arrays
from optbench.errors import DataError, did_you_mean
from optbench.user_code import call_function, parse_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.catalog.dataset import DatasetEntry
    from optbench.datasets.array_data import Pair

_REQUIRED = ("x_train", "y_train", "x_test", "y_test")
_OPTIONAL = ("x_validation", "y_validation")
_IDX_IMAGES = 2051
_IDX_LABELS = 2049
_LARGEST_IDX = 1 << 28


def read_npz(name: str, path: Path, *, shown: str, copy: str = "", labels: tuple[str, ...] = ()) -> ArrayData:
    """Read `x_train, y_train, x_test, y_test` and optionally `x_validation, y_validation` from an npz file.

    Raises
    ------
    DataError
        If the file is missing, is not an npz file, lacks an array, or holds Python objects (which are never loaded).
    """
    content = read_npz_arrays(path, _REQUIRED + _OPTIONAL, shown=shown)
    arrays = content.arrays
    pair = [key for key in _OPTIONAL if key in arrays]
    wanted = _REQUIRED + _OPTIONAL if pair else _REQUIRED
    absent = [key for key in wanted if key not in arrays]
    if absent:
        others = [key for key in content.found if key not in arrays]
        raise DataError(
            worded(
                "rows-array-missing",
                "{shown} must hold the array {name!r}.{hint} The arrays found are: {found}.",
                shown=shown,
                name=absent[0],
                hint=did_you_mean(absent[0], others),
                found=", ".join(content.found) or worded("must-none", "none"),
            ),
            code="data-array-missing",
        )
    file = CheckedFile(path, shown, content.sha256, content.size_bytes, copy)
    return ArrayData(
        name=name,
        where=shown,
        train=(arrays["x_train"], arrays["y_train"]),
        test=(arrays["x_test"], arrays["y_test"]),
        validation=(arrays["x_validation"], arrays["y_validation"]) if pair else None,
        labels=labels,
        facts={"files": [file.to_json()]},
    )


def read_idx_pairs(entry: DatasetEntry, files: Sequence[CheckedFile]) -> ArrayData:
    """Read gzipped idx files: training images and labels, test images and labels.

    Raises
    ------
    DataError
        If a file is not an idx file, or has another size than its header says.
    """
    x_train, y_train, x_test, y_test = (read_idx(file.path) for file in files)
    return ArrayData(
        name=entry.name,
        where=entry.name,
        train=(x_train, y_train),
        test=(x_test, y_test),
        labels=entry.labels,
        positive_class=entry.positive_class,
        facts={"files": [file.to_json() for file in files]},
    )


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read one gzipped idx file: (n, height, width) images or (n,) labels, uint8.

    Raises
    ------
    DataError
        If it is cut, or not of that form.
    """
    try:
        with open_regular(path, follow_links=True) as file, gzip.open(file) as packed:
            data = packed.read(_LARGEST_IDX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be unpacked: {stated(error)}.", code="data-file-damaged") from error
    magic = int.from_bytes(data[:4], "big")
    dimensions = {_IDX_IMAGES: 3, _IDX_LABELS: 1}.get(magic)
    if dimensions is None:
        raise DataError(
            f"{path} is not an idx file of images or labels: its magic number is {magic}.", code="data-file-damaged"
        )
    start = 4 + 4 * dimensions
    shape = [int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4)]
    if len(data) - start != np.prod(shape, dtype=np.int64):
        raise DataError(
            f"{path} holds {len(data) - start} bytes, its header promises an array of {shape}.",
            code="data-file-damaged",
        )
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape)


def call_user_function(name: str, function: str, arguments: Mapping[str, Any], *, base: Path) -> ArrayData:
    """Call the user's function, which returns `(x_train, y_train), (x_test, y_test)`.

    Side effects: executes the user's Python file.

    Raises
    ------
    DataError
        If there is no such function, it raises, or it returns something else.
    """
    reference = parse_reference(function, base, error=DataError)
    where = f"{reference.function}() of {reference.file.name}"
    returned = call_function(reference, error=DataError, **arguments)
    try:
        (x_train, y_train), (x_test, y_test) = returned
    except (TypeError, ValueError):
        raise DataError(
            f"{where} must return (x_train, y_train), (x_test, y_test). Received: {_described(returned)}.",
            code="data-function-result-wrong",
        ) from None
    return ArrayData(
        name=name,
        where=where,
        train=(_array(x_train, where, "x_train"), _array(y_train, where, "y_train")),
        test=(_array(x_test, where, "x_test"), _array(y_test, where, "y_test")),
        facts={"files": [], "function": function, "sha256": reference.sha256()},
    )


def bundled_arrays(name: str) -> tuple[Pair, tuple[str, ...], tuple[str, ...]]:
    """Return `((x, y), class names, feature names)` of a data set of scikit-learn; without classes for regression."""
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    classes = tuple(str(label) for label in bunch.get("target_names", ()))
    return (bunch.data, bunch.target), classes, tuple(map(str, bunch.feature_names))


def _array(value: Any, where: str, name: str) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise DataError(
            f"{where}: {name} cannot become one array: {stated(error)}.", code="data-array-type-wrong"
        ) from None


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}: " + ", ".join(_described(part) for part in value[:4])
    return type(value).__name__
