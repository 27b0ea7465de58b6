"""What the shipped configs train today is, byte for byte, what the first release trains on the same machine."""

from __future__ import annotations

import fnmatch
import io
import json
import zipfile
from pathlib import Path

import first_release
import numpy as np
import pytest
import yaml
from identity_files import IDENTITY_FILES

from optbench.config.growth import ADDED_LATER, without_old_values

pytestmark = [pytest.mark.long, pytest.mark.data, pytest.mark.tensorflow]

# Entries of metrics.json, as split/metric or by name, that CHANGELOG.md lists under "Numbers change" since the first
# release, with the reason. Everything else has the bytes of before.
NUMBERS_CHANGED: dict[str, str] = {
    "schema_version": "2, since warnings are codes and each split has its loss and more metrics",
    "warnings": "codes and values instead of sentences",
    "*/loss": "the training's own loss in the epoch whose weights are kept",
    "*/average_precision": "a new metric of classes",
    "*/brier_score": "a new metric of classes",
    **{f"*/{name}": "a new metric of the positive class of two" for name in ("precision", "recall", "f1")},
    "*/matthews_correlation": "a new metric of classes",
    "*/*median_absolute_error": "a new metric of numbers, and that of the constant answer",
}

# One command trains all of them: a minute for each tree, most of it for what TensorFlow needs to start and to compile.
FOLDERS = ("", "diabetes/", "digits/", "generated/", "schedules/", "telco/")
OTHERS = ("images/digits_*.yaml", "sequences/parity_*.yaml", "sequences/recall_*.yaml", "sequences/signals_*.yaml")
# Left out: what needs data that is not at hand (text/, openml/, own_*.yaml, cifar10_cnn, folder_cnn), studies
# (their runs are of the same kinds), and of fashion_mnist/, whose CNN takes minutes, all but one epoch of one file.
IMAGES = "fashion_mnist/adam.yaml"
MORE_IDENTITY_FILES = ("diagnostics.csv", "residuals.csv", "preprocessing.json")


def _configs() -> list[str]:
    root = first_release.ROOT / "configs"
    found = [path for folder in FOLDERS for path in root.glob(f"{folder}*.yaml")]
    found += [path for pattern in OTHERS for path in root.glob(pattern)]
    return sorted(path.relative_to(root).as_posix() for path in found)


def _train(tree: Path, runs_dir: Path, data_dir: Path) -> None:
    """Train every config with the optbench and the config files of a tree."""
    common = ["--runs-dir", str(runs_dir), "-j", "1", "--no-figures", "-q"]
    for names, more in ((_configs(), []), ([IMAGES], ["--set", "training.epochs=1"])):
        there = [str(tree / "configs" / name) for name in names if (tree / "configs" / name).is_file()]
        first_release.optbench(
            tree, "run", *there, *common, *more, cwd=runs_dir.parent, OPTBENCH_DATA_DIR=str(data_dir)
        )


@pytest.fixture(scope="module")
def folders(first_release_tree, data_dir, tmp_path_factory):
    """Run folders of both trees, by the run's name and seed."""
    found = []
    for name, tree in (("before", first_release_tree), ("today", first_release.ROOT)):
        runs_dir = tmp_path_factory.mktemp(name) / "runs"
        assert first_release.where_imported(tree, runs_dir.parent) == (tree / "src").resolve()
        _train(tree, runs_dir, data_dir)
        found.append({folder.name.rpartition("-")[0]: folder for folder in runs_dir.iterdir() if folder.is_dir()})
    return found


def test_every_config_was_trained_by_both(folders):
    """None of them is missing on either side."""
    before, today = folders
    assert set(before) == set(today)
    assert len(before) == len(_configs()) + 2  # smoke.yaml has two seeds


def test_runs_have_the_keys_of_before(folders):
    """So a finished run of the first release is found again; the folder's name ends with the key's start."""
    before, today = folders
    changed = [name for name in before if before[name].name != today[name].name]
    assert not changed, f"other keys: {changed}"


def test_identity_files_have_the_bytes_of_before(folders):
    """Config, history, predictions, tables, digests of every weight; metrics but for what CHANGELOG.md lists."""
    before, today = folders
    different = [
        f"{name}: {file}"
        for name in before
        for file in (*IDENTITY_FILES, *MORE_IDENTITY_FILES)
        if (before[name] / file).is_file() and not _same(before[name] / file, today[name] / file)
    ]
    assert not different, "\n".join(different)


def test_models_hold_the_arrays_of_before(folders):
    """Every array of model.keras, whatever the archive around it."""
    before, today = folders
    assert {name for name in before if _arrays(before[name]) != _arrays(today[name])} == set()


def test_every_excuse_is_needed(folders):
    """What NUMBERS_CHANGED lists has changed in some run; an entry that excuses nothing would hide a change to come."""
    changed = {
        entry
        for name, folder in folders[0].items()
        for entry in _changed(folder / "metrics.json", folders[1][name] / "metrics.json")
    }
    idle = [pattern for pattern in NUMBERS_CHANGED if not fnmatch.filter(changed, pattern)]
    assert not idle, f"nothing changed there: {idle}"


# New keys of sections that change no number, and so stand in no list of the program.
OF_NO_KEY = {"report.examples": None, "report.tensorboard": None}


def _same(before: Path, today: Path) -> bool:
    if not today.is_file():
        return False
    if before.read_bytes() == today.read_bytes():
        return True
    if before.name == "metrics.json":
        unexplained = _changed(before, today)
        return not [entry for entry in unexplained if not any(fnmatch.fnmatch(entry, p) for p in NUMBERS_CHANGED)]
    if before.name == "digests.json" and NUMBERS_CHANGED:  # the last rung is the digest of metrics.json
        one, other = (json.loads(path.read_text()) for path in (before, today))
        return {**one, "metrics": ""} == {**other, "metrics": ""}
    if before.name == "config.resolved.yaml":  # keys that are new are written out with their defaults
        one, other = (yaml.safe_load(path.read_text()) for path in (before, today))
        return one == without_old_values(other, {**ADDED_LATER, **OF_NO_KEY})
    return False


def _changed(before: Path, today: Path) -> set[str]:
    """Return the entries of two metrics.json that differ, absent ones included."""
    one, other = (_entries(json.loads(path.read_text())) for path in (before, today))
    return {entry for entry in {**one, **other} if one.get(entry, "absent") != other.get(entry, "absent")}


def _entries(document: dict) -> dict[str, object]:
    found = {}
    for name, value in document.items():
        inner = {f"{name}/{key}": number for key, number in value.items()} if isinstance(value, dict) else {name: value}
        found |= inner
    return found


def _arrays(folder: Path) -> dict[str, bytes]:
    import h5py

    with zipfile.ZipFile(folder / "model.keras") as archive:
        file = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    found: dict[str, bytes] = {}
    file.visititems(
        lambda name, item: found.update({name: np.asarray(item).tobytes()} if hasattr(item, "dtype") else {})
    )
    assert found
    return found
