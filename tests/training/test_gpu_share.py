"""How much of its GPU's memory a process takes. Milliseconds."""

from __future__ import annotations

import pytest

from optbench.errors import MachineError
from optbench.training.gpu_share import gpu_memory_limit


def test_a_part_of_a_gpu_is_that_part_of_its_memory():
    """Of the GPU that the process sees; rounded down, so that parts that make one GPU fit into it."""
    asked = []

    def memory_of(gpu):
        asked.append(gpu)
        return 81559

    variables = {"OPTBENCH_GPU_SHARE": "0.25", "CUDA_VISIBLE_DEVICES": "3"}
    limit = gpu_memory_limit(variables, memory_of=memory_of)
    assert asked == ["3"]
    assert limit == 20389
    assert 4 * limit <= 81559


def test_a_whole_gpu_is_not_limited():
    """Nobody is asked."""
    assert gpu_memory_limit({"CUDA_VISIBLE_DEVICES": "0"}, memory_of=None) is None


@pytest.mark.parametrize("says", ["81559", "[N/A]"])
def test_the_driver_of_the_gpu_is_asked(tmp_path, monkeypatch, says):
    """One that does not say it is an error with its remedy: nothing is taken on a guess."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n[ \"$3\" = --id=1 ] && echo '{says}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    variables = {"OPTBENCH_GPU_SHARE": "0.5", "CUDA_VISIBLE_DEVICES": "1"}
    if says.isdigit():
        assert gpu_memory_limit(variables) == 40779
        return
    with pytest.raises(MachineError, match=r"Give runs whole GPUs \(resources.gpus: 1\)"):
        gpu_memory_limit(variables)
