"""`report.tensorboard`: a board that grows while a run trains, and changes nothing of the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from boards import numbers, read_board, rounded
from identity_files import IDENTITY_FILES

from optbench.run_store import RunPaths, read_history
from optbench.runner.live_boards import with_boards
from optbench.runner.run import RunOptions, run_experiments
from optbench.runner.run_end import Reporter
from optbench.runs.messages import EpochEnded

pytest.importorskip("tensorboard", reason="the package tensorboard is not installed")


def planned(name, place):
    """As much of a planned run as a board needs."""
    config = SimpleNamespace(report=SimpleNamespace(tensorboard=place and str(place)))
    return SimpleNamespace(run=name, config=config, paths=RunPaths(Path("runs") / name))


def read(folder):
    """Return step -> loss, as TensorBoard reads it."""
    return numbers(read_board(folder), "epoch/loss")


def epoch(number, loss):
    return EpochEnded(number, 5, {"epoch": float(number), "loss": loss, "learning_rate": 0.01})


def test_epochs_are_there_as_soon_as_they_ended(tmp_path):
    """Each is on the board before anybody else hears of it; runs that ask for none get none."""
    seen = []
    listener = replace(Reporter.silent(), epoch=lambda run, _news: seen.append((run, dict(read(tmp_path / "b" / "a")))))
    reporter = with_boards(listener, [planned("a", tmp_path / "b"), planned("none", None)], clock=lambda: 7.0)
    for number in range(3):
        reporter.epoch("a", epoch(number, 1.0 / (number + 3)))
    reporter.epoch("none", epoch(0, 1.0))
    reporter.ended(SimpleNamespace(planned=planned("a", None)))
    expected = dict(enumerate(rounded(1.0 / (number + 3) for number in range(3))))
    assert seen == [("a", {n: expected[n] for n in range(k + 1)}) for k in range(3)] + [("none", expected)]
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["a"]
    assert with_boards(listener, [planned("none", None)]) is listener


def test_a_run_that_goes_on_takes_back_what_came_after_its_checkpoint(tmp_path):
    """In the same command and in a later one: the board has each epoch once, as it was trained last."""
    run = planned("a", tmp_path)
    first = with_boards(Reporter.silent(), [run])
    for number in (0, 1, 2, 3):
        first.epoch("a", epoch(number, 10.0 + number))
    first.epoch("a", epoch(2, 22.0))
    first.ended(SimpleNamespace(planned=run))
    later = with_boards(Reporter.silent(), [run])
    for number in (2, 3):
        later.epoch("a", epoch(number, 30.0 + number))
    later.ended(SimpleNamespace(planned=run))
    assert read(tmp_path / "a") == {0: 10.0, 1: 11.0, 2: 32.0, 3: 33.0}
    assert len(list((tmp_path / "a").iterdir())) == 3


def test_a_board_that_cannot_be_written_is_told_once(tmp_path):
    """Training goes on, and so do the news."""
    (tmp_path / "file").write_text("in the way")
    said, heard = [], []
    listener = replace(
        Reporter.silent(),
        said=lambda _run, finding: said.append(finding.code),
        epoch=lambda _run, news: heard.append(news),
    )
    reporter = with_boards(listener, [planned("a", tmp_path / "file")])
    for number in range(3):
        reporter.epoch("a", epoch(number, 1.0))
    assert said == ["progress-board-lost"]
    assert len(heard) == 3


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.tensorflow
def test_a_real_run_is_on_the_board_and_has_the_bits_of_one_without(tmp_path, make_runs, warm_workers, monkeypatch):
    """The column of history.csv as float32; every identity file but the config is that of a run without."""
    monkeypatch.chdir(tmp_path)
    file = make_runs.write_experiment(tmp_path)
    folders = []
    for place, overrides in (("plain", ()), ("shown", ("report.tensorboard=board",))):
        options = RunOptions(
            [file], runs_dir=tmp_path / place, data_dir=tmp_path, figures=False, quiet=True, overrides=overrides
        )
        (end,) = run_experiments(options, say=lambda _: None, executor_for=warm_workers.executor_for)
        folders.append(end.planned.paths.folder)
    plain, shown = folders
    assert plain.name == shown.name
    history = read_history(RunPaths(shown).history)
    assert read(Path("board") / shown.name) == dict(enumerate(rounded(history.column("loss"))))
    for name in set(IDENTITY_FILES) - {"config.resolved.yaml"}:
        assert (plain / name).read_bytes() == (shown / name).read_bytes(), name
