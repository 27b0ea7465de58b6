"""A child whose parent is gone."""

from __future__ import annotations

import multiprocessing

import pytest

from optbench.executors.child import InterruptedByUserError
from optbench.executors.local_child import _emit


def test_an_orphan_ends_with_one_line(capfd):
    """Nobody reads its events any more: the task stops at the next one, without a traceback."""
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    with pytest.raises(InterruptedByUserError, match="is gone"):
        _emit({"epoch": 1}, theirs)
    said = capfd.readouterr().err
    assert said == "the command that started this run is gone: stopped. The same command goes on from here.\n"
