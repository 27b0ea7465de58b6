"""A staged data set is the data set."""

from __future__ import annotations

import dataclasses
import errno
import os

import numpy as np
import pytest

from optbench.datasets import open_staged_dataset, stage_dataset
from optbench.errors import DataError, MachineError
from optbench.records import Dataset


def require_equal(one: Dataset, other: Dataset) -> None:
    assert list(one.splits) == list(other.splits)
    for name, part in one.splits.items():
        for field in ("x", "y", "rows"):
            a, b = getattr(part, field), getattr(other.splits[name], field)
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    for field in dataclasses.fields(Dataset):
        if field.name not in ("train", "validation", "test"):
            assert getattr(one, field.name) == getattr(other, field.name), field.name


@pytest.mark.parametrize("validation", [0.1, 0.0])
def test_round_trip(load_csv, table, tmp_path, validation):
    """Arrays come back bit for bit, and every other field equal, whether there is a validation split or not."""
    dataset = load_csv(table(), split={"validation": validation})
    stage_dataset(dataset, tmp_path / "a" / "staged")
    require_equal(open_staged_dataset(tmp_path / "a" / "staged"), dataset)


def test_images_and_facts_round_trip(load_npz, tmp_path):
    """Arrays of any dimension and facts of any origin survive."""
    x = np.random.default_rng(0).integers(0, 256, size=(40, 5, 5), dtype=np.uint8)
    y = np.array(["é", "b"])[np.arange(40) % 2]
    dataset = load_npz(x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])
    stage_dataset(dataset, tmp_path / "staged")
    require_equal(open_staged_dataset(tmp_path / "staged"), dataset)


def test_staged_arrays_are_shared_and_read_only(load_csv, table, tmp_path):
    """Arrays are memory maps of the files, and no run can change what another one reads."""
    stage_dataset(load_csv(table()), tmp_path / "staged")
    opened = open_staged_dataset(tmp_path / "staged")
    assert isinstance(opened.train.x, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened.train.x[0] = 0


@pytest.mark.parametrize("damage", ["dataset.json", "train.x.npy", "cut", "empty"])
def test_incomplete_folder_is_an_error(load_csv, table, tmp_path, damage):
    """A folder that lacks a file, or holds a cut one, is no data set."""
    folder = tmp_path / "staged"
    stage_dataset(load_csv(table()), folder)
    if damage == "cut":
        (folder / "test.y.npy").write_bytes((folder / "test.y.npy").read_bytes()[:-8])
    elif damage == "empty":
        folder = tmp_path / "nothing here"
    else:
        (folder / damage).unlink()
    with pytest.raises(DataError, match="holds no complete staged data set"):
        open_staged_dataset(folder)


def test_a_view_of_a_users_mapped_file_is_staged_as_it_is(load_csv, table, tmp_path):
    """A user's file is neither linked nor trusted to have the shape or the values of what was made from it."""
    dataset = load_csv(table())
    x = np.lib.format.open_memmap(tmp_path / "own.npy", mode="w+", dtype=np.float32, shape=dataset.train.x.shape[::-1])
    x[:] = 1
    view = np.load(tmp_path / "own.npy", mmap_mode="r").reshape(dataset.train.x.shape)
    made = dataclasses.replace(dataset, train=dataclasses.replace(dataset.train, x=view))
    stage_dataset(made, tmp_path / "staged")
    require_equal(open_staged_dataset(tmp_path / "staged"), made)
    assert (tmp_path / "own.npy").stat().st_nlink == 1


def test_files_of_a_large_table_are_linked(load_csv, table, tmp_path, monkeypatch, temporary_folder):
    """What lies on the disk already is not written twice."""
    monkeypatch.setenv("OPTBENCH_LARGE_TABLE_MB", "0")
    dataset = load_csv(table())
    stage_dataset(dataset, tmp_path / "staged")
    assert (tmp_path / "staged" / "train.x.npy").samefile(dataset.train.x.filename)
    require_equal(open_staged_dataset(tmp_path / "staged"), dataset)


def test_a_full_disk_is_told_in_a_sentence(load_csv, table, tmp_path, monkeypatch):
    """Not as a bug: the system's reason, and what to do."""

    def full(*_arguments, **_settings):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(MachineError, match=r"cannot be written to .*: no space left on device\. Free space there"):
        stage_dataset(load_csv(table()), tmp_path / "staged")
