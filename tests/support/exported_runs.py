"""Finished runs to export: two optimizers, a diverged run, own data by an absolute path, names that need care."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finished_runs import make_run, store_run
from run_folders import facts_of, seal

from optbench.run_store import RunPaths, write_json

PLACE = "/home/ana.secret/work"
SEEDS = 6
SPLIT = {"test": 0.2, "validation": 0.1, "seed": 0}
DATA = {"name": "csv", "path": f"{PLACE}/churn.csv", "target": "Churn", "split": SPLIT}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f0001040100a4e5d0b30000000049454e44ae426082"
)


def stored(folder: Path, *, seeds: int = SEEDS, model: dict[str, Any] | None = None, **training: Any) -> Path:
    """Store runs of Adam and of SGD, whose seed 2 diverged; each has a picture, a model and an environment."""
    for seed in range(seeds):
        for optimizer, accuracy in (("adam", 0.9 + 0.001 * seed), ("sgd", 0.8 + 0.002 * seed)):
            diverged = optimizer == "sgd" and seed == 2
            made = make_run(optimizer, seed, accuracy, diverged=diverged, dataset=DATA, model=model, training=training)
            if (folder / made.run).exists():
                continue
            paths = RunPaths(store_run(made, folder))
            paths.figure("learning_curves").write_bytes(PNG)
            paths.model.write_bytes(b"no model")
            write_json(
                paths.environment, {"schema_version": 1, "machine": "m1", "argv": [f"{PLACE}/bin/optbench", "x"]}
            )
            seal(paths, facts_of(paths))
    return folder
