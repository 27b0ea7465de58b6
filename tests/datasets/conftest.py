"""Sections of experiment files, small tables and arrays, and the reference data, loaded once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from optbench.config import DatasetConfig, SplitConfig
from optbench.datasets import load_dataset

SHA256 = {
    "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv": (
        "16320c9c1ec72448db59aa0a26a0b95401046bef5d02fd3aeb906448e3055e91"
    ),
    "bank_marketing/bank.csv": "dc8d576e9bda0f41ee891251bd84bab9a39ce576cba715aac08adc2374a01fde",
}


def section(name: str, *, split: dict[str, Any] | None = None, **settings: Any) -> DatasetConfig:
    """Return a dataset section as an experiment file would give it."""
    if name == "csv":
        settings = {"path": "data.csv", "target": "y", **settings}
    return TypeAdapter(DatasetConfig).validate_python({"name": name, "split": split or {}, **settings})


@pytest.fixture(scope="session")
def config():
    """Build a dataset section from what differs from the defaults."""
    return section


@pytest.fixture(scope="session")
def split():
    """Build a split section from what differs from the defaults."""
    return SplitConfig


@pytest.fixture
def free_memory(monkeypatch):
    """Let the machine have so many bytes of free memory, each time it is asked; the last number stays."""

    def let(*available: int) -> None:
        left = list(available)
        monkeypatch.setattr(
            "psutil.virtual_memory", lambda: SimpleNamespace(available=left.pop(0) if len(left) > 1 else left[0])
        )

    return let


@pytest.fixture
def load_csv(tmp_path):
    """Write a CSV text (or bytes) and load it."""

    def load(
        content: str | bytes, *, split: dict[str, Any] | None = None, task: str = "classification", **settings: Any
    ):
        path = tmp_path / settings.setdefault("path", "data.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        made = section("csv", split=split, **settings)
        return load_dataset(made, base=tmp_path, data_dir=tmp_path / "none", task=task)

    return load


@pytest.fixture(scope="session")
def table():
    """Return a generated CSV text: numbers a and b, a category c, a target y of two classes, half and half."""

    def build(n: int = 60, *, header: str = "a,b,c,y", seed: int = 0, separator: str = ",") -> str:
        rng = np.random.default_rng(seed)
        rows = [
            (f"{rng.normal():.6f}", f"{rng.normal():.6f}", "uvw"[rng.integers(3)], ("no", "yes")[row % 2])
            for row in range(n)
        ]
        return "\n".join([header.replace(",", separator), *(separator.join(row) for row in rows)]) + "\n"

    return build


@pytest.fixture
def load_npz(tmp_path):
    """Write arrays into an npz file and load them."""

    def load(*, split: dict[str, Any] | None = None, **arrays: Any):
        np.savez(tmp_path / "data.npz", **arrays)
        return load_dataset(section("npz", split=split, path="data.npz"), base=tmp_path, data_dir=Path("none"))

    return load


@pytest.fixture
def load_python(tmp_path):
    """Write a Python file with a function `load` and call it through its experiment section."""

    def load(source: str, *, split: dict[str, Any] | None = None, **arguments: Any):
        (tmp_path / "problem.py").write_text(source)
        made = section("python", split=split, function="problem.py:load", arguments=arguments)
        return load_dataset(made, base=tmp_path, data_dir=Path("none"))

    return load


@pytest.fixture(scope="session")
def reference_file(data_dir):
    """Return the path of a reference file, its sha256 compared once per test run."""
    checked: dict[str, Path] = {}

    def find(name: str) -> Path:
        if name not in checked:
            path = data_dir / name
            if not path.is_file():
                pytest.skip(f"{path} not found")
            assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256[name], f"{path} has other bytes"
            checked[name] = path
        return checked[name]

    return find


@pytest.fixture(scope="session")
def telco_path(reference_file):
    """Return the path of the Telco file."""
    return reference_file("telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv")


@pytest.fixture(scope="session")
def bank_path(reference_file):
    """Return the path of the bank file."""
    return reference_file("bank_marketing/bank.csv")


@pytest.fixture(scope="session")
def telco(data_dir, telco_path):
    """Return the Telco data set with the default split."""
    return load_dataset(section("telco_churn"), base=Path(), data_dir=data_dir)


@pytest.fixture(scope="session")
def bank(bank_path):
    """Return the bank data as a user's own table."""
    made = section("csv", path=bank_path.name, target="y", positive_class="yes", separator=";", drop=["duration"])
    return load_dataset(made, base=bank_path.parent, data_dir=Path("none"))


@pytest.fixture(scope="session")
def fashion(data_dir):
    """Return Fashion-MNIST with the default split."""
    return load_dataset(section("fashion_mnist"), base=Path(), data_dir=data_dir)
