"""Training that is invented, as a task: it writes what a worker writes, and does it when a test says so."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from fake_training import write_results

from optbench.executors.interface import Emit
from optbench.run_store import Claim, RunPaths, read_latest_checkpoint, write_checkpoint

LAST = 3


def trains(arguments: Mapping[str, Any], emit: Emit) -> Mapping[str, Any]:
    """Write a checkpoint after each epoch from the last one on; wait for a file before the end, if one is named."""
    claim = Claim(RunPaths(Path(arguments["folder"])), arguments["claim"])
    latest = read_latest_checkpoint(claim.run)
    first = 1 if latest is None else latest.epoch + 1
    for epoch in range(first, LAST + 1):
        weights = np.full(300_000, epoch, dtype=np.float64)
        write_checkpoint(claim, epoch=epoch, arrays={"weights": weights}, record={})
        sys.stdout.write(f"epoch {epoch}\n")
        emit({"epoch": epoch})
    while arguments["go"] and not Path(arguments["go"]).exists():
        claim.require()
        time.sleep(0.01)
    write_results(claim, arguments["data"])
    return {"first": first}
