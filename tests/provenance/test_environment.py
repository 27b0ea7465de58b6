"""The environment record explains differences and holds nothing private."""

from __future__ import annotations

import hashlib
import json
import socket
from importlib import metadata

import pytest

from optbench.core.private_text import without_paths
from optbench.errors import InvalidError
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


@pytest.mark.parametrize(
    "value, recorded",
    [
        ("--xla_dump_to=/home/ana --xla_x=true", "--xla_dump_to=<path> --xla_x=true"),
        ("--xla_x=true --xla_dump_to='/home/ana maria/x' --y=2", "--xla_x=true --xla_dump_to='<path>' --y=2"),
        ('--xla_dump_to="~/dump" --y=2', '--xla_dump_to="<path>" --y=2'),
        ("--xla_dump_to=/home/ana maria/x --y=2", "--xla_dump_to=<path> --y=2"),
        ("--xla_dump_to=C:\\Users\\ana --y=2", "--xla_dump_to=<path> --y=2"),
        ("--xla_dump_to=\\\\server\\ana", "--xla_dump_to=<path>"),
        ("--xla_dump_to=gs://bucket/ana", "--xla_dump_to=gs:<path>"),
        ("--xla_dump_to=dumps/somebody-special/1 --y=2", "--xla_dump_to=<path> --y=2"),
        ("--xla_dump_to=\n/home/ana\n--y=2", "--xla_dump_to=\n<path>\n--y=2"),
        ("/home/ana/flags.txt", "<path>"),
        ("file:///home/ana", "file:<path>"),
        ("first:/home/ana:last", "first:<path>"),
        (":/home/ana/zone", ":<path>"),
        ("Europe/Madrid", "Europe/Madrid"),
        ("EST5EDT,M3.2.0/2,M11.1.0/2", "EST5EDT,M3.2.0/2,M11.1.0/2"),
        ("en_US.UTF-8", "en_US.UTF-8"),
        ("Haswell", "Haswell"),
        ("0,1", "0,1"),
        ("Somebody-Special", "<path>"),
    ],
)
def test_paths_in_values(value, recorded):
    """A path or the user's name in a value is replaced; what else the value says is kept."""
    assert without_paths(value, ["somebody-special", "1"]) == recorded


def test_no_variable_is_recorded_with_a_path(monkeypatch, tmp_path):
    """Neither home folder nor account is recorded, whichever variable holds them."""
    monkeypatch.setenv("HOME", str(tmp_path / "ana maria"))
    monkeypatch.setenv("USER", "somebody-special")
    for name in VARIABLES:
        monkeypatch.setenv(name, f"--a={tmp_path}/ana maria/x --b=somebody-special --c=1")
    recorded = collect_environment()["variables"]
    assert recorded == dict.fromkeys(VARIABLES, "--a=<path> --b=<path> --c=1")


def test_code_is_recorded_by_digest(tmp_path):
    """The user's files are recorded by name and sha256; one that cannot be read is an error with its path."""
    (tmp_path / "my.py").write_bytes(b"x = 1\n")
    facts = collect_environment(code={"b.py": tmp_path / "my.py", "a.py": tmp_path / "my.py"})
    assert facts["code"] == dict.fromkeys(("a.py", "b.py"), hashlib.sha256(b"x = 1\n").hexdigest())
    with pytest.raises(InvalidError, match=r"gone\.py"):
        collect_environment(code={"gone.py": tmp_path / "gone.py"})


def test_same_environment_has_no_differences(tmp_path):
    """Two records of one process are equal, hence without differences, also after a round trip through JSON."""
    facts = collect_environment(base=tmp_path)
    again = collect_environment(base=tmp_path)
    assert facts == again
    assert environment_differences(facts, json.loads(json.dumps(again))) == []
