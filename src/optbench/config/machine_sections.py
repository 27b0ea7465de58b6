"""The sections of a machine file: what runs are given where they are executed. Nothing here is part of a run's key."""

from __future__ import annotations

import math
from typing import Annotated, Final

from pydantic import Field

from optbench.core.section import Section

MEMORY_PATTERN: Final = r"^[1-9][0-9]*(\.[0-9]+)? ?(MB|GB|TB)$"
WORD_PATTERN: Final = r"^[A-Za-z0-9_@./,:+=-]+$"
GPU_SHARE: Final = "OPTBENCH_GPU_SHARE"
"""Variable with the part of its GPU's memory that a process may take, where `resources.gpus` is less than one."""
_MEBIBYTES: Final = {"MB": 1, "GB": 1 << 10, "TB": 1 << 20}

# one word of a command line: what a scheduler calls a queue, an account, a kind of GPU
Word = Annotated[str, Field(pattern=WORD_PATTERN)]


class ResourcesSection(Section):
    """What one run needs."""

    cpus: int = Field(default=1, ge=1, le=4096, description="Processor cores of a run.")
    gpus: Annotated[int, Field(ge=0, le=64)] | Annotated[float, Field(gt=0, le=0.99)] = Field(
        default=0, description="GPUs of a run, which sees no others; less than one (Ray) is a part of its memory."
    )
    memory: Annotated[str, Field(pattern=MEMORY_PATTERN)] | None = Field(
        default=None, description="Memory of a run, such as 2GB; null: what the scheduler gives."
    )

    @property
    def memory_mb(self) -> int | None:
        """Memory in MiB, rounded up; None if it is not given."""
        if self.memory is None:
            return None
        number, unit = self.memory[:-2], self.memory[-2:]
        return math.ceil(float(number) * _MEBIBYTES[unit])


class SlurmSection(Section):
    """How jobs are given to SLURM; null leaves it to the site."""

    partition: Word | None = Field(default=None, description="Partition, or several with commas between.")
    time: Annotated[int, Field(ge=1)] | Word | None = Field(
        default=None, description="Longest time of a job, as sbatch reads it: minutes, 2:00:00, 1-12:00:00."
    )
    account: Word | None = Field(default=None, description="Who is charged.")
    gpus: Word | None = Field(default=None, description="GPUs of a job by their kind, such as a100:1.")
    setup: list[str] = Field(
        default=[], description="Lines of shell before a job's work, such as 'module load cuda/12.4'."
    )
    jobs: int = Field(default=10, ge=1, le=1000, description="Jobs at a time, where -j does not say.")
    grace: int = Field(
        default=120, ge=1, le=65535, description="Seconds before its time limit at which a job stops for a checkpoint."
    )


class RaySection(Section):
    """How runs are given to a Ray cluster."""

    jobs: int = Field(
        default=10, ge=1, le=1000, description="Runs at a time on a cluster that is joined, where -j does not say."
    )
    allow_unauthenticated: bool = Field(
        default=False,
        description="Join a cluster off loopback that asks for no token: who reaches its ports executes code there.",
    )


class MachineConfig(Section):
    """A machine file."""

    resources: ResourcesSection = Field(default=ResourcesSection(), description="What one run needs.")
    slurm: SlurmSection = Field(default=SlurmSection(), description="How jobs are given to SLURM.")
    ray: RaySection = Field(default=RaySection(), description="How runs are given to a Ray cluster.")
