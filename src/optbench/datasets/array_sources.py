"""Where arrays come from: npz files, idx files, a user's Python function, scikit-learn's bundled data."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.datasets.array_data import ArrayData
from optbench.datasets.downloads import CheckedFile, file_sha256
from optbench.datasets.memory import require_memory
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


def read_npz(name: str, path: Path, *, shown: str, copy: str = "", labels: tuple[str, ...] = ()) -> ArrayData:
    """Read `x_train, y_train, x_test, y_test` and optionally `x_validation, y_validation` from an npz file.

    Raises
    ------
    DataError
        If the file is missing, is no npz file, lacks an array, or holds Python objects (which are never loaded).
    """
    arrays, found = _npz_arrays(path, shown)
    pair = [key for key in _OPTIONAL if key in arrays]
    wanted = _REQUIRED + _OPTIONAL if pair else _REQUIRED
    absent = [key for key in wanted if key not in arrays]
    if absent:
        others = [key for key in found if key not in arrays]
        raise DataError(
            f"{shown} must hold the array {absent[0]!r}.{did_you_mean(absent[0], others)} "
            f"The arrays found are: {', '.join(found) or 'none'}.",
            code="data-array-missing",
        )
    file = CheckedFile(path, shown, file_sha256(path), path.stat().st_size, copy)
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
        If a file is no idx file, or has another size than its header says.
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
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be unpacked: {error}.", code="data-file-damaged") from error
    magic = int.from_bytes(data[:4], "big")
    dimensions = {_IDX_IMAGES: 3, _IDX_LABELS: 1}.get(magic)
    if dimensions is None:
        raise DataError(
            f"{path} is no idx file of images or labels: its magic number is {magic}.", code="data-file-damaged"
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


def _npz_arrays(path: Path, shown: str) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Return the arrays that a data set can have, and the names of all that the file holds."""
    if not path.exists():
        raise DataError(
            f"{shown} does not exist. A path in an experiment file is relative to the folder of that file.",
            code="data-file-missing",
        )
    if not zipfile.is_zipfile(path):
        raise DataError(
            f"{shown} is no npz file. Write it with numpy.savez(path, x_train=..., ...).", code="data-file-wrong-format"
        )
    try:
        with zipfile.ZipFile(path) as packed:
            declared = sum(member.file_size for member in packed.infolist())
        require_memory(declared, what=f"unpacking {shown}", remedy="Store fewer examples, or a smaller type.")
        with np.load(path, allow_pickle=False) as archive:
            found = archive.files
            arrays = {key: archive[key] for key in _REQUIRED + _OPTIONAL if key in found}
    except (OSError, EOFError, ValueError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        pickled = "allow_pickle" in str(error)
        objects = "it holds Python objects, which are not loaded: store numbers or texts"
        raise DataError(
            f"{shown} cannot be read as an npz file: {objects if pickled else error}.", code="data-file-wrong-format"
        ) from error
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray):  # numpy gives the bytes of a member that is no array
            raise DataError(
                f"{shown} cannot be read as an npz file: {key!r} in it is no array.", code="data-file-wrong-format"
            )
    return arrays, found


def _array(value: Any, where: str, name: str) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise DataError(f"{where}: {name} cannot become one array: {error}.", code="data-array-type-wrong") from None


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}: " + ", ".join(_described(part) for part in value[:4])
    return type(value).__name__
