"""The machine file: read as strictly as an experiment, absent without a word. Less than a second."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from optbench.config import MachineConfig, load_machine, machine_json_schema
from optbench.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
WHOLE = """\
resources: {cpus: 4, gpus: 1, memory: 2.5GB}
slurm:
  partition: 2026
  time: 2:00:00
  account: chemistry
  gpus: a100:1
  setup: ["module load cuda/12.4", 'export A="b c"']
  jobs: 20
  grace: 300
ray: {jobs: 30, allow_unauthenticated: true}
"""


@pytest.fixture
def users_own(tmp_path, monkeypatch) -> Path:
    """Where the user's own file would be."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "optbench"
    folder.mkdir()
    return folder / "machine.yaml"


def machine(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file.yaml"
    path.write_text(text)
    return path


def test_every_key_is_read_and_names_of_the_site_stay_texts(tmp_path):
    """A partition may be called by a number, and a time looks like one to some readers."""
    found = load_machine(machine(tmp_path, WHOLE))
    assert (found.resources.cpus, found.resources.gpus) == (4, 1)
    assert (found.slurm.partition, found.slurm.time, found.slurm.gpus) == ("2026", "2:00:00", "a100:1")
    assert found.slurm.setup == ["module load cuda/12.4", 'export A="b c"']
    assert (found.slurm.jobs, found.slurm.grace) == (20, 300)
    assert (found.ray.jobs, found.ray.allow_unauthenticated) == (30, True)


@pytest.mark.parametrize(
    ("memory", "megabytes"), [("500MB", 500), ("2GB", 2048), ("1.5 GB", 1536), ("1TB", 1 << 20), ("1.0001GB", 1025)]
)
def test_memory_is_rounded_up_to_whole_megabytes(tmp_path, memory, megabytes):
    """A run is never given less than was asked for."""
    assert load_machine(machine(tmp_path, f"resources: {{memory: {memory}}}")).resources.memory_mb == megabytes


@pytest.mark.parametrize("gpus", ["0", "2", "0.25", "0.9"])
def test_gpus_are_whole_or_a_part_of_one(tmp_path, gpus):
    """A part is for schedulers that share a GPU out."""
    found = load_machine(machine(tmp_path, f"resources: {{gpus: {gpus}}}")).resources.gpus
    assert f"{found:g}" == gpus


def test_the_users_own_file_counts_unless_another_is_named(tmp_path, users_own):
    """Without either, nothing is asked for but a core."""
    assert load_machine() == MachineConfig()
    users_own.write_text("slurm: {jobs: 3}")
    assert load_machine().slurm.jobs == 3
    assert load_machine(machine(tmp_path, "slurm: {jobs: 4}")).slurm.jobs == 4
    assert load_machine(machine(tmp_path, "")) == MachineConfig()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("slurm: {partiton: a}", "file.yaml:1:9: slurm.partiton: unknown key. Did you mean 'partition'?"),
        ("resources: {cpus: 0}", "resources.cpus: must be at least 1. Received: 0."),
        ("resources: {gpus: 1.5}", "resources.gpus: must be a whole number, or at most 0.99. Received: 1.5."),
        ("resources: {gpus: -0.5}", "resources.gpus: must be"),
        ("ray: {allow_unauthenticated: 'yes'}", "ray.allow_unauthenticated: must be true or false."),
        ("resources: {memory: 2}", "resources.memory: must be a text"),
        ("resources: {memory: lots}", "must read a number with its unit, such as 2GB or 500MB. Received: 'lots'."),
        ("slurm: {partition: 'a b'}", "slurm.partition: must be one word of letters, digits and"),
        ("slurm: {setup: module load cuda}", "slurm.setup: must be a list. Received: 'module load cuda'."),
        ("slurm: {account: a, account: b}", "account"),
        ("- a", "a machine file must be a mapping of keys and values."),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, text, says):
    """As of an experiment file: rule, received value, remedy."""
    with pytest.raises(ConfigError) as error:
        load_machine(machine(tmp_path, text))
    assert says in str(error.value)


def test_a_file_that_is_named_must_be_there(tmp_path):
    """The user's own need not."""
    with pytest.raises(ConfigError, match=r"there is no such file. docs/cluster.md"):
        load_machine(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"must be a machine file. Received: a folder"):
        load_machine(tmp_path)


def test_the_schema_is_the_committed_one_and_agrees():
    """What it accepts the loader accepts, and the other way round."""
    schema = machine_json_schema()
    assert json.loads((ROOT / "schemas" / "machine.schema.json").read_text()) == schema
    for gpus, is_valid in ((0, True), (0.25, True), (2, True), (1.5, False), (65, False), (-0.5, False)):
        assert jsonschema.Draft202012Validator(schema).is_valid({"resources": {"gpus": gpus}}) is is_valid
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"resources": {"memory": "2GB"}, "slurm": {"time": 90, "setup": []}})
    assert not validator.is_valid({"slurm": {"partition": "a b"}})
    assert not validator.is_valid({"slrum": {}})
