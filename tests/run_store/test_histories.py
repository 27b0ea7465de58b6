"""Histories are read when they are asked for, and once."""

from __future__ import annotations

import pytest
from finished_runs import make_run

from optbench.records import History
from optbench.run_store import Histories, RunPaths, write_history

ROWS = ((0.0, 2.0), (1.0, 1.5))


@pytest.fixture
def records(tmp_path):
    """Two finished runs, of which the second has lost its history."""
    from dataclasses import replace

    found = [replace(make_run(seed=seed), folder=str(tmp_path / str(seed))) for seed in range(2)]
    for record in found:
        (tmp_path / str(record.seed)).mkdir()
    write_history(RunPaths(tmp_path / "0").history, History(("epoch", "loss"), ROWS))
    return found


def test_only_what_is_asked_for_is_read_and_only_once(records, tmp_path):
    """A run whose file is gone does no harm to the others; a file that goes after it was read is not missed."""
    first, second = (record.run for record in records)
    histories = Histories(records)
    assert (list(histories), len(histories), second in histories) == ([first, second], 2, True)
    assert histories[first].rows == ROWS
    (tmp_path / "0" / "history.csv").unlink()
    assert histories[first].column("loss") == [2.0, 1.5]
    assert Histories(records, known=histories.read)[first].rows == ROWS
    with pytest.raises(KeyError):
        histories["another run"]
