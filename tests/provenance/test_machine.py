"""What is told about the machine, and packages that are part of a run's key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata

import psutil
import pytest

from optbench.errors import MachineError
from optbench.provenance import key_versions, machine_id
from optbench.provenance.machine import MachineFiles, cpu_facts, memory_facts

CPU_INFO = """processor\t: 0
model name\t: Some CPU @ 2.00GHz
cpu family\t: 6
model\t\t: 85
stepping\t: 7
cpu MHz\t\t: {mhz}
flags\t\t: fpu vme avx avx2 fma avx512f rdtscp amx_tile

processor\t: 1
model name\t: Another
"""


@pytest.fixture
def described(tmp_path):
    """Describe a machine by its files: `described(mhz=..., quota=..., gpu=...)`."""

    def describe(*, mhz="2000.0", quota="max 100000", gpu=None):
        (tmp_path / "cpuinfo").write_text(CPU_INFO.format(mhz=mhz))
        (tmp_path / "cpu.max").write_text(quota)
        if gpu:
            (tmp_path / "gpus" / "0").mkdir(parents=True)
            (tmp_path / "gpus" / "0" / "information").write_text(f"Model: \t\t {gpu}\nIRQ: 1\n")
        return MachineFiles(tmp_path / "cpuinfo", tmp_path / "cpu.max", tmp_path / "gpus")

    return describe


def test_cpu_facts_are_read(described):
    """Model, family and the instruction sets that change kernels are recorded; the rest of the flags is not."""
    facts = cpu_facts(described(quota="150000 100000"))
    assert facts["model"] == "Some CPU @ 2.00GHz"
    assert facts["family"] == "6/85/7"
    assert facts["flags"] == ["amx_tile", "avx", "avx2", "avx512f", "fma"]
    assert facts["quota"] == 1.5


def test_machine_id_is_that_of_the_kind(described):
    """The clock of the moment does not change it; a quota or a GPU does."""
    first = machine_id(described())
    assert re.fullmatch(r"[0-9a-f]{12}", first)
    assert machine_id(described(mhz="3511.2")) == first
    assert machine_id(described(quota="50000 100000")) != first
    assert machine_id(described(gpu="Fast GPU")) != first


def test_machine_id_is_the_same_in_another_process():
    """Two processes on one machine agree, whatever seed their hashing has."""
    code = "from optbench.provenance import machine_id; print(machine_id())"
    for seed in ("0", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == machine_id()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity") or os.cpu_count() == 1, reason="one core, nothing to take")
def test_cores_are_those_of_the_process():
    """A process held to fewer cores is another kind of machine for clock times."""
    allowed, before = os.sched_getaffinity(0), machine_id()
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert cpu_facts()["cores"] == 1
        held = machine_id()
    finally:
        os.sched_setaffinity(0, allowed)
    assert (held == before) == (len(allowed) == 1)


def test_without_the_files_of_linux(tmp_path):
    """A system without /proc still gives a model, cores and an id."""
    nothing = MachineFiles(tmp_path / "none", tmp_path / "none", tmp_path / "none")
    assert cpu_facts(nothing)["model"]
    assert cpu_facts(nothing)["quota"] is None
    assert machine_id(nothing)


def test_memory():
    """The memory is the machine's."""
    assert memory_facts()["total_bytes"] == psutil.virtual_memory().total


def test_key_versions():
    """The four packages of a run's key, with the installed versions and without importing them."""
    versions = key_versions()
    assert list(versions) == ["tensorflow", "keras", "numpy", "scikit-learn"]
    assert versions["numpy"] == metadata.version("numpy")
    code = (
        "import sys; from optbench.provenance import key_versions; key_versions(); "
        "print(sorted({'tensorflow', 'keras', 'sklearn', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_missing_package():
    """A package that is not installed is named with the line that installs it; another build of it counts."""

    def only_cpu(name):
        if name == "tensorflow-cpu":
            return "2.21.0"
        if name in ("tensorflow", "keras-nightly"):
            raise metadata.PackageNotFoundError(name)
        return metadata.version(name)

    assert key_versions(version_of=only_cpu)["tensorflow"] == "2.21.0"

    def none(name):
        raise metadata.PackageNotFoundError(name)

    with pytest.raises(MachineError, match="pip install tensorflow"):
        key_versions(version_of=none)
