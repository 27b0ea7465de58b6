"""The 200 runs that bench/many_runs.py and its peers have in common: four optimizers x five learning rates x ten seeds.

Telco churn, an MLP 64-32, batch 32, 10 epochs.
"""

from pathlib import Path

RATES = {
    "sgd": (0.3, 0.1, 0.03, 0.01, 0.003),
    "rmsprop": (0.01, 0.003, 0.001, 0.0003, 0.0001),
    "adam": (0.01, 0.003, 0.001, 0.0003, 0.0001),
    "adamw": (0.01, 0.003, 0.001, 0.0003, 0.0001),
}
SEEDS = 10
EPOCHS = 10
BATCH_SIZE = 32
HIDDEN_UNITS = (64, 32)

EXPERIMENT = """\
name: telco-{optimizer}-{rate}
dataset: {{name: telco_churn}}
model: {{name: mlp, hidden_units: [64, 32]}}
optimizer: {{name: {optimizer}, learning_rate: {rate}}}
training: {{epochs: {epochs}, batch_size: {batch_size}, engine: {engine}}}
"""


def settings() -> list[tuple[str, float]]:
    """Return every optimizer with every of its learning rates."""
    return [(optimizer, rate) for optimizer, rates in RATES.items() for rate in rates]


def write_configs(folder: Path, engine: str = "auto") -> list[Path]:
    """Write an experiment file for every setting."""
    files = []
    for optimizer, rate in settings():
        file = folder / f"{optimizer}-{rate}.yaml"
        values = {"optimizer": optimizer, "rate": rate, "epochs": EPOCHS, "batch_size": BATCH_SIZE, "engine": engine}
        file.write_text(EXPERIMENT.format(**values))
        files.append(file)
    return files
