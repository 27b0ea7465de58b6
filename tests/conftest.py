"""Fixtures every test may use."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import first_release
import pytest
import run_folders
from apart import built_wheel
from hypothesis import HealthCheck, settings
from ray_cluster import RayCluster, ray_cluster
from ray_cluster import why_not as why_no_ray
from slurm_cluster import slurm_cluster
from slurm_cluster import why_not as why_no_slurm
from warm_workers import WarmWorkers

# The same examples on every run, so that a change is to blame when one fails; `make test-all` draws new ones.
# How long an example takes says nothing: machines are busy.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("OPTBENCH_HYPOTHESIS", "steady"))

# What the recipes of CONTRIBUTING add to a copy of the tree; its tests are run there.
collect_ignore = ["recipes"]

ROOT = Path(__file__).resolve().parent.parent

# What tests read is English, whatever the locale of the machine is; those of languages say which.
os.environ.setdefault("OPTBENCH_LANG", "en")

# TensorFlow's own default depends on the processor; workers always say it, and so do these processes.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The reference data sets; tests that need them are skipped, with the reason, where they are absent."""
    folder = Path(os.environ.get("OPTBENCH_DATA_DIR", ROOT.parent / "shared" / "data"))
    if not (folder / "telco_churn").is_dir():
        pytest.skip(f"reference data not found in {folder}: set OPTBENCH_DATA_DIR")
    return folder


@pytest.fixture(scope="session")
def make_runs() -> ModuleType:
    """The module `run_folders`: run folders made by the real steps, with training invented."""
    return run_folders


@pytest.fixture(scope="session")
def first_release_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Source and configs of the commit whose results must stay readable and repeatable."""
    folder = tmp_path_factory.mktemp("first-release")
    reason = first_release.unpack(folder)
    if reason:
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def keras_backend() -> None:
    """TensorFlow as a worker has it: one thread, op determinism on; set before its first use in the process."""
    from types import SimpleNamespace

    from optbench.training.start import configure_process

    configure_process(SimpleNamespace(threads=1, device="cpu", devices=1, op_determinism=True))


@pytest.fixture(scope="session")
def warm_workers() -> Iterator[WarmWorkers]:
    """Executors that share started fork servers: `run_experiments(..., executor_for=warm_workers.executor_for)`."""
    workers = WarmWorkers()
    yield workers
    workers.close()


@pytest.fixture(scope="session")
def slurm() -> Iterator[dict[str, str]]:
    """The environment variables of a SLURM cluster of one node; skipped where there can be none."""
    if reason := why_no_slurm():
        pytest.skip(f"no SLURM cluster can be started: {reason}")
    with slurm_cluster() as variables:
        yield variables


@pytest.fixture(scope="session")
def two_ray_nodes() -> Iterator[RayCluster]:
    """A Ray cluster of two nodes that asks for a token; skipped where there can be none."""
    if reason := why_no_ray():
        pytest.skip(f"no Ray cluster can be started: {reason}")
    with ray_cluster() as cluster:
        yield cluster


@pytest.fixture
def ray_nodes(two_ray_nodes: RayCluster) -> Iterator[RayCluster]:
    """The same, with both nodes there, and this test in its network."""
    two_ray_nodes.start_second()
    with two_ray_nodes.entered():
        yield two_ray_nodes


@pytest.fixture
def ray(ray_nodes: RayCluster) -> dict[str, str]:
    """The environment variables by which a test joins the Ray cluster."""
    return ray_nodes.variables


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, made of the sdist alone."""
    return built_wheel(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which are so apart from those of other processes."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests counted: kill points, kills, damaged places."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "count" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {value}")
