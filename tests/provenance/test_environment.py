"""The environment record explains differences and holds nothing private."""

from __future__ import annotations

import hashlib
import json
import socket
from importlib import metadata

import pytest

from optbench.errors import StorageError
from optbench.provenance import collect_environment, environment_differences
from optbench.provenance.environment import VARIABLES


def test_record_is_strict_json(tmp_path):
    """The record is plain JSON values with the documented sections, whatever folder it is made for."""
    facts = collect_environment(base=tmp_path)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    sections = {
        "python",
        "platform",
        "cpu",
        "gpus",
        "memory",
        "packages",
        "package_digests",
        "variables",
        "git",
        "code",
    }
    assert set(facts) == sections | {"machine"}
    assert facts["git"] is None
    assert facts["packages"]["numpy"] == metadata.version("numpy")
    assert facts["memory"]["total_bytes"] > 2**20
    assert facts["cpu"]["cores"] >= 1


def test_only_listed_variables_are_recorded(monkeypatch):
    """Variables outside the list are left out, also those that begin like ones in it."""
    for name in ("SECRET_TOKEN", "TF_VAR_password", "KERAS_API_KEY", "OMP_PASSWORD", "XLA_SECRET"):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    facts = collect_environment()
    assert facts["variables"]["OMP_NUM_THREADS"] == "3"
    assert set(facts["variables"]) <= set(VARIABLES)
    assert "hunter2" not in json.dumps(facts)


def test_nothing_tells_who_and_where(tmp_path, monkeypatch):
    """Neither host name, user name nor home folder are in the record."""
    home = tmp_path / "home-of-somebody"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "somebody-special")
    text = json.dumps({**collect_environment(base=tmp_path), "packages": {}})
    assert str(home) not in text
    assert "somebody-special" not in text
    assert str(tmp_path) not in text
    assert f'"{socket.gethostname()}"' not in text


def test_code_is_recorded_by_digest(tmp_path):
    """The user's files are recorded by name and sha256; one that cannot be read is an error with its path."""
    (tmp_path / "my.py").write_bytes(b"x = 1\n")
    facts = collect_environment(code={"b.py": tmp_path / "my.py", "a.py": tmp_path / "my.py"})
    assert facts["code"] == dict.fromkeys(("a.py", "b.py"), hashlib.sha256(b"x = 1\n").hexdigest())
    with pytest.raises(StorageError, match=r"gone\.py"):
        collect_environment(code={"gone.py": tmp_path / "gone.py"})


def test_same_environment_has_no_differences(tmp_path):
    """Two records of one process are equal, hence without differences, also after a round trip through JSON."""
    facts = collect_environment(base=tmp_path)
    again = collect_environment(base=tmp_path)
    assert facts == again
    assert environment_differences(facts, json.loads(json.dumps(again))) == []
