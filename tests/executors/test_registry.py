"""An executor says itself whether its runs are elsewhere and how many go at a time: those of packages like our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import install_executor

from optbench.config import MachineConfig
from optbench.errors import UsageError
from optbench.executors.registry import ExecutorKind, executor_names, is_elsewhere, make_executor
from optbench.runner.run import RunOptions, available_cores

FAR = """
from optbench.executors.registry import ExecutorKind


def make(settings):
    return ("far", settings)


def make_here(settings):
    return ("here", settings)


far = ExecutorKind(make, is_elsewhere=lambda address: address != "here", jobs=lambda machine: 7 * machine.slurm.jobs)
silent = ExecutorKind(make, is_elsewhere=lambda address: True)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package with two executors that say what they are, and one that is a function."""
    (tmp_path / "far_away.py").write_text(FAR)
    names = {"far": "far_away:far", "silent": "far_away:silent", "here": "far_away:make_here"}
    return install_executor(tmp_path, monkeypatch, **names)


def options(executor, **given):
    return RunOptions((), executor=executor, machine=MachineConfig(), runs_dir=Path("runs"), **given)


def test_one_on_other_machines_has_its_data_where_they_see_it(package):
    """Below the runs directory; of an address that is here, and of a function alone, in this machine's own folder."""
    for name in ("far", "far:host", "silent"):
        assert is_elsewhere(name)
        assert Path("runs").resolve() in options(name).shared.parents
    for name in ("far:here", "here", "here:there", "local"):
        assert not is_elsewhere(name)
        assert options(name).shared is None


def test_it_says_how_many_runs_go_at_a_time(package):
    """By what the machine file says; this machine's cores count where it says nothing, or is here. `-j` goes before."""
    assert options("far:host").at_a_time == 7 * MachineConfig().slurm.jobs
    assert options("far:host", jobs=3).at_a_time == 3
    for name in ("silent", "far:here", "here", "local"):
        assert options(name).at_a_time == available_cores()


def test_it_is_made_from_the_address(package):
    """As one that is a function alone."""
    assert make_executor("far:host", lambda address: address) == ("far", "host")
    assert make_executor("here", lambda address: address) == ("here", "")
    assert {"far", "here", "silent"} < set(executor_names())


def test_one_that_there_is_not_is_told(package):
    """By the same sentence as everywhere."""
    with pytest.raises(UsageError, match="Did you mean 'silent'"):
        is_elsewhere("silen")


def test_ours_say_it_in_the_same_way():
    """There is no list of names that are elsewhere: a function alone is here."""
    assert is_elsewhere("slurm")
    assert not ExecutorKind(print).is_elsewhere("")
