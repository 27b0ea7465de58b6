"""One holder at a time, on evidence alone; nothing that a holder does after it has lost its claim reaches the run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from optbench.core.file_locks import lock_file
from optbench.errors import ClaimLostError, HeldError, StorageError
from optbench.records import RunStatus
from optbench.run_store import (
    Asker,
    Holder,
    begin_attempt,
    claim_run_folder,
    clear_state,
    end_attempt,
    held_by,
    publish_log,
    replace_files,
    run_status,
    this_process,
    verify_manifest,
    write_checkpoint,
    write_text,
)
from optbench.run_store.holders import is_gone

SOURCE = Path(__file__).parents[2] / "src" / "optbench"
HOLD = """
import sys
from pathlib import Path
from optbench.errors import HeldError
from optbench.run_store import RunPaths, claim_run_folder
sys.stdin.readline()
try:
    claim_run_folder(RunPaths(Path(sys.argv[1])), key=sys.argv[2])
    print("won", flush=True)
except HeldError as error:
    print("held", error.is_seen, flush=True)
sys.stdin.read()
"""
ELSEWHERE = Holder("other", "2" * 16, "other-boot", "pid:[1]", 4711, "99")


def start(paths, key):
    command = [sys.executable, "-c", HOLD, str(paths.folder), key]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def go(process):
    process.stdin.write("\n")
    process.stdin.flush()


def tree(folder):
    """Name and content of everything under a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_another_process_is_kept_out_until_it_is_killed(paths, key):
    """While a process holds the run nobody else gets it; after kill -9 the next does, without being asked twice."""
    holder = start(paths, key)
    try:
        go(holder)
        assert holder.stdout.readline() == "won\n"
        with pytest.raises(HeldError, match=f"process {holder.pid} on .*Wait for it") as caught:
            claim_run_folder(paths, key=key)
        assert caught.value.is_seen
        assert held_by(paths).by.pid == holder.pid
        assert run_status(paths) is RunStatus.RUNNING
        holder.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # a zombie: dead, and its number still taken
        assert held_by(paths) is None
        assert run_status(paths) is RunStatus.UNFINISHED
        claim_run_folder(paths, key=key)
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize("left", ["nothing", "a dead holder"])
def test_exactly_one_of_many_gets_it(paths, key, left):
    """Of processes that claim at the same instant one wins, be it the first claim or one taken over."""
    if left == "a dead holder":
        claim_run_folder(paths, key=key, asker=Asker(gone_holder()))
    for _ in range(2):
        started = [start(paths, key) for _ in range(6)]
        try:
            time.sleep(0.5)  # until all of them wait for their line
            for process in started:
                go(process)
            answers = sorted(process.stdout.readline().strip() for process in started)
        finally:
            for process in started:
                process.kill()
                process.communicate()
        assert answers == ["held True"] * 5 + ["won"]


