"""A Ray cluster of two nodes on this machine, for as long as it is needed, in a network of its own.

Its ports listen on all interfaces, so it gets a network namespace in which there is nothing but `lo`, with an address
for each node; who talks to it enters the namespace. Its processes leave their parents: they are known by the namespace.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from optbench.core.temporary_folders import make_temporary_folder

HEAD, SECOND, PORT = "192.0.2.1", "192.0.2.2", 6379
TOOLS = ("unshare", "ip")
SEARCH = os.pathsep.join(["/usr/sbin", "/sbin", os.environ.get("PATH", "")])
_CLONE_NEWNET = 0x40000000


def why_not() -> str:
    """Return why there can be no cluster here, "" if there can."""
    if importlib.util.find_spec("ray") is None:
        return "no ray (pip install optbench[ray])"
    missing = [name for name in TOOLS if shutil.which(name, path=SEARCH) is None]
    if missing:
        return f"no {', '.join(missing)} (Debian: apt-get install util-linux iproute2)"
    if os.geteuid() != 0:
        return "only root may make a network namespace and enter it"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "no network namespace can be made here"


@dataclass(frozen=True)
class RayCluster:
    """A cluster.

    Attributes
    ----------
    variables : by which a command joins it: its address and its token
    folder : of its temporary files, also those of what its nodes execute
    holder : process that has its network namespace
    cpus : cores of each node
    """

    variables: dict[str, str]
    folder: Path
    holder: int
    cpus: int

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have this thread, and the processes it starts meanwhile, be in the cluster's network."""
        with Path("/proc/thread-self/ns/net").open("rb") as ours:
            _enter(f"/proc/{self.holder}/ns/net")
            try:
                yield
            finally:
                _set_namespace(ours.fileno())

    def processes(self) -> list[psutil.Process]:
        """Return every process in the cluster's network but its holder and this one, which may have entered it."""
        network = Path(f"/proc/{self.holder}/ns/net").stat().st_ino
        found = []
        for process in psutil.process_iter():
            with suppress(OSError):
                if (
                    process.pid not in (self.holder, os.getpid())
                    and Path(f"/proc/{process.pid}/ns/net").stat().st_ino == network
                ):
                    found.append(process)
        return found

    def raylet_of(self, node: str) -> psutil.Process | None:
        """Return the process that a node is, None if there is none: when it dies, the node is lost."""
        wanted = {"raylet", f"--node_ip_address={node}"}
        return next((process for process in self.processes() if wanted <= _words(process)), None)

    def start_second(self) -> None:
        """Start the second node, which says that it has a GPU; it is no error if it is there."""
        if self.raylet_of(SECOND) is None:
            node = (f"--address={HEAD}:{PORT}", f"--node-ip-address={SECOND}", "--num-gpus=1")
            self.ray("start", *node, "--dashboard-agent-listen-port=52366")

    def ray(self, *arguments: str) -> str:
        """Start a node in the cluster's network by Ray's own program."""
        size = (f"--num-cpus={self.cpus}", f"--object-store-memory={80 << 20}", "--disable-usage-stats")
        program = [sys.executable, "-m", "ray.scripts.scripts", *arguments, *size]
        environment = {
            **os.environ,
            **self.variables,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_prestart_worker_first_driver": "0",
            "TMPDIR": str(self.folder),
        }
        environment.pop("RAY_ADDRESS")
        with self.entered(), (self.folder / "said.log").open("ab") as log:
            done = subprocess.run(
                program, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            )
        said = (self.folder / "said.log").read_text(errors="replace")
        assert done.returncode == 0, said[-3000:]
        return said


@contextmanager
def ray_cluster(cpus: int = 3) -> Iterator[RayCluster]:
    """Start a cluster of two nodes that asks for a token; all its processes have ended when this is left.

    Parameters
    ----------
    cpus : cores of each node: as many as a test wants at a time
    """
    with ExitStack() as stack:
        temporary = make_temporary_folder("ray", Path("/tmp"))  # its sockets' paths must be short
        stack.callback(temporary.remove)
        folder = temporary.path
        network = f"ip link set lo up && ip address add {HEAD}/32 dev lo && ip address add {SECOND}/32 dev lo"
        holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", f"{network} && echo ready && exec sleep infinity"],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": SEARCH},
        )
        assert holder.stdout.readline() == b"ready\n"
        variables = {"RAY_ADDRESS": f"{HEAD}:{PORT}", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "7" * 64}
        cluster = RayCluster(variables, folder, holder.pid, cpus)
        try:
            where = (f"--temp-dir={folder}", "--include-dashboard=false")
            cluster.ray("start", "--head", f"--port={PORT}", f"--node-ip-address={HEAD}", *where)
            cluster.start_second()
            yield cluster
        finally:
            _end(cluster)
            holder.kill()
            holder.wait()
            holder.stdout.close()


def _end(cluster: RayCluster) -> None:
    give_up = time.monotonic() + 20
    while (left := cluster.processes()) and time.monotonic() < give_up:
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.1)
    assert not left


def _words(process: psutil.Process) -> set[str]:
    with suppress(psutil.Error):
        command = process.cmdline()
        return {*command, Path(command[0]).name} if command else set()
    return set()


def _enter(namespace: str) -> None:
    with Path(namespace).open("rb") as file:
        _set_namespace(file.fileno())


def _set_namespace(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
