"""What `predict --out` and `export --out` write, killed or refused at each of their system calls, and given again."""

from __future__ import annotations

import shutil

import pyarrow as pa
import pytest
from struck import FAULTS, struck

from optbench.errors import MachineError, UsageError
from optbench.run_store.atomic import write_in_parts
from optbench.runner.out_path import place, require_free, writing
from optbench.runs.prediction_table import WRITERS

pytestmark = [
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning"),
]

CALLS = ("rename", "link", "unlink", "mkdir", "fsync")
MORE = ("openat", "write", "rmdir", "unlinkat")


def predictions(out):
    """Write a table of predictions as the command does, a batch at a time."""
    batches = [pa.record_batch([pa.array(range(100 * i, 100 * i + 100))], names=["row"]) for i in range(3)]
    with writing(out):
        write_in_parts(out, lambda file: WRITERS[out.suffix](file, iter(batches)), replace=False)


def export_of_a_file(out):
    made = out.parent.parent / "made.keras"
    made.write_bytes(b"a model " * 5000)
    place(made, out)


def export_of_a_folder(out):
    made = out.parent.parent / "made"
    (made / "variables").mkdir(parents=True, exist_ok=True)
    for name in ("saved_model.pb", "variables/index", "variables/data"):
        (made / name).write_bytes(name.encode() * 500)
    place(made, out)


WORK = {
    "answers.csv": predictions,
    "answers.parquet": predictions,
    "run.keras": export_of_a_file,
    "run-savedmodel": export_of_a_folder,
}


def content(path):
    """Return the bytes of a file, or those of all files of a folder by name; None if there is nothing."""
    if path.is_dir():
        return {each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*") if each.is_file()}
    return path.read_bytes() if path.exists() else None


def given_again(work, out):
    """What a user does next: remove what is there, if it is whole already, and give the command again."""
    try:
        require_free(out)
        work(out)
    except UsageError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "fault", "calls"),
    [
        *((name, "kill", ("rename", "link", "unlink")) for name in ("answers.csv", "run-savedmodel")),
        *(
            pytest.param(name, fault, (*CALLS, *MORE), marks=[pytest.mark.long])
            for name in WORK
            for fault in ("kill", "EIO once")
        ),
    ],
)
def test_the_output_is_whole_or_not_there(tmp_path, name, fault, calls, record_property):
    """And the same command again ends with the same bytes, beside which nothing is left."""
    work = WORK[name]
    expected_at = tmp_path / "expected" / name
    expected_at.parent.mkdir()
    work(expected_at)
    expected, points = content(expected_at), 0
    for call in calls:
        number = 1
        while True:
            out = tmp_path / f"{call}-{number}" / name
            out.parent.mkdir()
            _, was_struck = struck(lambda at=out: work(at), call, FAULTS[fault].format(n=number), tmp_path / "log")
            assert content(out) in (None, expected)
            was_whole = content(out) is not None
            with_hands_off = given_again(work, out)
            assert with_hands_off is not was_whole
            assert content(out) == expected
            others = sorted(path.name for path in out.parent.iterdir() if path != out)
            # a file that was whole when its writer died needs nobody, so nobody tidies up beside it
            assert others == [] or (was_whole and len(others) == 1)
            shutil.rmtree(out.parent)
            if not was_struck:
                break
            points += 1
            number += 1
    record_property("count", f"{name}, {fault}: {points} points")
    assert points >= 1


def test_what_cannot_be_written_is_a_sentence_about_out(tmp_path, monkeypatch):
    """Not about runs directories, which have nothing to do with it."""

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for name, work in WORK.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        with pytest.raises(MachineError, match="no space left on device. Free disk space") as refused:
            work(tmp_path / "in" / name)
        assert refused.value.exit_code == 3
        assert "--runs-dir" not in str(refused.value)
        assert "goes on" not in str(refused.value)
        assert list((tmp_path / "in").iterdir()) == []
