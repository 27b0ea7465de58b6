"""The facts of `environment.json`: what could explain a difference elsewhere, and nothing private."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from optbench.core.private_text import names_of_the_user, without_paths
from optbench.provenance.checkout import read_checkout
from optbench.provenance.machine import cpu_facts, gpu_models, machine_id, memory_facts, platform_facts
from optbench.provenance.versions import installed_packages, key_package_digests
from optbench.user_code import recorded_name, source_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optbench.provenance.checkout import Checkout

# Names, not prefixes: TF_VAR_..., KERAS_..._TOKEN and the like hold secrets.
VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "DNNL_MAX_CPU_ISA",
    "KERAS_BACKEND",
    "LANG",
    "LC_ALL",
    "LC_NUMERIC",
    "MALLOC_ARENA_MAX",
    "MKL_CBWR",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "PYTHONHASHSEED",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_FORCE_GPU_ALLOW_GROWTH",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_USE_LEGACY_KERAS",
    "TZ",
    "XLA_FLAGS",
)


def collect_environment(*, base: Path | None = None, code: Mapping[str, Path] | None = None) -> dict[str, Any]:
    """Return what is known of machine, software and code, as plain JSON values.

    Parameters
    ----------
    base : folder whose git checkout is recorded; None records none
    code : the user's Python files by the name that the config uses

    Returns
    -------
    dict
        `python, platform, cpu, gpus, memory, packages, variables` (without paths), `git` (None outside a checkout),
        `code` (sha256 by name), `machine`; and `patch`, the text of uncommitted changes, only if there are any. `git`
        has `commit, dirty` and, only if there are such files, `left_out, unfiltered` (see `Checkout`).

    Raises
    ------
    InvalidError
        If one of the user's files cannot be read.
    """
    checkout = None if base is None else read_checkout(base)
    facts: dict[str, Any] = {
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
            "byte_order": sys.byteorder,
        },
        "platform": platform_facts(),
        "cpu": cpu_facts(),
        "gpus": gpu_models(),
        "memory": memory_facts(),
        **_installed(),
        "variables": recorded_variables(os.environ),
        "git": None if checkout is None else _git_facts(checkout),
        "code": {recorded_name(name): source_sha256(path) for name, path in sorted((code or {}).items())},
        "machine": machine_id(),
    }
    if checkout is not None and checkout.patch:
        facts["patch"] = checkout.patch
    return facts


@cache
def _installed() -> Mapping[str, Any]:
    """Return what is installed; that takes half a second, and a process goes on with what it has imported anyway."""
    return {"packages": installed_packages(), "package_digests": key_package_digests()}


def recorded_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is recorded of a process' environment: the variables that can change numbers, without paths."""
    people = names_of_the_user()
    return {name: without_paths(environment[name], people) for name in VARIABLES if name in environment}


def _git_facts(checkout: Checkout) -> dict[str, Any]:
    lists = {"left_out": list(checkout.left_out), "unfiltered": list(checkout.unfiltered)}
    return {
        "commit": checkout.commit,
        "dirty": checkout.dirty,
        **{name: names for name, names in lists.items() if names},
    }
