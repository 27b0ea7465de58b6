"""What processes on another machine are started with. Milliseconds; the rest of an agent is held by the contract."""

from __future__ import annotations

import pytest

from optbench.executors.agent import environment_here

HERE = {"PATH": "/node/bin", "CUDA_VISIBLE_DEVICES": "3", "LD_LIBRARY_PATH": "/node/lib", "SLURM_JOB_ID": "7"}


@pytest.mark.parametrize(
    ("recorded", "from_node", "expected"),
    [
        # on the CPU: no GPU is seen, whatever the job was given
        ({"PATH": "/bin", "CUDA_VISIBLE_DEVICES": ""}, [], {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": ""}),
        # on a GPU: that of the job, not of the machine that the command runs on
        ({"PATH": "/bin"}, [], {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "3"}),
        ({"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "0,1"}, [], {"PATH": "/bin", "CUDA_VISIBLE_DEVICES": "3"}),
        # where set-up lines may have moved libraries, and nowhere else
        (
            {"LD_LIBRARY_PATH": "/lib", "CUDA_HOME": "/cuda", "CUDA_VISIBLE_DEVICES": ""},
            ["LD_LIBRARY_PATH", "CUDA_HOME"],
            {"LD_LIBRARY_PATH": "/node/lib", "CUDA_VISIBLE_DEVICES": ""},
        ),
    ],
)
def test_recorded_variables_but_for_the_machines_own(recorded, from_node, expected):
    """Nothing else of the node reaches a run."""
    assert environment_here({"environment": recorded, "from_node": from_node}, HERE) == expected
