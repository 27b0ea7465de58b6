"""What the machine is: processor, cores this process may use, memory, operating system."""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class MachineFiles:
    """Where Linux tells of a machine; what is not there is not known.

    Attributes
    ----------
    cpu : a paragraph for each processor
    quota : cores that a container may use
    gpus : a folder for each NVIDIA GPU
    """

    cpu: Path = Path("/proc/cpuinfo")
    quota: Path = Path("/sys/fs/cgroup/cpu.max")
    gpus: Path = Path("/proc/driver/nvidia/gpus")


_HERE = MachineFiles()
_DIGITS = 12
# Instruction sets that make TensorFlow, oneDNN and BLAS choose other kernels, hence other bits.
_FLAGS = ("sse4_2", "avx", "avx2", "fma", "avx_vnni", "amx_", "avx512", "neon", "asimd", "sve")


def machine_id(files: MachineFiles = _HERE) -> str:
    """Return a short text that is equal on machines whose clock times may be compared.

    It digests processor, cores and quota of this process, GPUs and operating system; neither host nor user.
    """
    cpu = cpu_facts(files)
    parts = [cpu["model"], cpu["cores"], cpu["quota"], gpu_models(files), platform.system(), platform.machine()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:_DIGITS]


def cpu_facts(files: MachineFiles = _HERE) -> dict[str, Any]:
    """Return model, cores this process may use, cores there are, container quota in cores, instruction sets."""
    fields = _cpu_info(files.cpu)
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    return {
        "model": fields.get("model name") or platform.processor() or platform.machine(),
        "family": "/".join(fields.get(name, "?") for name in ("cpu family", "model", "stepping")),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cores_of_machine": os.cpu_count(),
        "quota": _quota(files.quota),
        "flags": sorted(flag for flag in flags if flag.startswith(_FLAGS)),
    }


def memory_facts() -> dict[str, int]:
    """Return the machine's memory in bytes."""
    import psutil

    return {"total_bytes": int(psutil.virtual_memory().total)}


def gpu_models(files: MachineFiles = _HERE) -> list[str]:
    """Return the models of NVIDIA GPUs that the driver shows, without loading a GPU library."""
    models = []
    for path in sorted(files.gpus.glob("*/information")):
        lines = _text(path).splitlines()
        models += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return models


def platform_facts() -> dict[str, str]:
    """Return operating system, kernel, processor architecture and C library."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),
    }


def _cpu_info(path: Path) -> dict[str, str]:
    """Return the fields of the first processor; {} where the system has no such file."""
    first = _text(path).partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _quota(path: Path) -> float | None:
    allowed, _, period = _text(path).strip().partition(" ")
    if not allowed.isdecimal() or not period.isdecimal() or int(period) == 0:
        return None  # "max", or no such file
    return int(allowed) / int(period)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
