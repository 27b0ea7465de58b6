"""A SLURM cluster of one node on this machine, for as long as it is needed: Debian's daemons in a network of their own.

slurmctld listens on all interfaces, so it gets a network namespace in which there is nothing but `lo`; SLURM's
programs are called through scripts that enter it, which come first on `PATH`. Nothing outside a temporary folder is
written.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from optbench.core.temporary_folders import temporary_folder

DAEMONS = ("munged", "slurmctld", "slurmd")
CLIENTS = ("sbatch", "squeue", "scontrol", "scancel", "sinfo")
TOOLS = ("unshare", "nsenter", "ip")
SEARCH = os.pathsep.join(["/usr/sbin", "/sbin", os.environ.get("PATH", "")])
CPUS = 16  # more than there are: jobs of a test that has ended hold up no other
CONFIG = """\
ClusterName=optbench-test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CryptoType=crypto/munge
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
CommunicationParameters=NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
KillWait=5
InactiveLimit=0
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Boards=1 SocketsPerBoard=1 CoresPerSocket={cpus} RealMemory=4000
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE PriorityTier=1
PartitionName=urgent Nodes={host} MaxTime=INFINITE PriorityTier=9
"""


def why_not() -> str:
    """Return why there can be no cluster here, "" if there can."""
    missing = [name for name in (*DAEMONS, *CLIENTS, *TOOLS) if shutil.which(name, path=SEARCH) is None]
    if missing:
        return f"no {', '.join(missing)} (Debian: apt-get install slurm-wlm munge util-linux iproute2)"
    if os.geteuid() != 0:
        return "slurmd starts jobs as root only"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "no network namespace can be made here"


@contextmanager
def slurm_cluster() -> Iterator[dict[str, str]]:
    """Start the daemons and give the environment variables by which SLURM's programs find them."""
    with temporary_folder("slurm") as folder, ExitStack() as stack:
        host = socket.gethostname().partition(".")[0]
        for name in ("state", "spool", "bin"):
            (folder / name).mkdir()
        (folder / "munge.key").write_bytes(os.urandom(1024))
        (folder / "munge.key").chmod(0o400)
        config = folder / "slurm.conf"
        config.write_text(CONFIG.format(host=host, folder=folder, cpus=CPUS))
        folder.chmod(0o755)  # the socket is for every user of the machine, as munge wants it
        socket_file = folder / "munge.socket"
        _start(
            stack,
            folder,
            ["munged", "--foreground", "--force", f"--key-file={folder}/munge.key", f"--socket={socket_file}"]
            + [f"--{name}-file={folder}/munged.{name}" for name in ("pid", "log", "seed")],
        )
        _wait_for(socket_file.exists, folder, "munged")
        # getaddrinfo answers only where there is an address that is not the loopback's own
        network = 'ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec "$@"'
        controller = _start(
            stack,
            folder,
            ["unshare", "--net", "sh", "-c", network, "sh", _path("slurmctld"), "-D", "-f", str(config)],
        )
        enter = ["nsenter", f"--target={controller.pid}", "--net"]
        for name in CLIENTS:
            script = folder / "bin" / name
            script.write_text(f'#!/bin/sh\nexec {" ".join(enter)} {_path(name)} "$@"\n')
            script.chmod(0o755)
        variables = {
            "SLURM_CONF": str(config),
            "PATH": os.pathsep.join([str(folder / "bin"), os.environ["PATH"]]),
        }
        _wait_for(lambda: "UP" in _said(["scontrol", "ping"], variables), folder, "slurmctld")
        _start(stack, folder, [*enter, _path("slurmd"), "-D", "-f", str(config)])
        _wait_for(lambda: "idle" in _said(["sinfo", "--noheader", "--format=%T"], variables), folder, "slurmd")
        try:
            yield variables
        finally:
            _end_jobs(variables)


def _end_jobs(variables: dict[str, str]) -> None:
    """End every job: what serves one outlives the daemon that has started it."""
    jobs = _said(["squeue", "--noheader", "--format=%A"], variables).split()
    if jobs:
        _said(["scancel", *jobs], variables)
    give_up = time.monotonic() + 20
    while _said(["squeue", "--noheader", "--format=%A"], variables).split() and time.monotonic() < give_up:
        time.sleep(0.2)


def _start(stack: ExitStack, folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    with (folder / "said.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "PATH": SEARCH}
        )
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _path(name: str) -> str:
    found = shutil.which(name, path=SEARCH)
    assert found is not None
    return found


def _said(command: list[str], variables: dict[str, str]) -> str:
    environment = {**os.environ, **variables}
    program = shutil.which(command[0], path=variables["PATH"])
    done = subprocess.run([program, *command[1:]], env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def _wait_for(done, folder: Path, what: str) -> None:
    give_up = time.monotonic() + 30
    while not done():
        if time.monotonic() > give_up:
            logs = [path.read_text(errors="replace")[-2000:] for path in sorted(folder.glob("*.log"))]
            raise AssertionError(f"{what} did not start:\n" + "\n".join(logs))
        time.sleep(0.05)
