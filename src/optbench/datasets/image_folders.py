"""Folders of images, one folder per class, into a data set of one size; the same bytes in, the same numbers out."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optbench.array_digests import arrays_digest
from optbench.core.findings import Finding, Severity
from optbench.core.regular_files import read_regular
from optbench.core.worded import worded
from optbench.datasets.array_checks import PIXEL_MAX, model_inputs
from optbench.datasets.array_data import ArrayData, load_arrays
from optbench.datasets.assembly import Draft, TargetReading, assemble
from optbench.datasets.image_files import FORMATS, read_image
from optbench.datasets.labels import choose_positive_class, label_order, label_reading, require_classes
from optbench.datasets.memory import require_memory
from optbench.datasets.paths import located
from optbench.datasets.preprocessing import Images
from optbench.datasets.reading_rules import reading_facts
from optbench.datasets.table_splits import divide_by_fractions
from optbench.errors import DataError
from optbench.records import SplitData

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from optbench.config import ImageFolderConfig
    from optbench.records import Dataset

_OFFICIAL = ({"train", "test"}, {"train", "validation", "test"})
_BYTES_PER_VALUE = 5  # a byte as read and a float32 for the model


@dataclass(frozen=True, slots=True)
class _Folder:
    """Images of one folder with a folder per class: files in order, the class of each."""

    files: tuple[Path, ...]
    labels: tuple[str, ...]


def load_image_folder(config: ImageFolderConfig, *, base: Path) -> Dataset:
    """Return the images below a folder; its subfolders are the classes, or train, (validation,) test of such.

    Images are turned as their EXIF data says, converted to grey or colour, and brought to one size, bilinear and
    without keeping the ratio of sides.

    Raises
    ------
    DataError
        If there is no such folder, a file in it is no image of 8 bits or leads out of it, or the split cannot be
        filled.
    """
    root = located(base, config.path)
    if not root.is_dir():
        raise DataError(
            f"{config.path} must be a folder with a folder of images per class. Received: "
            f"{'a file' if root.exists() else 'nothing'}. A path is relative to the folder of the experiment file.",
            code="data-file-missing",
        )
    parts = {entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")}
    if parts in _OFFICIAL:
        return _with_official_test(config, {name: _listed(root / name, config, root) for name in sorted(parts)}, root)
    return _split_by_fractions(config, _listed(root, config, root), root)


def _with_official_test(config: ImageFolderConfig, folders: dict[str, _Folder], root: Path) -> Dataset:
    pairs = {name: (_pixels(found, config, root), np.array(found.labels)) for name, found in folders.items()}
    files = [file for found in folders.values() for file in found.files]
    data = ArrayData(
        name=config.name,
        where=config.path,
        train=pairs["train"],
        test=pairs["test"],
        validation=pairs.get("validation"),
        facts=_facts(config, files, root),
        notes=_left_out_notes(files, root),
        source=_source(config),
    )
    return load_arrays(data, split=config.split)


def _split_by_fractions(config: ImageFolderConfig, found: _Folder, root: Path) -> Dataset:
    order = label_order(set(found.labels))
    require_classes(
        order, n_rows=len(found.labels), where=worded("rows-folders-of", "the folders of {path}", path=config.path)
    )
    y = np.array([order.class_of[label] for label in found.labels], dtype=np.int64)
    divided = divide_by_fractions(y, config.split, class_names=order.class_names)
    pixels = _pixels(found, config, root)
    inputs = model_inputs(pixels, where=config.path)
    positive, note = choose_positive_class(order.class_names, None)
    return assemble(
        Draft(
            name=config.name,
            class_names=order.class_names,
            positive_class=positive,
            feature_names=(),
            data_digest=arrays_digest({"x": pixels, "y": y, "class_names": np.array(order.class_names, dtype=object)}),
            source=_source(config),
            splits={
                name: SplitData(x=inputs.x[part], y=y[part], rows=part) for name, part in divided.rows.by_name.items()
            },
            method=divided.method,
            facts={
                **_facts(config, list(found.files), root),
                "rows_read": len(y),
                "labels": dict(order.class_of),
                **reading_facts(label_reading(order, "folder")),
                "split": divided.facts,
            },
            notes=[*_left_out_notes(list(found.files), root), *inputs.notes, *order.notes, *note],
            target=TargetReading(class_of=order.class_of),
        )
    )


def _source(config: ImageFolderConfig) -> Images:
    height, width = config.size
    return Images.model_validate(
        {"height": height, "width": width, "channels": config.channels, "divide_by": float(PIXEL_MAX)}
    )


def _listed(folder: Path, config: ImageFolderConfig, root: Path) -> _Folder:
    """Return the images of each class folder, in the order of their names."""
    classes = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    files, labels = [], []
    for entry in classes:
        named = (file for file in entry.iterdir() if not file.name.startswith("."))  # macOS leaves ._a.png beside a.png
        images = sorted(file for file in named if file.suffix.lower() in FORMATS)
        if not images:
            raise DataError(
                worded(
                    "file-folder-no-image",
                    "{path}: the folder {folder} holds no image ({names}). Every folder is a class: add images, "
                    "or move it elsewhere.",
                    path=config.path,
                    folder=entry.relative_to(root),
                    names=", ".join(FORMATS),
                ),
                code="data-folder-empty",
            )
        files += images
        labels += [entry.name] * len(images)
    if not files:
        raise DataError(
            worded(
                "file-folder-no-classes",
                "{path} must hold a folder of images per class. Received: no folder in it.",
                path=config.path,
            ),
            code="data-folder-empty",
        )
    return _Folder(tuple(files), tuple(labels))


def _pixels(found: _Folder, config: ImageFolderConfig, root: Path) -> NDArray[np.uint8]:
    """Return (images, height, width, channels) uint8."""
    height, width = config.size
    shape = (len(found.files), height, width, config.channels)
    require_memory(
        int(np.prod(shape, dtype=np.int64)) * _BYTES_PER_VALUE,
        what=f"{len(found.files)} images of {height} x {width}",
        remedy="Make dataset.size smaller.",
    )
    pixels = np.empty(shape, dtype=np.uint8)
    for position, file in enumerate(found.files):
        pixels[position] = _decoded(file, config, root)
    return pixels


def _decoded(file: Path, config: ImageFolderConfig, root: Path) -> NDArray[np.uint8]:
    shown = f"{config.path}: {file.relative_to(root)}"
    if not file.resolve().is_relative_to(root.resolve()):
        raise DataError(
            worded(
                "file-link-outside",
                "{shown} is a link that leads out of the folder. Put the image itself there.",
                shown=shown,
            ),
            code="data-link-outside",
        )
    height, width = config.size
    return read_image(file, size=(height, width), channels=config.channels, shown=shown)


def _facts(config: ImageFolderConfig, files: list[Path], root: Path) -> dict[str, Any]:
    """Return one digest for all files: of their names and bytes, in order."""
    hasher, size = hashlib.sha256(), 0
    for file in files:
        content = read_regular(file, follow_links=True)
        size += len(content)
        hasher.update(f"{file.relative_to(root).as_posix()}\n{hashlib.sha256(content).hexdigest()}\n".encode())
    whole = {"name": config.path, "sha256": hasher.hexdigest(), "bytes": size}
    return {"files": [whole], "images": len(files), "size": list(config.size)}


def _left_out_notes(files: list[Path], root: Path) -> list[Finding]:
    """Return what lies below the folder and is no example, by its endings; names with a dot in front are nobody's."""
    taken, class_folders = set(files), {file.parent for file in files}
    above = {root} | {folder.parent for folder in class_folders}
    beside = _endings(entry for folder in above for entry in folder.iterdir() if not entry.is_dir())
    inside = [entry for folder in class_folders for entry in folder.iterdir() if entry not in taken]
    unread = _endings(entry for entry in inside if not entry.is_dir())
    nested = sum(entry.is_dir() and not entry.name.startswith(".") for entry in inside)
    return [
        *([Finding("data-files-outside", Severity.NOTE, {"endings": beside})] if beside else []),
        *([Finding("data-files-unread", Severity.NOTE, {"endings": unread})] if unread else []),
        *([Finding("data-folders-nested", Severity.NOTE, {"n_folders": nested})] if nested else []),
    ]


def _endings(files: Iterable[Path]) -> dict[str, int]:
    """Return how many files have which ending, those without one ("") last."""
    counts = Counter(file.suffix.lower() for file in files if not file.name.startswith("."))
    return dict(sorted(counts.items(), key=lambda pair: (not pair[0], pair[0])))
