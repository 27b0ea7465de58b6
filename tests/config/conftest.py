"""Experiment files as text, loaded and refused."""

from __future__ import annotations

import pytest

from optbench.config import load_experiment
from optbench.errors import ConfigError

SECTIONS = {
    "name": "name: a",
    "dataset": "dataset: {name: iris}",
    "model": "model: {name: mlp}",
    "optimizer": "optimizer: {name: adam}",
}


@pytest.fixture
def text():
    """Text of a valid file; a keyword replaces or adds a whole line, None leaves it out."""

    def build(**lines):
        kept = {**SECTIONS, **{key: f"{key}: {value}" for key, value in lines.items() if value is not None}}
        return "".join(f"{line}\n" for key, line in kept.items() if lines.get(key, "") is not None)

    return build


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load a text as a.yaml of the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.yaml"

    def run(content, *overrides):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_experiment(path.relative_to(tmp_path), overrides)

    return run


@pytest.fixture
def refused(load):
    """Load a text that must be refused; returns the findings, each with its line and its caret line."""

    def run(content, *overrides):
        with pytest.raises(ConfigError) as caught:
            load(content, *overrides)
        findings, found = [], str(caught.value).split("\n")
        for line in found:
            if line.startswith(("a.yaml", "--set")):
                findings.append(line)
            else:
                findings[-1] += f"\n{line}"
        return findings

    return run


@pytest.fixture
def only(refused):
    """Load a text with exactly one mistake; returns the finding's first line."""

    def run(content, *overrides):
        findings = refused(content, *overrides)
        assert len(findings) == 1, findings
        return findings[0].split("\n")[0]

    return run