def gone_holder():
    """A process of this machine that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return replace(this_process(), pid=process.pid, started="1")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"pid": 2**22 + 1}, True),
        ({"started": "12"}, True),  # the number of a process that ended was given to another one
        ({"boot": "before"}, True),
        ({"boot": "before", "namespace": "pid:[7]"}, True),
        ({"boot": "before", "machine": "3" * 16}, None),  # two machines of one name
        ({"boot": "before", "machine": ""}, None),
        ({"boot": ""}, None),
        ({"namespace": "pid:[7]", "pid": 2**22 + 1}, None),  # another container of this machine
        ({"host": "other"}, None),
        ({"host": "other", "pid": 2**22 + 1}, None),
    ],
)
def test_what_proves_that_a_holder_is_gone(changes, expected):
    """A process that is not there or another one, a machine that has started anew; nothing else, and never a guess."""
    me = replace(this_process(), machine="1" * 16)
    assert is_gone(replace(me, **changes), seen_from=me) is expected


def test_a_holder_comes_back_from_its_record():
    """Every holder that was recorded is read as it was; a damaged record names nobody."""
    me = this_process(executor="slurm", job="77")
    assert Holder.from_json(me.to_json()) == me
    for damage in ({"pid": 0}, {"pid": "1"}, {"pid": 2**40}, {"host": None}, {"more": ""}):
        assert Holder.from_json({**me.to_json(), **damage}) is None
    assert Holder.from_json([]) is None


def test_a_claim_of_another_machine_does_not_age(paths, key):
    """However old it is, it stands, is told as such, and is taken over only because the user says so."""
    claim_run_folder(paths, key=key, asker=Asker(ELSEWHERE))
    for path in paths.folder.rglob("*"):
        os.utime(path, (0, 0))
    with pytest.raises(HeldError, match="process 4711 on other.*--take-over") as caught:
        claim_run_folder(paths, key=key)
    assert not caught.value.is_seen
    assert run_status(paths) is RunStatus.RUNNING
    claim = claim_run_folder(paths, key=key, asker=Asker(this_process(), take_over=True))
    assert (claim.number, claim.replaced) == (3, (ELSEWHERE,))


@pytest.mark.parametrize(
    ("says", "is_held", "is_seen"), [(True, False, None), (False, True, True), (None, True, False)]
)
def test_the_word_of_a_scheduler_counts(paths, key, says, is_held, is_seen):
    """What is not on this machine is asked of the executor: gone, alive, or not known to it either."""
    holder = replace(ELSEWHERE, executor="slurm", job="12")
    claim_run_folder(paths, key=key, asker=Asker(holder))
    asked = []

    def says_gone(holder):
        asked.append(holder)
        return says

    asker = Asker(this_process(), says_gone=says_gone)
    if is_held:
        with pytest.raises(HeldError) as caught:
            claim_run_folder(paths, key=key, asker=asker)
        assert caught.value.is_seen is is_seen
    else:
        assert claim_run_folder(paths, key=key, asker=asker).replaced == ()
    assert set(asked) == {holder}


def test_a_taker_that_died_has_freed_nobody(paths, key):
    """Between a claim and the revocation of those before it, every holder still counts."""
    claim_run_folder(paths, key=key, asker=Asker(ELSEWHERE))
    claim = claim_run_folder(paths, key=key, asker=Asker(gone_holder(), take_over=True))
    (lost,) = paths.attempts.glob("000002-*.lost")
    lost.rename(lost.with_suffix(""))  # as if it had died just before
    with pytest.raises(HeldError, match="on other"):
        claim_run_folder(paths, key=key)
    last = claim_run_folder(paths, key=key, asker=Asker(this_process(), take_over=True))
    assert claim.is_lost
    assert [path.name for path in paths.attempts.iterdir() if not path.suffix] == [last.name]


def test_a_damaged_claim_stands(paths, claim, key):
    """Without its record nobody knows who holds the run: it is not taken over by itself."""
    paths.claim_record(claim.number).write_bytes(b'{"key')
    paths.job.write_text(f'{{"schema_version": 1, "key": "{key}"}}')
    with pytest.raises(HeldError, match="held by another process.*--take-over"):
        claim_run_folder(paths, key=key)
    claim_run_folder(paths, key=key, asker=Asker(this_process(), take_over=True))
    assert claim.is_lost


def test_a_lock_of_an_older_version_is_respected(paths, key):
    """Where locks work, a run that an optbench from before there were claims is writing is left alone."""
    with paths.lock.open("w") as file:
        lock_file(file)
        assert run_status(paths) is RunStatus.RUNNING
        with pytest.raises(HeldError) as caught:
            claim_run_folder(paths, key=key)
        assert caught.value.is_seen
    assert run_status(paths) is RunStatus.UNFINISHED
    claim_run_folder(paths, key=key)


def operations(claim, finish_run):
    """Everything a holder can do to a run, by name."""
    run, draft = claim.run, claim.draft
    return {
        "draft": lambda: write_text(draft.metrics, "mine", durable=False),
        "publish": claim.publish,
        "checkpoint": lambda: write_checkpoint(claim, epoch=9, arrays={}, record={}),
        "discard": lambda: claim.discard(run.history),
        "withdraw": lambda: claim.withdraw(run.history),
        "begin": lambda: begin_attempt(claim),
        "end": lambda: end_attempt(claim, kind="crashed"),
        "log": lambda: publish_log(claim),
        "manifest": lambda: finish_run(claim),
        "replace": lambda: replace_files(claim, {run.report_html: b"mine"}),
        "release": claim.release,
        "require": claim.require,
    }


def test_nothing_of_a_lost_claim_reaches_the_run(paths, claim, key, finish_run):
    """The old holder has drafts ready and tries everything it can, before and after the new one has finished."""
    write_text(claim.draft.history, "old", durable=False)
    write_text(claim.draft.timing, "old", durable=False)
    handles = [os.open(folder, os.O_RDONLY) for folder in (claim.draft.folder, claim.folder)]
    new = claim_run_folder(paths, key=key, asker=Asker(this_process(), take_over=True))
    write_text(new.draft.history, "new", durable=False)
    new.publish()
    finish_run(new)
    for _ in range(2):
        before = tree(paths.folder)
        for name, operation in operations(claim, finish_run).items():
            if name in ("draft", "withdraw", "publish", "checkpoint", "manifest", "replace", "require", "begin"):
                with pytest.raises((StorageError, OSError)), claim.explaining_loss():
                    operation()
            else:
                operation()
            assert tree(paths.folder) == before, name
        # what a client of a network file system may do that remembers the folder and not only its name
        for name in ("history.csv", "timing.json"):
            with pytest.raises(FileNotFoundError):
                os.rename(name, paths.history, src_dir_fd=handles[0])
        with pytest.raises(FileNotFoundError):
            os.rename(paths.history, "x", dst_dir_fd=handles[0])
        assert tree(paths.folder) == before
        clear_state(paths, new)
    for handle in handles:
        os.close(handle)
    assert verify_manifest(paths, deep=True) == []
    assert sorted(path.name for path in paths.folder.iterdir()) == ["MANIFEST.json", "history.csv"]


def test_a_holder_that_writes_all_the_time_is_stopped_too(paths, key):
    """Removing the draft is not kept up by a process that adds files to it and publishes them, as fast as it can."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom optbench.run_store import RunPaths, claim_run_folder\n"
        "claim = claim_run_folder(RunPaths(Path(sys.argv[1])), key=sys.argv[2])\n"
        "print('go', flush=True)\n"
        "while True:\n    claim.publish_bytes(claim.run.timing, b'old')\n    claim.drafted(claim.run.model).touch()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(paths.folder), key], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as holder:
        holder.stdout.readline()
        new = claim_run_folder(paths, key=key, asker=Asker(this_process(), take_over=True))
        paths.timing.unlink(missing_ok=True)
        assert holder.wait(20) == 1
    assert not paths.timing.exists()
    assert not list(paths.attempts.glob("*.lost/draft"))
    assert not new.is_lost


