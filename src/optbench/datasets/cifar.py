"""CIFAR-10 in its binary form: 3073 bytes an image, the label first, then red, green and blue, row by row."""

from __future__ import annotations

import tarfile
import zlib
from typing import TYPE_CHECKING

import numpy as np

from optbench.core.text import stated
from optbench.datasets.array_data import ArrayData
from optbench.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optbench.catalog.dataset import DatasetEntry
    from optbench.datasets.array_data import Pair
    from optbench.datasets.downloads import CheckedFile

_FOLDER = "cifar-10-batches-bin"
_TRAIN = tuple(f"{_FOLDER}/data_batch_{number}.bin" for number in range(1, 6))
_TEST = f"{_FOLDER}/test_batch.bin"
_SIDE, _CHANNELS = 32, 3
_RECORD = 1 + _SIDE * _SIDE * _CHANNELS


def read_cifar10(entry: DatasetEntry, file: CheckedFile) -> ArrayData:
    """Read the archive; nothing of it is written to disk.

    Raises
    ------
    DataError
        If the archive is cut, lacks a file, or one is no whole number of images.
    """
    try:
        with tarfile.open(file.path, "r:gz") as archive:
            parts = {member.name: _images(archive, member) for member in archive if member.name in {*_TRAIN, _TEST}}
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{file.name} cannot be unpacked: {stated(error)}.", code="data-file-damaged") from error
    absent = [name for name in (*_TRAIN, _TEST) if name not in parts]
    if absent:
        raise DataError(
            f"{file.name} must hold {absent[0]}. Received: {', '.join(sorted(parts)) or 'none of its files'}.",
            code="data-file-damaged",
        )
    x, y = (np.concatenate([parts[name][which] for name in _TRAIN]) for which in (0, 1))
    return ArrayData(
        name=entry.name,
        where=file.name,
        train=(x, y),
        test=parts[_TEST],
        labels=entry.labels,
        positive_class=entry.positive_class,
        facts={"files": [file.to_json()]},
    )


def _images(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Pair:
    stream = archive.extractfile(member)
    content = b"" if stream is None else stream.read()
    if not content or len(content) % _RECORD:
        raise DataError(
            f"{member.name} must hold images of {_RECORD} bytes. Received: {len(content)} bytes.",
            code="data-file-damaged",
        )
    records: NDArray[np.uint8] = np.frombuffer(content, dtype=np.uint8).reshape(-1, _RECORD)
    images = records[:, 1:].reshape(-1, _CHANNELS, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, 0].astype(np.int64)
