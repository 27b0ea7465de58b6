"""A part of a GPU: who is given one takes no more of its memory, so that others can have theirs."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

from optbench.config import GPU_SHARE
from optbench.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_ANSWER_S: Final = 30


def gpu_memory_limit(variables: Mapping[str, str], *, memory_of: Callable[[str], int] | None = None) -> int | None:
    """Return how many MiB of its GPU a process may take, None if nothing limits it.

    Parameters
    ----------
    variables : of the process: its part of the GPU, and which one it sees
    memory_of : MiB of the GPU with a number or id; None asks `nvidia-smi`

    Raises
    ------
    MachineError
        If the memory of the GPU cannot be learnt.
    """
    share = variables.get(GPU_SHARE)
    if share is None:
        return None
    gpu = variables.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]
    return int(float(share) * (memory_of or _memory_of)(gpu))


def _memory_of(gpu: str) -> int:
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits", f"--id={gpu}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_ANSWER_S, check=True)
        return int(answer.stdout.strip())
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise MachineError(
            f"a part of a GPU needs to know how much memory GPU {gpu} has, which nvidia-smi does not say: {error}. "
            "Give runs whole GPUs (resources.gpus: 1).",
            code="machine-gpu-share",
        ) from error
