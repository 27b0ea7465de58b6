"""What a spool's readers believe: files that the own user has put there. 1 second."""

from __future__ import annotations

import os

import pytest

from optbench.executors.interface import Task, TaskEnd
from optbench.executors.registry import ExecutorSettings
from optbench.executors.spool import Spool, SpoolSlot, read_whole, write_whole

SOMEBODY = 65_533
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


class Gone:
    """The process of a slot, long gone."""

    is_gone = True


@pytest.fixture
def spool(tmp_path):
    made = Spool(ExecutorSettings(1, {}, "json", shared=tmp_path / "shared"))
    yield made
    made.remove()


def test_what_was_written_is_read(tmp_path):
    """A document comes back as it was; what is not there is None."""
    write_whole(tmp_path / "task-1.json", {"a": [1, "ñ"]})
    assert read_whole(tmp_path / "task-1.json") == {"a": [1, "ñ"]}
    assert read_whole(tmp_path / "task-2.json") is None


@needs_root
def test_a_task_of_somebody_else_is_not_read(spool):
    """Who may write the folder around a spool can put one of his own in its place: his tasks would be executed."""
    slot = spool.new_slot()
    write_whole(slot.lane("worker").task(1), {"function": "os:getcwd"})
    os.chown(slot.lane("worker").task(1), SOMEBODY, SOMEBODY)
    with pytest.raises(PermissionError, match="belongs to user 65533"):
        read_whole(slot.lane("worker").task(1))


@needs_root
def test_events_and_ends_of_somebody_else_are_not_read(spool):
    """What they say goes to the terminal and into a run."""
    slot = SpoolSlot(spool.new_slot(), Gone())
    for name, text in (("worker-events-0.jsonl", '{"event": "epoch"}\n'), ("worker-end-0.json", "{}")):
        file = slot.paths.folder / name
        file.write_text(text)
        os.chown(file, SOMEBODY, SOMEBODY)
        with pytest.raises(PermissionError):
            slot.news("worker", stopping=False)
        file.unlink()


class Watched:
    """The process of a slot, which counts how often it is asked for."""

    asked = 0

    @property
    def is_gone(self):
        self.asked += 1
        return False


def test_looks_for_an_end_do_not_ask_for_the_process_each_time(spool):
    """There are hundreds a second; each would read what its scheduler knows. An end is found by the next one."""
    process = Watched()
    slot = SpoolSlot(spool.new_slot(), process)
    slot.begin(Task("a", "b:c"))
    events = slot.paths.lane("worker").events(1)
    events.write_text('{"epoch": 1}\n')
    found = [slot.news("worker", stopping=False) for _ in range(20)]
    assert found[0] == ([{"epoch": 1}], None)
    assert 1 <= process.asked < 20
    with events.open("a") as file:
        file.write('{"epoch": 2}\n')
    write_whole(slot.paths.lane("worker").end(1), TaskEnd("a", 0, {}, "", "ok").to_json())
    assert slot.news("worker", stopping=False) == ([{"epoch": 2}], TaskEnd("a", 0, {}, "", "ok"))


def test_links_and_pipes_are_no_documents(tmp_path):
    """A link leads to a file of the own user that says something else; a pipe has a reader wait for ever."""
    write_whole(tmp_path / "elsewhere.json", {"function": "os:getcwd"})
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere.json")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError, match="it is a "):
            read_whole(tmp_path / name)