def test_a_lost_claim_is_told_as_such(paths, claim, key):
    """An error that the loss has caused becomes the sentence that explains it; any other stays what it is."""
    with pytest.raises(StorageError, match="full"), claim.explaining_loss():
        raise StorageError("full")
    claim_run_folder(paths, key=key, asker=Asker(this_process(), take_over=True))
    with pytest.raises(ClaimLostError, match="was taken over"), claim.explaining_loss():
        write_checkpoint(claim, epoch=1, arrays={}, record={})
    with pytest.raises(KeyError), claim.explaining_loss():
        raise KeyError("a bug")


def test_a_later_claim_never_has_the_folder_of_an_earlier_one(paths, claim, key, finish_run):
    """Numbers begin anew when a run has been finished; a holder from before still has no way into it."""
    new = claim_run_folder(paths, key=key, asker=Asker(this_process(), take_over=True))
    finish_run(new)
    clear_state(paths, new)
    third = claim_run_folder(paths, key=key)
    fourth = None
    for _ in range(claim.number):
        third.release()
        fourth = third = claim_run_folder(paths, key=key)
    assert fourth.number >= claim.number
    assert claim.is_lost
    with pytest.raises(StorageError):
        claim.publish_bytes(paths.report_html, b"old")


def test_working_files_that_somebody_holds_are_left_alone(paths, claim, key, finish_run):
    """Of a finished run too: `report` may be at it, on this machine or on another."""
    finish_run(claim)
    clear_state(paths, claim)
    other = claim_run_folder(paths, key=key, asker=Asker(ELSEWHERE))
    clear_state(paths)
    clear_state(paths, claim)
    assert not other.is_lost
    clear_state(paths, other)
    assert not paths.state.exists()


@pytest.mark.parametrize("code", [errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP])
def test_a_manifest_is_exclusive_without_hard_links(paths, claim, finish_run, monkeypatch, code):
    """A file system without links is no obstacle; what is there is not written over."""

    def refuse(*_arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    finish_run(claim)
    manifest = paths.manifest.read_bytes()
    with pytest.raises(StorageError, match="file exists"):
        finish_run(claim, seed=5)
    assert paths.manifest.read_bytes() == manifest


def test_runs_need_no_flock(tmp_path):
    """With flock refused by the file system a run comes to its end, twice; and nobody here locks but one helper."""
    code = (
        "import errno, fcntl, os, sys\nfrom pathlib import Path\nsys.path.insert(0, sys.argv[2])\n"
        "def refuse(*_):\n    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))\n"
        "fcntl.flock = fcntl.lockf = refuse\nfrom storage_scenario import contents, work\n"
        "Path(sys.argv[1]).mkdir()\n(Path(sys.argv[1]) / '.lock').touch()\n"
        "work(Path(sys.argv[1]))\nwork(Path(sys.argv[1]))\ncontents(Path(sys.argv[1]))\n"
    )
    support = Path(__file__).parents[1] / "support"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run"), str(support)], check=True)
    users = [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if "fcntl" in path.read_text()]
    assert users == ["core/file_locks.py"]
