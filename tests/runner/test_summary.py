"""What the ends of runs add up to."""

from __future__ import annotations

import json

import pytest
from working_documents import not_a_number_in

from optbench.errors import RunFailedError
from optbench.runner.run_end import RunEnd
from optbench.runner.summary import raise_for_failures, summary_json, summary_text


@pytest.fixture
def ends(tmp_path, make_runs):
    """A completed, a diverged and a failed run."""
    config = make_runs.write_experiment(tmp_path)
    good, bad, lost = make_runs.plan(config, tmp_path / "runs", seeds=(0, 1, 2))
    make_runs.finished_run(good, accuracy=0.9)
    make_runs.finished_run(bad, diverged=True)
    return [
        RunEnd(good, "completed"),
        RunEnd(bad, "diverged", finding=not_a_number_in(2)),
        RunEnd(lost, "failed", "oom", "the run needs more memory than there is."),
    ]


def test_the_table_lines_up(ends):
    """Numbers under their headings, a dash where there is none."""
    head, good, bad, lost = summary_text(ends).splitlines()
    assert good.split()[1:3] == ["completed", "0.9000"]
    assert bad.split()[1:3] == ["diverged", "-"]
    assert lost.split()[1:] == ["failed", "-", "-", "-", "-", "-"]
    columns = [head.index(name) + len(name) for name in ("accuracy", "majority", "roc_auc", "log_loss", "training")]
    for line in (good, bad, lost):
        assert len(line) == columns[-1]
        assert all(line[column - 1] != " " for column in columns)


def test_the_document_is_strict(ends):
    """Nulls instead of NaN, and the reason of a failure."""
    document = json.loads(json.dumps(summary_json(ends), allow_nan=False))
    assert [run["outcome"] for run in document["runs"]] == ["completed", "diverged", "failed"]
    assert document["runs"][1]["test"]["accuracy"] is None
    assert document["runs"][1]["reason"] == "the training loss is nan in epoch 2"
    assert document["runs"][1]["finding"]["code"] == "training-loss-not-finite"
    assert document["runs"][2]["kind"] == "oom"
    assert document["runs"][2]["test"] is None


def test_only_failures_fail_the_command(ends):
    """A diverged run is a result."""
    raise_for_failures(ends[:2])
    with pytest.raises(RunFailedError, match="1 of 3 runs failed") as raised:
        raise_for_failures(ends)
    assert "oom: the run needs more memory" in str(raised.value)
    assert raised.value.exit_code == 1
