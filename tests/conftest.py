"""Fixtures every test may use."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The reference data sets; tests that need them are skipped, with the reason, where they are absent."""
    folder = Path(os.environ.get("OPTBENCH_DATA_DIR", ROOT.parent / "shared" / "data"))
    if not (folder / "telco_churn").is_dir():
        pytest.skip(f"reference data not found in {folder}: set OPTBENCH_DATA_DIR")
    return folder


@pytest.fixture(scope="session")
def make_runs() -> ModuleType:
    """The module `runs.py` beside this file: run folders made by the real steps, with training invented."""
    if "optbench_test_runs" not in sys.modules:
        spec = importlib.util.spec_from_file_location("optbench_test_runs", ROOT / "tests" / "runs.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules["optbench_test_runs"]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to another machine: a connection beyond loopback is an error, not a download."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        local = self.family == getattr(socket, "AF_UNIX", None) or (
            isinstance(address, tuple) and str(address[0]) in {"127.0.0.1", "::1", "localhost"}
        )
        if not local:
            raise OSError(f"tests do not use the network; tried to reach {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
