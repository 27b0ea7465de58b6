"""How far the engines are apart on the shipped configs: largest difference of a test probability, and the accuracies.

OPTBENCH_DATA_DIR=... python bench/agreement.py [EPOCHS]
"""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from optbench.training.start import configure_process, required_variables

os.environ.update(required_variables(onednn=True, device="cpu"))

from optbench.config import load_experiment, resolve
from optbench.datasets import load_dataset
from optbench.errors import ModelError
from optbench.training.loop import train

ROOT = Path(__file__).parents[1]
CONFIGS = ("telco", "digits", "fashion_mnist")


def outcome(loaded, dataset, engine, overrides):
    """Train an experiment with an engine."""
    loaded = load_experiment(loaded, [*overrides, f"training.engine={engine}"])
    config = resolve(
        loaded.config,
        seed=0,
        num_classes=dataset.num_classes,
        input_shape=dataset.input_shape,
        official_test=False,
        train_rows=len(dataset.train.y),
    )
    return train(config, dataset, base=loaded.base)[0]


def main() -> None:
    """Print a Markdown table."""
    overrides = [f"training.epochs={sys.argv[1]}"] if len(sys.argv) > 1 else []
    configure_process(SimpleNamespace(threads=1, device="cpu", op_determinism=True))
    print("| config | engine | largest difference of a test probability from `keras` | accuracy | bits of `keras` |")
    print("|---|---|---|---|---|")
    for name in CONFIGS:
        path = ROOT / "configs" / name / "adam.yaml"
        loaded = load_experiment(path)
        data_dir = Path(os.environ.get("OPTBENCH_DATA_DIR", "data"))
        dataset = load_dataset(loaded.config.dataset, base=loaded.base, data_dir=data_dir)
        keras = outcome(path, dataset, "keras", overrides)
        for engine in ("keras", "fused", "xla"):
            try:
                found = keras if engine == "keras" else outcome(path, dataset, engine, overrides)
            except ModelError as error:
                print(f"| {name} | {engine} | refused: {str(error).partition('. ')[0][:80]} | | |", flush=True)
                continue
            test = found.predictions["test"]
            apart = np.abs(test.y_score - keras.predictions["test"].y_score).max()
            accuracy = (test.y_score.argmax(axis=1) == test.y_true).mean()
            same = "yes" if found.digests == keras.digests else "no"
            print(f"| {name} | {engine} | {apart:.2g} | {accuracy:.4f} | {same} |", flush=True)


if __name__ == "__main__":
    main()
