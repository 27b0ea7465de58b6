"""Whatever an experiment file holds, a command ends with a documented exit code and touches nothing else."""

from __future__ import annotations

import json
import sys

import pytest
from fuzzed_experiments import VALID, mutated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installed import write_package
from selection import drawn

from optbench.cli import main
from optbench.executors.registry import GROUP

DOCUMENTED = {0, 1, 2, 3}
FUZZED = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """An installed package with an executor that needs no TensorFlow."""
    return write_package(tmp_path_factory.mktemp("package"), GROUP, pretended="fake_training:make_executor")


def exit_code(folder, capsys, monkeypatch, *arguments):
    """Give a command in this process; returns its exit code after looking at what it said and touched."""
    monkeypatch.setattr(sys, "argv", ["optbench", *arguments])
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    code = 0 if ended.value.code is None else ended.value.code
    assert code in DOCUMENTED, said.err
    assert "Traceback" not in said.err + said.out
    assert "internal error" not in said.err
    assert {path.name for path in folder.iterdir()} <= {"a.yaml", "runs"}
    assert code == 0 or said.err.strip()
    return code


def write(folder, plain):
    text = json.dumps(plain).replace("Infinity", ".inf").replace("NaN", ".nan")
    (folder / "a.yaml").write_text(text, encoding="utf-8")


@settings(FUZZED, max_examples=drawn(2000))
@given(plain=mutated())
def test_validate(folder, plain):
    """2,000 files on a long run: valid or refused, never a traceback, never a file."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        write(folder, plain)
        capture = _Capture(monkeypatch)
        assert exit_code(folder, capture, monkeypatch, "validate", "a.yaml") in (0, 3)


@settings(FUZZED, max_examples=60)
@given(plain=st.one_of(mutated(), st.just(VALID[0])))
def test_run(folder, package, plain):
    """Valid ones are run by a trainer that needs no TensorFlow; nothing outside the runs directory is written."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(str(package))
        write(folder, plain)
        capture = _Capture(monkeypatch)
        exit_code(folder, capture, monkeypatch, "run", "a.yaml", "-q", "--executor", "pretended")


class _Capture:
    """Standard output and error of one call, since the fixture of pytest lives longer than one example."""

    def __init__(self, monkeypatch):
        import io

        self.out, self.err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "stdout", self.out)
        monkeypatch.setattr(sys, "stderr", self.err)

    def readouterr(self):
        from types import SimpleNamespace

        return SimpleNamespace(out=self.out.getvalue(), err=self.err.getvalue())
