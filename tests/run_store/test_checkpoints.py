"""Checkpoints: exact, two kept, and never believed when a byte of them is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from selection import mostly_long

from optbench.errors import StorageError
from optbench.run_store import RunPaths, claim_run_folder, read_latest_checkpoint, write_checkpoint
from optbench.words import sentence

ARRAYS = {
    "model/dense/kernel": np.array([[1.5, -0.0], [np.nan, np.inf]], dtype=np.float32),
    "optimizer/iteration:0": np.array(7, dtype=np.int64),
    "model/seed ü": np.array([1, 2], dtype=np.uint32),
    "empty": np.zeros((0, 3), dtype=np.float64),
    "flag": np.array([True, False]),
}
RECORD = {"rows": [["0x1.8p+0", "nan"]], "columns": ["loss", "x"], "seconds": 0.5}


def names(paths):
    return sorted(path.name for path in paths.state.glob("ckpt-*"))


def test_round_trip(paths, claim):
    """Arrays come back with their names, order, types, shapes and bits, writable; the record is equal."""
    assert read_latest_checkpoint(paths) is None
    write_checkpoint(claim, epoch=3, arrays=ARRAYS, record=RECORD)
    found = read_latest_checkpoint(paths)
    assert (found.epoch, found.record, found.warnings) == (3, RECORD, ())
    assert list(found.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        assert found.arrays[name].tobytes() == array.tobytes()
        assert found.arrays[name].flags.writeable


def test_same_state_same_bytes(paths, claim):
    """A checkpoint's bytes depend on the state alone."""
    write_checkpoint(claim, epoch=1, arrays=ARRAYS, record=RECORD)
    first = paths.checkpoint(1, claim.number).read_bytes()
    write_checkpoint(claim, epoch=1, arrays={n: np.array(a, order="F") for n, a in ARRAYS.items()}, record=RECORD)
    assert paths.checkpoint(1, claim.number).read_bytes() == first


def test_two_newest_are_kept(paths, claim):
    """Every checkpoint but the two newest is removed, other files stay."""
    (paths.state / "ckpt-mine.npz").write_bytes(b"x")
    for epoch in (1, 2, 10, 1_000_000):
        write_checkpoint(claim, epoch=epoch, arrays=ARRAYS, record={})
    assert names(paths) == ["ckpt-000010-000002.npz", "ckpt-1000000-000002.npz", "ckpt-mine.npz"]
    assert read_latest_checkpoint(paths).epoch == 1_000_000


@pytest.mark.parametrize("step", mostly_long([1, 7], short=[7], ci=[1]))
def test_every_damage_is_seen(paths, claim, step):
    """With the newest checkpoint cut at any length or any byte changed, the one before is used, with a warning."""
    small = {"w": np.arange(3, dtype=np.float32)}
    for epoch in (1, 2):
        write_checkpoint(claim, epoch=epoch, arrays=small, record={"epoch": epoch})
    newest = paths.checkpoint(2, claim.number)
    whole = newest.read_bytes()
    for position in range(0, len(whole), step):
        for damaged in (whole[:position], whole[:position] + bytes([whole[position] ^ 0x20]) + whole[position + 1 :]):
            newest.write_bytes(damaged)
            found = read_latest_checkpoint(paths)
            assert found.epoch == 1
            assert len(found.warnings) == 1
            assert str(newest) in sentence(found.warnings[0], "en")
    newest.write_bytes(whole + b"x")
    assert read_latest_checkpoint(paths).epoch == 1
    newest.write_bytes(whole)
    assert read_latest_checkpoint(paths).epoch == 2


def test_all_damaged_begins_again(paths, claim):
    """Without a usable checkpoint there are no arrays, and the warnings say that training begins again."""
    for epoch in (4, 5):
        write_checkpoint(claim, epoch=epoch, arrays=ARRAYS, record={})
        paths.checkpoint(epoch, claim.number).write_bytes(b"torn")
    found = read_latest_checkpoint(paths)
    assert (found.epoch, found.arrays) == (0, None)
    assert len(found.warnings) == 3
    assert found.warnings[-1].code == "checkpoint-none-left"


def test_damaged_newer_ones_do_not_push_out_good_ones(paths, claim):
    """After a restart at epoch 0, new checkpoints replace the damaged ones of later epochs."""
    for epoch in (4, 5):
        write_checkpoint(claim, epoch=epoch, arrays=ARRAYS, record={})
        paths.checkpoint(epoch, claim.number).write_bytes(b"torn")
    write_checkpoint(claim, epoch=1, arrays=ARRAYS, record={})
    assert names(paths) == ["ckpt-000001-000002.npz"]
    assert read_latest_checkpoint(paths).warnings == ()


def test_checkpoint_of_another_run_or_epoch(paths, claim, tmp_path):
    """A whole checkpoint that was copied from another run, or renamed, is passed over."""
    other = RunPaths(tmp_path / "other")
    theirs = claim_run_folder(other, key="f" * 64)
    write_checkpoint(theirs, epoch=9, arrays=ARRAYS, record={})
    write_checkpoint(claim, epoch=1, arrays=ARRAYS, record={})
    paths.checkpoint(9, claim.number).write_bytes(other.checkpoint(9, 1).read_bytes())
    paths.checkpoint(8, claim.number).write_bytes(paths.checkpoint(1, claim.number).read_bytes())
    found = read_latest_checkpoint(paths)
    assert found.epoch == 1
    assert len(found.warnings) == 2


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_passed_over(paths, claim, make):
    """A folder or a link in place of a checkpoint is not read."""
    write_checkpoint(claim, epoch=1, arrays=ARRAYS, record={})
    make(paths.checkpoint(2, claim.number))
    found = read_latest_checkpoint(paths)
    assert found.epoch == 1
    assert found.arrays is not None


@pytest.mark.parametrize(
    "arrays, record", [({"w": np.array([object()])}, {}), ({}, {"loss": float("nan")}), ({}, {"x": object()})]
)
def test_what_cannot_be_stored_is_refused(paths, claim, arrays, record):
    """Objects and NaN in the record are refused before a file exists; earlier checkpoints stay."""
    write_checkpoint(claim, epoch=1, arrays=ARRAYS, record={})
    with pytest.raises(StorageError, match="could not be written"):
        write_checkpoint(claim, epoch=2, arrays=arrays, record=record)
    assert names(paths) == ["ckpt-000001-000002.npz"]


def test_checkpoints_of_earlier_claims_and_versions(paths, claim, key):
    """The newest epoch counts, whoever wrote it; of one epoch the newest claim's; a name without a claim is older."""
    write_checkpoint(claim, epoch=1, arrays=ARRAYS, record={"by": 2})
    write_checkpoint(claim, epoch=2, arrays=ARRAYS, record={"by": 2})
    paths.checkpoint(2, claim.number).rename(paths.state / "ckpt-000002.npz")
    assert read_latest_checkpoint(paths).record == {"by": 2}
    claim.release()
    later = claim_run_folder(paths, key=key)
    write_checkpoint(later, epoch=2, arrays=ARRAYS, record={"by": 3})
    assert read_latest_checkpoint(paths).record == {"by": 3}
    assert names(paths) == ["ckpt-000001-000002.npz", "ckpt-000002-000003.npz"]
