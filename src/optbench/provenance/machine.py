"""What the machine is: processor, cores this process may use, memory, operating system."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import Any

_CPU_INFO = Path("/proc/cpuinfo")
_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_GPUS = Path("/proc/driver/nvidia/gpus")
_DIGITS = 12
# Instruction sets that make TensorFlow, oneDNN and BLAS choose other kernels, hence other bits.
_FLAGS = ("sse4_2", "avx", "avx2", "fma", "avx_vnni", "amx_", "avx512", "neon", "asimd", "sve")


def machine_id() -> str:
    """Return a short text that is equal on machines whose clock times may be compared.

    It digests processor, cores and quota of this process, GPUs and operating system; neither host nor user.
    """
    cpu = cpu_facts()
    parts = [cpu["model"], cpu["cores"], cpu["quota"], gpu_models(), platform.system(), platform.machine()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:_DIGITS]


def cpu_facts() -> dict[str, Any]:
    """Return model, cores this process may use, cores there are, container quota in cores, instruction sets."""
    fields = _cpu_info()
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    return {
        "model": fields.get("model name") or platform.processor() or platform.machine(),
        "family": "/".join(fields.get(name, "?") for name in ("cpu family", "model", "stepping")),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cores_of_machine": os.cpu_count(),
        "quota": _quota(),
        "flags": sorted(flag for flag in flags if flag.startswith(_FLAGS)),
    }


def memory_facts() -> dict[str, int]:
    """Return the machine's memory in bytes."""
    import psutil

    return {"total_bytes": int(psutil.virtual_memory().total)}


def gpu_models() -> list[str]:
    """Return the models of NVIDIA GPUs that the driver shows, without loading a GPU library."""
    models = []
    for path in sorted(_GPUS.glob("*/information")):
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


def _cpu_info() -> dict[str, str]:
    """Return the fields of the first processor; {} where the system has no such file."""
    first = _text(_CPU_INFO).partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _quota() -> float | None:
    allowed, _, period = _text(_CGROUP_QUOTA).strip().partition(" ")
    if not allowed.isdecimal() or not period.isdecimal() or int(period) == 0:
        return None  # "max", or no such file
    return int(allowed) / int(period)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
