"""Whatever an experiment file holds, a command ends with a documented exit code and touches nothing else."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout

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


def exit_code(folder, monkeypatch, *arguments):
    """Give a command in this process; returns its exit code after looking at what it said and touched."""
    monkeypatch.chdir(folder)
    # the fixture of pytest that captures lives longer than one example
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = stdout.getvalue(), stderr.getvalue()
    code = 0 if ended.value.code is None else ended.value.code
    assert code in DOCUMENTED, err
    assert "Traceback" not in err + out
    assert "internal error" not in err
    assert {path.name for path in folder.iterdir()} <= {"a.yaml", "runs"}
    assert code == 0 or err.strip()
    return code


def write(folder, plain):
    text = json.dumps(plain).replace("Infinity", ".inf").replace("NaN", ".nan")
    (folder / "a.yaml").write_text(text, encoding="utf-8")


@pytest.mark.ci
@pytest.mark.long
@settings(FUZZED, max_examples=drawn(2000))
@given(plain=mutated())
def test_validate(folder, plain):
    """2,000 files on a long run: valid or refused, never a traceback, never a file."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        write(folder, plain)
        assert exit_code(folder, monkeypatch, "validate", "a.yaml") in (0, 3)


@pytest.mark.ci
@pytest.mark.long
@settings(FUZZED, max_examples=60)
@given(plain=st.one_of(mutated(), st.just(VALID[0])))
def test_run(folder, package, plain):
    """Valid ones are run by a trainer that needs no TensorFlow; nothing outside the runs directory is written."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(str(package))
        write(folder, plain)
        exit_code(folder, monkeypatch, "run", "a.yaml", "-q", "--executor", "pretended")
