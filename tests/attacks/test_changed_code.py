"""`reproduce` executes the Python of a run: what is not the run's, or is of another machine, is asked about first."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_training import FakeExecutor
from run_folders import seal

from optbench.config import run_key
from optbench.errors import InvalidError, MismatchError
from optbench.run_store import read_json, read_manifest
from optbench.runner.reproduce import raise_for_difference, reproduce
from optbench.runner.run import RunOptions, run_experiments

OWN = "def build(input_shape, num_classes):\n    return None\n"
CHANGED = "open('pwned', 'w')\n" + OWN


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A finished run with a model of the user's own; `run(trust)` reproduces it and returns what was asked, too."""
    (tmp_path / "experiments").mkdir()
    own = tmp_path / "experiments" / "own.py"
    own.write_text(OWN)
    config = tmp_path / "experiments" / "a.yaml"
    config.write_text(
        "name: a\ndataset: {name: iris}\nmodel: {name: python, function: 'own.py:build'}\noptimizer: {name: adam}\n"
        "training: {epochs: 2}\nreport: {figures: false}\n"
    )
    executor = FakeExecutor()
    options = RunOptions((config,), runs_dir=tmp_path / "runs", quiet=True)
    (end,) = run_experiments(options, say=lambda _sentence: None, executor_for=lambda *_: executor)
    monkeypatch.chdir(tmp_path)

    class Run:
        paths = end.planned.paths
        copy = paths.code_copy("own.py")
        asked: list[str]

        def __call__(self, trust=False):
            self.asked = []

            def trusts(doubts):
                self.asked = [doubt.code for doubt in doubts]
                return trust

            return reproduce(
                str(self.paths.folder),
                runs_dir=tmp_path / "runs",
                data_dir=tmp_path,
                say=lambda _sentence: None,
                trusts=trusts,
                executor_for=lambda *_: executor,
            )

        def seal(self, **changes):
            """Write the manifest again, as if the run had ended so."""
            seal(self.paths, replace(read_manifest(self.paths), **changes))

        def rewrite(self, **changes):
            """Change what the run has recorded of its environment."""
            path = self.paths.environment
            path.write_text(json.dumps({**read_json(path), **changes}))

    Run.own, Run.trained = own, executor.trained
    return Run()


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_run_s_own_code_is_not_asked_about(run):
    """Also where the user's file has changed or gone since: the run keeps its own."""
    assert run().is_identical
    assert run.asked == []
    run.own.write_text(CHANGED)
    assert run().is_identical
    run.own.unlink()
    assert run().is_identical
    assert run.asked == []


def test_changed_and_sealed_code_is_asked_about_and_never_identical(run, tmp_path):
    """Nothing of it is executed without leave; with leave the result says that the code differs."""
    run.copy.write_text(CHANGED)
    run.seal()
    trained = len(run.trained)
    with pytest.raises(InvalidError, match="--trust"):
        run()
    assert run.asked == ["reproduce-code-changed"]
    assert len(run.trained) == trained
    assert not (tmp_path / "pwned").exists()
    found = run(trust=True)
    assert (found.is_identical, found.first_difference) == (False, "code")
    with pytest.raises(MismatchError, match="'code' differs"):
        raise_for_difference(found)


def test_a_digest_that_was_changed_with_the_code_is_seen_by_the_key(run):
    """The key follows from the code that the run was trained with."""
    run.copy.write_text(CHANGED)
    run.rewrite(code={"own.py": digest(CHANGED)})
    run.seal()
    with pytest.raises(InvalidError, match="--trust"):
        run()
    assert run.asked == ["reproduce-key-changed"]
    assert run(trust=True).first_difference == "key"


def test_code_that_was_not_recorded_is_asked_about(run):
    """A config that was made to name code, with an environment that tells of none."""
    run.rewrite(code={})
    run.seal()
    with pytest.raises(InvalidError, match="--trust"):
        run()
    assert run.asked == ["reproduce-code-changed"]


def test_a_run_of_another_machine_is_asked_about(run):
    """Consistent in itself, but from elsewhere, and nothing here but its folder holds that code."""
    key = run_key_of(run)
    run.seal(machine="elsewhere", key=key)
    assert run().is_identical
    assert run.asked == []
    run.own.unlink()
    with pytest.raises(InvalidError, match="--trust"):
        run()
    assert run.asked == ["reproduce-code-elsewhere"]
    assert run(trust=True).is_identical


def run_key_of(run):
    from optbench.config import load_resolved

    facts = read_manifest(run.paths)
    return run_key(
        load_resolved(run.paths.config_resolved),
        data_digest=read_json(run.paths.digests)["data"],
        code=read_json(run.paths.environment)["code"],
        versions=facts.versions,
    )


def test_a_file_with_an_absolute_path_must_be_the_run_s(run, tmp_path):
    """It is executed where it lies, so it is looked at there."""
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text(CHANGED)
    for path in (run.paths.config_resolved, run.paths.config):
        path.write_text(path.read_text().replace("own.py:build", f"{elsewhere}:build"))
    run.copy.rename(run.paths.code_copy(str(elsewhere)))
    run.rewrite(code={str(elsewhere): digest(OWN)})
    run.seal()
    with pytest.raises(MismatchError, match="absolute path"):
        run(trust=True)


def test_the_command_line_says_how_to_trust(run, tmp_path):
    """Not a terminal: exit 3 with what speaks against it, and the option."""
    from attacked import command

    run.copy.write_text(CHANGED)
    run.seal()
    ended = command("reproduce", run.paths.folder, cwd=tmp_path)
    ended.require(3, saying="--trust")
    assert "is not the file that the run was trained with" in ended.err
    assert not Path(tmp_path, "pwned").exists()
    document = json.loads(command("reproduce", run.paths.folder, "--json", cwd=tmp_path).out)
    assert document["error"]["code"] == "code-untrusted"
