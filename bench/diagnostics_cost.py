"""What `training.diagnostics` costs: a step with and without, alternating in one process; medians and their ratio.

OPTBENCH_DATA_DIR=... python bench/diagnostics_cost.py [REPETITIONS]

CPU time of the process is told, which other work on the machine disturbs less than the clock.
"""

import sys
import time

import numpy as np
from steps import CASES, prepared

from optbench.random_streams import epoch_order
from optbench.training.start import configure_process


def main() -> None:
    """Print one line per case."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    from types import SimpleNamespace

    configure_process(SimpleNamespace(threads=1, device="cpu", op_determinism=True))
    for name, (file, overrides, _engines, _goal) in CASES.items():
        made = [prepared(file, [*overrides, f"training.diagnostics={wanted}"], "fused") for wanted in ("false", "true")]
        times = np.zeros((repetitions + 1, 2))
        for repetition in range(repetitions + 1):
            for column, (engine, rows, steps) in enumerate(made):
                begin = time.process_time()
                engine.run_epoch(epoch_order(0, repetition, rows))
                times[repetition, column] = (time.process_time() - begin) / steps * 1e6
        without, measured = np.median(times[1:], axis=0)  # the first epoch is for caches
        more = 100 * (times[1:, 1] / times[1:, 0] - 1)
        sys.stdout.write(
            f"{name}: {without:.0f} us a step, {measured:.0f} us with diagnostics, "
            f"{np.median(more):.1f} % more ({more.min():.1f} to {more.max():.1f})\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
