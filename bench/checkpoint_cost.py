"""What checkpoints cost on a model whose epoch takes about a second: their share of the training time.

python bench/checkpoint_cost.py
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

EXPERIMENT = """\
name: checkpoints
dataset: {name: digits}
model: {name: mlp, hidden_units: [2048, 1024, 512]}
optimizer: {name: adam}
training: {epochs: 12, batch_size: 16}
report: {figures: false}
"""


def main() -> None:
    """Train once; add up what the log says each checkpoint took."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "checkpoints.yaml")
        config.write_text(EXPERIMENT)
        command = [sys.executable, "-m", "optbench", "run", str(config), "--runs-dir", f"{folder}/runs", "--json", "-q"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        run = Path(json.loads(done.stdout)["runs"][0]["folder"])
        timing = json.loads((run / "timing.json").read_text())
        log = (run / "log.txt").read_text()
    costs = [float(text) / 1000 for text in re.findall(r"written in ([\d.]+) ms", log)]
    share = sum(costs) / timing["training_seconds"]
    sys.stdout.write(
        f"epoch {timing['seconds_per_epoch']:.2f} s; {len(costs)} checkpoints in 12 epochs, "
        f"{1000 * sum(costs) / max(1, len(costs)):.0f} ms each; {100 * share:.1f} % of training, goal at most 5\n"
    )


if __name__ == "__main__":
    main()
